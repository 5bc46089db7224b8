"""The kernel's calls for which Python has no function."""

import ctypes
import os

LIBC = ctypes.CDLL(None, use_errno=True)

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_SET_SECCOMP = 22
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47

SECCOMP_MODE_FILTER = 2


def prctl(option: int, *arguments: object) -> None:
    """Change how the kernel treats this process.

    Raises:
        OSError: The kernel says no.
    """
    unused = [0] * (4 - len(arguments))
    checked(LIBC.prctl(option, *map(_wide, arguments), *map(_wide, unused)))


def syscall(number: int, *arguments: object) -> int:
    """Call the kernel by number and return its answer.

    Raises:
        OSError: The kernel says no.
    """
    return checked(LIBC.syscall(*map(_wide, (number, *arguments))))


def _wide(argument: object) -> object:
    """Fill the whole register: C would take a Python integer as 32 bits and leave the rest to chance."""
    return ctypes.c_long(argument) if isinstance(argument, int) else argument


def checked(answer: int) -> int:
    """Return an answer that is not an error.

    Raises:
        OSError: It is one.
    """
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return answer


class _Program(ctypes.Structure):
    _fields_ = (("instructions", ctypes.c_ushort), ("code", ctypes.c_char_p))


BYTES_PER_INSTRUCTION = 8


def install_syscall_filter(code: bytes) -> None:
    """Filter this process's system calls, and those of all that it starts, from now on."""
    program = _Program(len(code) // BYTES_PER_INSTRUCTION, code)
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program))
