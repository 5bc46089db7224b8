"""Stop a test that takes too long."""

from __future__ import annotations

from signal import ITIMER_REAL, SIGALRM, setitimer, signal
from time import monotonic
from typing import NoReturn

# A test may catch everything in a loop; sooner or later one of these finds it outside.
REPEAT_S = 0.2
LEAST_S = 0.5
HALVED_TO_S = 1.0


class TestTookTooLong(BaseException):
    """Raised in the test; no Exception, so that `except Exception` does not swallow it."""

    __test__ = False


class Limit:
    """A time limit for one test at a time, in seconds of wall clock. It works in the main thread only."""

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        self.exceeded = False
        self._ends_at = 0.0

    def begin(self) -> None:
        """Begin a new test. After one that hung the others may hang too: each time the limit is halved."""
        if self.exceeded:
            self.limit_s = max(min(self.limit_s, HALVED_TO_S), self.limit_s / 2)
        self.exceeded = False
        self._ends_at = monotonic() + self.limit_s

    def start(self) -> None:
        """Count while a phase of the test runs; even a tear-down after the end has `LEAST_S`."""
        signal(SIGALRM, self._fire)
        setitimer(ITIMER_REAL, max(LEAST_S, self._ends_at - monotonic()), REPEAT_S)

    def stop(self) -> None:
        """Stop counting."""
        setitimer(ITIMER_REAL, 0)

    @property
    def message(self) -> str:
        """What to tell of a test that was stopped."""
        return f"the test took longer than {self.limit_s:g} s and was stopped"

    def _fire(self, _number: int, _frame: object) -> NoReturn:
        self.exceeded = True
        raise TestTookTooLong(self.message)
