"""Starts the confined command, waits for it, ends what it started, tells how it ended and cleans up.

At SIGTERM it ends everything at once; the kernel sends that too when our own process dies.
"""

import os
import signal
import sys

from codecompanion.workspace.sandboxes.launcher.confinement import confine
from codecompanion.workspace.sandboxes.launcher.kernel import PR_SET_CHILD_SUBREAPER, PR_SET_PDEATHSIG, prctl
from codecompanion.workspace.sandboxes.launcher.order import Order
from codecompanion.workspace.sandboxes.launcher.sweep import sweep

NOT_FOUND = 127
NOT_RUNNABLE = 126
SIGNAL_BASE = 128
RM = "/bin/rm"
WAKING = (signal.SIGTERM, signal.SIGCHLD)


def main() -> None:
    """Carry out the order that can be read from the descriptor named by the last argument."""
    signal.pthread_sigmask(signal.SIG_BLOCK, WAKING)
    prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    order = _read_order(int(sys.argv[-1]))
    # Our process may have died before the kernel was asked to tell us.
    code = _outcome(order) if os.getppid() == order.parent else None
    sweep()
    if code is not None:
        os.write(order.status, b'{"exit-code": %d}\n' % code)
    # Here, because we outlive our process when it is killed; and not by shutil, because a hostile command can nest folders
    # deeper than Python recurses.
    os.execv(RM, [RM, "-rf", "--", order.private])  # noqa: S606 - a shell is what we avoid


def _read_order(descriptor: int) -> Order:
    with os.fdopen(descriptor, "rb") as file:
        return Order.from_bytes(file.read())


def _outcome(order: Order) -> int | None:
    """Return the command's exit code, 128 + n for signal n; None when it never began or was to be ended."""
    failed, failing = os.pipe()  # both close when the command begins
    child = os.fork()
    if child == 0:
        _become_the_command(order, failing)
    os.close(failing)
    with os.fdopen(failed, "rb") as failure:
        if text := failure.read():
            sys.stderr.buffer.write(text)
            sys.stderr.flush()
            return None
    _let_go_of_the_streams()
    return _wait(child)


def _become_the_command(order: Order, failing: int) -> None:
    """Never returns."""
    try:
        os.set_inheritable(order.status, False)  # noqa: FBT003 - the standard library's signature
        confine(order)
    except BaseException as error:  # noqa: BLE001 - this process has no caller; the launcher tells the error
        os.write(failing, f"the command cannot be confined: {error!r}\n".encode())
        os._exit(1)
    try:
        os.execvpe(order.argv[0], order.argv, order.env)  # noqa: S606 - a shell is what we avoid
    except OSError as error:
        os.write(2, f"{order.argv[0]}: {error.strerror}\n".encode())
        os._exit(NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_RUNNABLE)


def _let_go_of_the_streams() -> None:
    """Leave the streams to the command, so that their end is its end."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)


def _wait(child: int) -> int | None:
    while signal.sigwait(WAKING) == signal.SIGCHLD:
        if (code := _code_if_ended(child)) is not None:
            return code
    return None


def _code_if_ended(child: int) -> int | None:
    """Bury all the dead, the command and orphans of its making; return the command's exit code when it is among them."""
    while (found := os.waitpid(-1, os.WNOHANG)) != (0, 0):
        if found[0] == child:
            code = os.waitstatus_to_exitcode(found[1])
            return code if code >= 0 else SIGNAL_BASE - code
    return None
