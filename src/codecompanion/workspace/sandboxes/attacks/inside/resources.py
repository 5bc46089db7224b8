"""A54-A63: take more than the cage's share, or outlive it."""

import os
import signal
import sys
import time

from codecompanion.workspace.sandboxes.attacks.inside.aims import Aims, Try

MIB = 1024**2
MORE_FILES = 400
LASTS_S = 30.0
BOMBERS = 8


def _memory_bomb(aims: Aims) -> str:
    try:
        taken = bytearray(2 * aims.memory_bytes)
    except MemoryError:
        return ""
    return f"one process has {len(taken) // MIB} MiB"


def _memory_bomb_of_many(aims: Aims) -> str:
    """The host looks whether it was ended."""
    each = 2 * aims.together_bytes // BOMBERS
    for _ in range(BOMBERS):
        if os.fork() == 0:
            os.setsid()
            taken = b"x" * each  # written, so that the memory is really there
            time.sleep(LASTS_S)
            os._exit(len(taken) & 1)
    time.sleep(LASTS_S)
    return ""


def _fork_bomb(aims: Aims) -> str:
    for _ in range(3 * aims.processes):
        if os.fork() == 0:
            time.sleep(LASTS_S)
            os._exit(0)
    return f"{3 * aims.processes} processes run"


def _large_file(_aims: Aims) -> str:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with open("large", "wb", buffering=0) as file:
        file.writelines(bytes(MIB) for _ in range(64))
    return "one file has 64 MiB"


def _many_files(_aims: Aims) -> str:
    """The host looks how much was written."""
    for number in range(MORE_FILES):
        with open(f"file-{number}", "wb", buffering=0) as file:
            file.write(bytes(MIB))
        time.sleep(0.005)  # a disk is not faster than that for long
    return ""


def _cpu_spin(_aims: Aims) -> str:
    """The host ends it."""
    while True:
        pass


def _many_descriptors(aims: Aims) -> str:
    held = [os.open("/dev/null", os.O_RDONLY) for _ in range(2 * aims.files)]
    return f"{len(held)} files are open"


def _daemon(_aims: Aims) -> str:
    """The host looks whether the heart still beats."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            _beat()
        os._exit(0)
    _wait_for("heart")
    return ""


def _beat() -> None:
    for stream in (0, 1, 2):
        os.close(stream)
    for beat in range(1000):
        with open("heart", "w") as file:
            file.write(str(beat))
        time.sleep(0.01)
    os._exit(0)


def _wait_for(path: str) -> None:
    for _ in range(500):
        if os.path.exists(path):
            return
        time.sleep(0.01)
    sys.exit("the daemon did not start")


def _renice(_aims: Aims) -> str:
    before = os.getpriority(os.PRIO_PROCESS, 0)
    os.setpriority(os.PRIO_PROCESS, 0, before - 1)
    after = os.getpriority(os.PRIO_PROCESS, 0)
    return f"a process went from priority {before} to {after}" if after < before else ""


def _oom_score(_aims: Aims) -> str:
    path = "/proc/self/oom_score_adj"
    with open(path) as file:
        before = int(file.read())
    with open(path, "w") as file:
        file.write(str(before - 100))
    return f"oom_score_adj went from {before} to {before - 100}"


def _accounts(aims: Aims) -> str:
    with open("/etc/passwd") as file:
        names = {line.partition(":")[0] for line in file}
    seen = names & set(aims.users) - {"root", "sandbox", "nobody"}
    return f"{len(seen)} accounts of the machine are seen" if seen else ""


TRIES: dict[str, Try] = {
    "A54": _memory_bomb,
    "A55": _fork_bomb,
    "A56": _large_file,
    "A57": _many_files,
    "A58": _cpu_spin,
    "A59": _many_descriptors,
    "A60": _daemon,
    "A61": _renice,
    "A62": _oom_score,
    "A63": _accounts,
    "A101": _memory_bomb_of_many,
}
