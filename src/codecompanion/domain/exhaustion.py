"""Tell apart what the system has no more of from what somebody did wrong, wherever the refusal of the system was met."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from errno import EAGAIN, EMFILE, ENFILE, ENOMEM
from typing import cast

from codecompanion.domain.errors import CommandRefused, ResourcesExhausted

_FILES = ("no more files can be opened", "raise the limit of open files (ulimit -n), or let less happen at once")
_PROCESSES = ("no more processes or threads can be started", "raise the limit of processes, or let less happen at once")
_MEMORY = ("there is no memory left", "give the machine or the container more memory, or let less happen at once")
_SCARCE = {EMFILE: _FILES, ENFILE: _FILES, EAGAIN: _PROCESSES, ENOMEM: _MEMORY}
_COMPLAINTS = {
    re.compile("too many open files", re.IGNORECASE): _FILES,
    re.compile(r"cannot fork|unable to (?:fork|create (?:async )?thread)|can't start new thread", re.IGNORECASE): _PROCESSES,
    re.compile("cannot allocate memory|out of memory", re.IGNORECASE): _MEMORY,
}


def exhausted_by(error: BaseException) -> ResourcesExhausted | None:
    """Return what an error tells of when the system had no more of something below it; None when that is not why.

    An error that others raised from that of the system counts: what could not be read because no file could be opened is not
    a file that is missing. A refusal by the rules does not: a lock that is held says the same as a system without processes.
    """
    for one in _chain(error):
        if isinstance(one, CommandRefused):
            return None
        if isinstance(one, ResourcesExhausted):
            return one
        if (scarce := _scarce(one)) is not None:
            return ResourcesExhausted(scarce[0], cause=str(one), fix=scarce[1])
    return None


@contextmanager
def exhaustion_explained() -> Generator[None]:
    """Let a block raise `ResourcesExhausted` where it would raise an error of Python's own for the same reason."""
    try:
        yield
    except (OSError, RuntimeError, MemoryError) as error:
        if (spent := exhausted_by(error)) is None:
            raise
        raise spent from error


def exhausted_by_words(complaint: str) -> ResourcesExhausted | None:
    """Return what a program's complaint tells of when the system had no more of something; None when it tells of no such."""
    scarce = _in_words(complaint)
    return None if scarce is None else ResourcesExhausted(scarce[0], cause=complaint, fix=scarce[1])


def _scarce(error: BaseException) -> tuple[str, str] | None:
    match error:
        case OSError(errno=int(number)):
            return _SCARCE.get(number)
        case MemoryError():
            return _MEMORY
        case RuntimeError() | OSError():  # a thread that cannot be started; what copies a tree tells only words
            return _in_words(str(error))
        case _:
            return None


def _in_words(text: str) -> tuple[str, str] | None:
    return next((scarce for words, scarce in _COMPLAINTS.items() if words.search(text)), None)


def _chain(error: BaseException) -> Generator[BaseException]:
    """Give an error, those it was raised from, and those that its groups hold."""
    seen: set[int] = set()
    left = [error]
    while left:
        one = left.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        if isinstance(one, BaseExceptionGroup):
            left += cast("BaseExceptionGroup[BaseException]", one).exceptions
        if one.__cause__ is not None:
            left.append(one.__cause__)
