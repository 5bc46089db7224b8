"""Ends every process that a command left behind.

The launcher is a subreaper: whoever loses its parent becomes the launcher's child, also after a double fork and setsid. So
nobody gets away, and "no children left" means that nobody is there.
"""

import os
import signal
import time

PAUSE_S = 0.001


def sweep() -> None:
    """Kill all descendants and return when none is left."""
    while _reap_the_dead():
        _freeze_and_kill()
        time.sleep(PAUSE_S)


def _reap_the_dead() -> bool:
    """Return whether children are left."""
    try:
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        return False
    return True


def _freeze_and_kill() -> None:
    frozen: set[int] = set()
    # First stopped, then killed: while some die, others could fork faster than we count. What is stopped holds its place
    # under the limit of processes.
    while new := _descendants(os.getpid()) - frozen:
        for pid in new:
            _signal(pid, signal.SIGSTOP)
        frozen |= new
    for pid in frozen:
        _signal(pid, signal.SIGKILL)


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _descendants(ancestor: int) -> set[int]:
    children: dict[int, list[int]] = {}
    for process in os.scandir("/proc"):
        if process.name.isdigit() and (parent := _parent(process.name)) is not None:
            children.setdefault(parent, []).append(int(process.name))
    found: set[int] = set()
    waiting = children.get(ancestor, [])
    while waiting:
        pid = waiting.pop()
        found.add(pid)
        waiting.extend(children.get(pid, []))
    return found


def _parent(pid: str) -> int | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - pathlib doubles the launcher's start-up time
            # The name, in parentheses, may hold anything; the state and the parent follow its last ")".
            return int(file.read().rpartition(b")")[2].split()[1])
    except (OSError, IndexError):
        return None
