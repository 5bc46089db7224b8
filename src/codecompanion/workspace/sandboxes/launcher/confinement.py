"""What the command's process does to itself before it becomes the command."""

import os
import signal

from codecompanion.workspace.sandboxes.launcher.kernel import (
    PR_SET_NO_NEW_PRIVS,
    PR_SET_PDEATHSIG,
    install_syscall_filter,
    prctl,
)
from codecompanion.workspace.sandboxes.launcher.landlock_rules import ALL_FILE_ACCESS, READ_FILE, READING, WRITE_FILE, Ruleset
from codecompanion.workspace.sandboxes.launcher.limits import apply_limits
from codecompanion.workspace.sandboxes.launcher.order import Order
from codecompanion.workspace.sandboxes.launcher.privileges import become

DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


def confine(order: Order) -> None:
    """Take every right away that the order does not grant.

    Raises:
        OSError: The kernel cannot do it.
    """
    os.setsid()
    _forget_signals()
    os.chdir(order.cwd)
    rules = None if order.readable is None else _rules(order.writable, order.readable)
    apply_limits(order.limits, owner=os.getuid() if order.uid is None else order.uid)
    if order.uid is not None:
        become(order.uid)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # should the launcher itself be killed
    if rules is not None:
        rules.enforce()
    if order.syscall_filter:
        install_syscall_filter(order.syscall_filter)


def _forget_signals() -> None:
    # Python ignores these two; a command expects the system's ways.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _rules(writable: list[str], readable: list[str]) -> Ruleset:
    rules = Ruleset()
    for path in readable:
        rules.allow(path, READING)
    for path in writable:
        rules.allow(path, ALL_FILE_ACCESS)
    for path in DEVICES:
        rules.allow(path, READ_FILE | WRITE_FILE)
    return rules
