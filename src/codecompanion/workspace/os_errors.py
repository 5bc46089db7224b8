"""Say at the workspace's edge, in words a person can act on, what the operating system refused."""

import os
from collections.abc import Awaitable, Callable
from errno import EDQUOT, ENOSPC
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.domain.exhaustion import exhaustion_explained

if TYPE_CHECKING:
    from types import CoroutineType

_FULL = frozenset({ENOSPC, EDQUOT})

P = ParamSpec("P")
T = TypeVar("T")


def broken_by(error: OSError) -> EnvironmentBroken:
    """Return the error that tells a person of an `OSError`; raise it from that one."""
    if is_full(error):
        return EnvironmentBroken("the disk is full", cause=str(error), fix="free some space and run it again")
    place = repr(error.filename) if isinstance(error.filename, str) else "every folder in the cause"
    return EnvironmentBroken(
        "a file or a folder of the workspace cannot be used",
        cause=str(error),
        fix=f"make sure that {place} can be read and written, and run it again",
    )


def is_full(error: OSError) -> bool:
    """Whether there is no room on the disk, or none left for this user."""
    # What copies a whole tree tells only the words of the errors it met.
    return error.errno in _FULL or (error.errno is None and any(os.strerror(number) in str(error) for number in _FULL))


def os_errors_explained(method: Callable[P, Awaitable[T]]) -> "Callable[P, CoroutineType[Any, Any, T]]":
    """Let a method of a port raise `EnvironmentBroken` where it would raise `OSError`, or lacks a thread to wait in."""

    @wraps(method)
    async def explained(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            with exhaustion_explained():
                return await method(*args, **kwargs)
        except OSError as error:
            raise broken_by(error) from error
        raise AssertionError("what is explained is raised")

    return explained
