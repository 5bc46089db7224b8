"""End Python code at a limit of CPU time by an exception, so that what was learnt until then is kept."""
# pyright: basic
# It handles what has no types: frames.

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class TooLong(BaseException):
    """The limit was reached."""


@contextlib.contextmanager
def cpu_limit(seconds: float) -> Iterator[None]:
    """Raise `TooLong` inside the block when it has used this much CPU time."""
    signal.signal(signal.SIGPROF, _raise)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _raise(_number: int, _frame: Any) -> None:
    raise TooLong("more CPU time than the limit")
