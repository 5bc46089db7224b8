"""Landlock: what a process may reach, decided by the process itself and irrevocable.

The numbers are those of linux/landlock.h; version 6 of it (Linux 6.12) is the first that keeps signals in.
"""

import ctypes
import os
import stat

from codecompanion.workspace.sandboxes.launcher.kernel import syscall

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
LEAST_VERSION = 6
ASK_VERSION = 1
RULE_PATH_BENEATH = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
TRUNCATE, IOCTL_DEV = 1 << 14, 1 << 15
ALL_FILE_ACCESS = (1 << 16) - 1
TCP_BIND_AND_CONNECT = 0b11
ABSTRACT_SOCKETS_AND_SIGNALS = 0b11

READING = EXECUTE | READ_FILE | READ_DIR
POSSIBLE_ON_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """Return the kernel's version of Landlock.

    Raises:
        OSError: It has none, or it is switched off.
    """
    return syscall(CREATE_RULESET, 0, 0, ASK_VERSION)


class Ruleset:
    """Forbids all of the file system, TCP, and signals and abstract sockets to others, but for the paths it is given."""

    def __init__(self) -> None:
        handled = _Ruleset(ALL_FILE_ACCESS, TCP_BIND_AND_CONNECT, ABSTRACT_SOCKETS_AND_SIGNALS)
        self._descriptor = syscall(CREATE_RULESET, ctypes.byref(handled), ctypes.sizeof(handled), 0)

    def allow(self, path: str, access: int) -> None:
        """Allow access to a file, or to a folder and all below it."""
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
            rule = _PathBeneath(access if is_folder else access & POSSIBLE_ON_FILES, descriptor)
            syscall(ADD_RULE, self._descriptor, RULE_PATH_BENEATH, ctypes.byref(rule), 0)
        finally:
            os.close(descriptor)

    def enforce(self) -> None:
        """Bind this process and all that it starts; it needs no_new_privs."""
        syscall(RESTRICT_SELF, self._descriptor, 0)
        os.close(self._descriptor)
