"""A19-A30: reach other processes, by signals, memory, sockets and shared memory."""

import ctypes
import fcntl
import os
import signal
import socket

from codecompanion.workspace.sandboxes.attacks.inside.aims import Aims, Try
from codecompanion.workspace.sandboxes.attacks.inside.calls import LIBC, call, number_of

PTRACE_SEIZE = 0x4206
TIOCSTI = 0x5412
CONTAINER_SOCKETS = ("/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock", "/run/podman/podman.sock")


def _is_victim(aims: Aims, pid: int | str) -> bool:
    """Whether a number means the victim: inside a PID namespace it may be another process's."""
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        return aims.token.encode() in file.read().split(b"\0")


def _kill(aims: Aims) -> str:
    """The host looks whether the victim lives."""
    os.kill(aims.victim, signal.SIGKILL)
    return ""


def _ptrace(aims: Aims) -> str:
    call(LIBC.ptrace(PTRACE_SEIZE, aims.victim, None, None))
    return f"process {aims.victim} can be traced"


def _proc_mem(aims: Aims) -> str:
    with open(f"/proc/{aims.victim}/mem", "rb"):
        return f"the memory of process {aims.victim} can be opened" if _is_victim(aims, aims.victim) else ""


def _vm_readv(aims: Aims) -> str:
    call(LIBC.syscall(number_of("process_vm_readv"), aims.victim, None, 0, None, 0, 0))
    return f"the memory of process {aims.victim} can be read" if _is_victim(aims, aims.victim) else ""


def _connect(address: str) -> str:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        client.connect(address)
        return f"{address!r} answers"


def _unix_path_socket(aims: Aims) -> str:
    return _connect(f"{aims.outside}/socket")


def _unix_abstract_socket(aims: Aims) -> str:
    return _connect(f"\0{aims.token}")


def _container_socket(_aims: Aims) -> str:
    for path in CONTAINER_SOCKETS:
        try:
            return _connect(path)
        except OSError:
            continue
    return ""


def _shared_memory_file(aims: Aims) -> str:
    with open(f"/dev/shm/{aims.token}", "rb") as file:
        return f"/dev/shm of the machine was read: {len(file.read())} bytes"


def _shared_memory_segment(aims: Aims) -> str:
    call(LIBC.shmget(aims.shared_memory, 0, 0))
    return "a shared memory segment of the machine can be used"


def _type_into_terminal(_aims: Aims) -> str:
    try:
        terminal = os.open("/dev/tty", os.O_RDWR)
    except OSError:
        terminal = 0
    fcntl.ioctl(terminal, TIOCSTI, b"x")
    return "a character was typed into the terminal"


def _list_processes(aims: Aims) -> str:
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if _is_victim(aims, pid):
                return f"the command line of process {pid} can be read"
        except OSError:
            continue
    return ""


def _list_temporary(aims: Aims) -> str:
    beside = os.listdir(os.path.dirname(aims.inside))
    return "the folder beside the workspace is listed" if os.path.basename(aims.outside) in beside else ""


TRIES: dict[str, Try] = {
    "A19": _kill,
    "A20": _ptrace,
    "A21": _proc_mem,
    "A22": _vm_readv,
    "A23": _unix_path_socket,
    "A24": _unix_abstract_socket,
    "A25": _container_socket,
    "A26": _shared_memory_file,
    "A27": _shared_memory_segment,
    "A28": _type_into_terminal,
    "A29": _list_processes,
    "A30": _list_temporary,
}
LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
LIBC.ptrace.restype = ctypes.c_long
