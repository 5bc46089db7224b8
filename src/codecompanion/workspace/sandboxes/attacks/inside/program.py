"""Tries the attacks that it is told and writes, as each has ended, what came of it as a line of JSON."""

import json
import os
import select
import signal
import sys
import time

from codecompanion.workspace.sandboxes.attacks.inside import kernel, network, processes, resources, secrets, writes
from codecompanion.workspace.sandboxes.attacks.inside.aims import Aims, Try
from codecompanion.workspace.sandboxes.attacks.inside.calls import NotHere

TRIES: dict[str, Try] = {
    **secrets.TRIES,
    **writes.TRIES,
    **processes.TRIES,
    **network.TRIES,
    **kernel.TRIES,
    **resources.TRIES,
}
OWN_PROCESS = frozenset({"A05", "A16", "A40", "A42", "A43", "A54", "A55", "A56", "A57", "A58", "A59", "A60", "A61"})
"""What would leave the next attack a changed process, or hang."""
LIMIT_S = 5.0
HELD, ESCAPED, UNTRIED = "held", "escaped", "untried"
STARTED = "started"
"""The first line: whatever ends the program from here on, it is not that it could not run."""


def main() -> None:
    """Try the attacks named by the last argument, on the aims in the one before."""
    aims = Aims.from_json(sys.argv[-2])
    print(STARTED, flush=True)
    for number in sys.argv[-1].split(","):
        print(json.dumps(_tried(number, aims)), flush=True)


def _tried(number: str, aims: Aims) -> tuple[str, str]:
    return (_apart if number in OWN_PROCESS else _outcome)(TRIES[number], aims)


def _apart(attack: Try, aims: Aims) -> tuple[str, str]:
    """Return what came of an attack in a process of its own, and how; what it leaves running is ended with it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        os.close(reading)
        os.write(writing, json.dumps(_outcome(attack, aims)).encode())
        os._exit(0)
    os.close(writing)
    answer = _heard(reading)
    os.close(reading)
    _end(child)
    # One that was killed on the way, or that hangs, got nowhere.
    return (HELD, "it was ended") if not answer else tuple(json.loads(answer))


def _end(leader: int) -> None:
    """End a process and what it started, and wait until their places are free for the next attack."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:  # it did not even get as far as to lead a group
        os.kill(leader, signal.SIGKILL)
    os.waitpid(leader, 0)
    for _ in range(100):
        try:
            os.killpg(leader, 0)
        except ProcessLookupError:
            return
        time.sleep(0.01)


def _heard(reading: int) -> bytes | None:
    """Return what a child wrote; None when it took too long."""
    ready, _, _ = select.select([reading], [], [], LIMIT_S)
    return os.read(reading, 65536) if ready else None


def _outcome(attack: Try, aims: Aims) -> tuple[str, str]:
    try:
        found = attack(aims)
    except OSError as error:
        return HELD, str(error.strerror or error)
    except NotHere as error:
        return UNTRIED, str(error)
    except Exception as error:  # noqa: BLE001 - this process has no caller; the program tells the error
        return UNTRIED, repr(error)
    return (ESCAPED, found) if found else (HELD, "")
