"""The five functions of the system's libseccomp that build a BPF program."""

import ctypes
import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryFile

from codecompanion.domain.errors import SandboxLost

LIBRARY = "libseccomp.so.2"
ALLOW = 0x7FFF0000
ERRNO = 0x00050000  # the error's number is added

NOT_EQUAL = 1
EQUAL = 4
AT_LEAST = 5
MASKED_EQUAL = 7


class Comparison(ctypes.Structure):
    """A condition on one argument of a system call; for MASKED_EQUAL `first` is the mask and `second` the value."""

    _fields_ = (
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


class FilterBuilder:
    """A filter that allows every system call but those it is told to refuse."""

    def __init__(self, library: ctypes.CDLL, context: int) -> None:
        self._library = library
        self._context = context

    def refuse(self, name: str, error: int, conditions: Sequence[Comparison] = ()) -> None:
        """Answer a system call with an error when all conditions hold.

        A call that this architecture, or an old libseccomp, does not know is left out.
        """
        number: int = self._library.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:
            array = (Comparison * len(conditions))(*conditions)
            _check(self._library.seccomp_rule_add_array(self._context, ERRNO | error, number, len(conditions), array))

    def program(self) -> bytes:
        """Return the BPF program."""
        with TemporaryFile() as file:
            _check(self._library.seccomp_export_bpf(self._context, file.fileno()))
            file.seek(0)
            return file.read()


@contextmanager
def filter_builder() -> Generator[FilterBuilder]:
    """Open a new filter.

    Raises:
        SandboxLost: libseccomp is missing.
    """
    library = _load()
    context: int = library.seccomp_init(ALLOW)
    try:
        yield FilterBuilder(library, context)
    finally:
        library.seccomp_release(context)


def _load() -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError as error:
        raise SandboxLost("libseccomp is missing", cause=str(error), fix="apt-get install libseccomp2") from error
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_init.argtypes = [ctypes.c_uint32]
    library.seccomp_release.argtypes = [ctypes.c_void_p]
    library.seccomp_syscall_resolve_name.argtypes = [ctypes.c_char_p]
    rule = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.POINTER(Comparison)]
    library.seccomp_rule_add_array.argtypes = rule
    library.seccomp_export_bpf.argtypes = [ctypes.c_void_p, ctypes.c_int]
    return library


def _check(result: int) -> None:
    if result < 0:
        raise SandboxLost("libseccomp cannot build the filter", cause=os.strerror(-result))
