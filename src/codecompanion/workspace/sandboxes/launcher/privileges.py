"""Gives root up."""

import ctypes
import os

from codecompanion.workspace.sandboxes.launcher.kernel import LIBC, PR_CAP_AMBIENT, PR_SET_KEEPCAPS, checked, prctl

CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2
AMBIENT_RAISE = 2
CAPABILITY_VERSION = 0x20080522


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def become(uid: int) -> None:
    """Take a user id for good and keep of root's rights only the one to pass folders such as /root.

    Landlock has the last word on every file, so this right opens nothing that the rules do not allow. Containers often lack
    the one for reading only; the wider one serves as well.

    Raises:
        OSError: The id cannot be taken here.
    """
    prctl(PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    held = _permitted()
    passing = next((right for right in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE) if held & 1 << right), None)
    _keep(0 if passing is None else 1 << passing)
    if passing is not None:
        prctl(PR_CAP_AMBIENT, AMBIENT_RAISE, passing)


def _permitted() -> int:
    sets = (_Sets * 2)()
    checked(LIBC.capget(ctypes.byref(_Header(CAPABILITY_VERSION, 0)), sets))
    return int(sets[0].permitted)


def _keep(rights: int) -> None:
    sets = (_Sets * 2)(_Sets(rights, rights, rights), _Sets(0, 0, 0))
    checked(LIBC.capset(ctypes.byref(_Header(CAPABILITY_VERSION, 0)), sets))
