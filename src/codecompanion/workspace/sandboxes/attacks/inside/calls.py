"""Calls the kernel as C does."""

import ctypes
import os
import platform

LIBC = ctypes.CDLL(None, use_errno=True)

# linux/unistd.h of both architectures
NUMBERS = {
    "x86_64": {
        "process_vm_readv": 310,
        "bpf": 321,
        "io_uring_setup": 425,
        "keyctl": 250,
        "userfaultfd": 323,
        "perf_event_open": 298,
        "unshare": 272,
    },
    "aarch64": {
        "process_vm_readv": 270,
        "bpf": 280,
        "io_uring_setup": 425,
        "keyctl": 219,
        "userfaultfd": 282,
        "perf_event_open": 241,
        "unshare": 97,
    },
}


class NotHere(Exception):
    """An attack has nothing to aim at on this machine."""


def number_of(name: str) -> int:
    """Return the number of a system call.

    Raises:
        NotHere: It is not known for this architecture.
    """
    numbers = NUMBERS.get(platform.machine(), {})
    if name not in numbers:
        raise NotHere(f"the number of {name} is not known for {platform.machine()}")
    return numbers[name]


def call(answer: int) -> int:
    """Return an answer that is not an error.

    Raises:
        OSError: It is one.
    """
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return answer


def refused(name: str, *arguments: int) -> str:
    """Call the kernel with arguments that mean nothing: unless it refuses outright, it has looked at them."""
    answer = LIBC.syscall(number_of(name), *map(ctypes.c_long, arguments))
    error = ctypes.get_errno()
    if answer < 0 and error in REFUSALS:
        raise OSError(error, os.strerror(error))
    return f"{name} is answered ({os.strerror(error) if answer < 0 else 'it worked'})"


REFUSALS = (1, 13, 38)  # EPERM, EACCES, ENOSYS
