"""A40-A53: widen what the kernel lets a process do."""

import os
import subprocess

from codecompanion.workspace.sandboxes.attacks.inside.aims import Aims, Try
from codecompanion.workspace.sandboxes.attacks.inside.calls import LIBC, call, refused

CLONE_NEWUSER = 0x10000000
CORE_PATTERN = "/proc/sys/kernel/core_pattern"
DISKS = ("vda", "sda", "nvme0n1", "mmcblk0", "dm-0", "loop-control", "loop0", "mem", "fuse")
READ_ALL = 3


def _new_user_namespace(_aims: Aims) -> str:
    return refused("unshare", CLONE_NEWUSER)


def _unshare_program(_aims: Aims) -> str:
    done = subprocess.run(["/usr/bin/unshare", "--user", "true"], capture_output=True, check=False)
    return "" if done.returncode else "a user namespace was made"


def _mount(_aims: Aims) -> str:
    call(LIBC.mount(b"none", os.getcwd().encode(), b"tmpfs", 0, None))
    return "a file system was mounted"


def _chroot(_aims: Aims) -> str:
    os.chroot(".")
    return "the root folder was changed"


def _bpf(_aims: Aims) -> str:
    return refused("bpf", 0, 0, 0)


def _io_uring(_aims: Aims) -> str:
    return refused("io_uring_setup", 0, 0)


def _keyctl(_aims: Aims) -> str:
    return refused("keyctl", 0, 0, 0, 0)


def _userfaultfd(_aims: Aims) -> str:
    return refused("userfaultfd", 1)  # UFFD_USER_MODE_ONLY is what ordinary users may ask for


def _perf_event(_aims: Aims) -> str:
    return refused("perf_event_open", 0, 0, 0, 0, 0)


def _core_pattern(_aims: Aims) -> str:
    os.close(os.open(CORE_PATTERN, os.O_WRONLY))
    return f"{CORE_PATTERN} can be written"


def _openable(paths: list[str], flags: int) -> str:
    for path in paths:
        try:
            os.close(os.open(path, flags | os.O_NONBLOCK))
        except OSError:
            continue
        return f"{path} can be opened"
    return ""


def _kernel_memory(_aims: Aims) -> str:
    return _openable(["/proc/kcore", "/dev/kmsg", "/proc/kmsg"], os.O_RDONLY)


def _disk(_aims: Aims) -> str:
    return _openable([f"/dev/{name}" for name in DISKS], os.O_RDWR)


def _release_agent(_aims: Aims) -> str:
    agents = [os.path.join(at, "release_agent") for at, _, names in os.walk("/sys/fs/cgroup") if "release_agent" in names]
    return _openable(agents, os.O_WRONLY)


def _kernel_log(_aims: Aims) -> str:
    call(LIBC.klogctl(READ_ALL, b"\0" * 64, 64))
    return "the kernel's log was read"


TRIES: dict[str, Try] = {
    "A40": _new_user_namespace,
    "A41": _unshare_program,
    "A42": _mount,
    "A43": _chroot,
    "A44": _bpf,
    "A45": _io_uring,
    "A46": _keyctl,
    "A47": _userfaultfd,
    "A48": _perf_event,
    "A49": _core_pattern,
    "A50": _kernel_memory,
    "A51": _disk,
    "A52": _release_agent,
    "A53": _kernel_log,
}
