"""Who counts what happens here: figures for a server, nobody for a command."""

from collections.abc import Sequence
from typing import Protocol

from codecompanion.domain.envelope import Event


class Watcher(Protocol):
    """Is told what happens in this process, after it happened; it must be quick and never raise."""

    def appended(self, events: Sequence[Event], seconds: float) -> None:
        """Hear of facts that were recorded in one append, and how long that took."""
        ...

    def performed(self, step: str, seconds: float) -> None:
        """Hear of a step of a run that was done."""
        ...

    def stopped(self, code: str) -> None:
        """Hear of an error that stopped a run, by its code."""
        ...

    def ended(self, status: str, seconds: float) -> None:
        """Hear of a run that is over, and the seconds from its start."""
        ...


class Watchers:
    """Any number of watchers, as one."""

    def __init__(self) -> None:
        self._all: list[Watcher] = []

    def add(self, watcher: Watcher) -> None:
        """Let one more watch."""
        self._all.append(watcher)

    def appended(self, events: Sequence[Event], seconds: float) -> None:
        """Hand on what was recorded."""
        for watcher in self._all:
            watcher.appended(events, seconds)

    def performed(self, step: str, seconds: float) -> None:
        """Hand on that a step was done."""
        for watcher in self._all:
            watcher.performed(step, seconds)

    def stopped(self, code: str) -> None:
        """Hand on that an error stopped a run."""
        for watcher in self._all:
            watcher.stopped(code)

    def ended(self, status: str, seconds: float) -> None:
        """Hand on that a run is over."""
        for watcher in self._all:
            watcher.ended(status, seconds)
