"""What is known to have been acknowledged of a log, held against what the log holds."""

from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from codecompanion.domain.envelope import Event
from codecompanion.domain.errors import BusUnavailable, CodeCompanionError, HistoryRegressed
from codecompanion.domain.heads import Head, head_of, is_excused, stands_at
from codecompanion.domain.streams import ARCHIVE, LOSSES
from codecompanion.ports import EventStore
from codecompanion.storage.seen_head import SeenHead

Told = Callable[[str], Awaitable[Sequence[Head]]]
"""Returns the events that a bus was told of last, of the log of this name; raises BusUnavailable when it cannot say."""


class CopiedLog(EventStore, Protocol):
    """A log whose server may give way to a copy of it."""

    @property
    def connections(self) -> int:
        """How many connections were made so far: the next one may lead to another server."""
        ...

    def check_before_appends(self, check: Callable[[], Awaitable[None]]) -> None:
        """Let a check be awaited before each try of an append, on whatever server it is about to be stored then."""
        ...

    async def identity(self) -> str:
        """Return what this log and its copies are called."""
        ...

    async def skip_to(self, position: int, *, over: int) -> int:
        """Give no event a position up to the given one any more, and return that of the last event below `over`, 0 for none."""
        ...


async def lost_from(log: EventStore, heads: Sequence[Head]) -> list[Head]:
    """Return those of some heads that a log does not hold and does not account for, the newest first."""
    lost: list[Head] = []
    for head in sorted(heads, key=lambda one: one.position, reverse=True):
        found = next(iter(await log.read_all(after_position=head.position - 1, limit=1)), None)
        if not stands_at(head, found) and not is_excused(head, found, await log.read(LOSSES), await log.read(ARCHIVE)):
            lost.append(head)
    return lost


def regressed(lost: Sequence[Head]) -> HistoryRegressed:
    """Return what to say of a log that does not hold some heads, the newest of which is given first."""
    head = lost[0]
    return HistoryRegressed(
        head.stream_id,
        head.version,
        f"event {head.version}, at position {head.position} of the log, was seen and is gone",
        fix="name the database that has it, or restore that; codecompanion db accept-loss lets all go on without what is lost",
    )


class Acknowledged:
    """Refuses to go on with a log that has lost what this machine saw, or what the bus was told of.

    It is asked again whenever a connection was made: behind the same address there may be another server by then.

    Args:
        log: The log itself.
        folder: Where this machine writes down what it saw.
        told: What a bus knows that processes share; None when there is none.
    """

    def __init__(self, log: CopiedLog, folder: Path, told: Told | None = None) -> None:
        self.log = log
        self._folder = folder
        self._told = told
        self._seen: SeenHead | None = None
        self._name = ""
        self._held_at = -1
        self._is_accepting = False
        log.check_before_appends(self._allow)

    async def lost(self) -> list[Head]:
        """Return what was acknowledged and is neither in the log nor accounted for, the newest first.

        Raises:
            EnvironmentBroken: The database is away. A bus that is away is not asked.
        """
        connections = self.log.connections
        known = [head for head in [(await self._note()).read()] if head is not None]
        if self._told is not None:
            with suppress(BusUnavailable):
                known += await self._told(self._name)
        lost = await lost_from(self.log, known)
        self._held_at = -1 if lost else connections
        return lost

    async def require(self) -> None:
        """Check that nothing is lost, unless that is known.

        Raises:
            HistoryRegressed: Something is.
            EnvironmentBroken: The database is away.
        """
        if self._held_at != self.log.connections and (lost := await self.lost()):
            raise regressed(lost)

    @contextmanager
    def accepting(self) -> Generator[None]:
        """Let this process append although something is lost, and remember nothing of it meanwhile."""
        self._is_accepting = True
        try:
            yield
        finally:
            self._is_accepting = False

    async def _allow(self) -> None:
        if not self._is_accepting:
            await self.require()

    async def appended(self, event: Event) -> None:
        """Remember an event that was acknowledged, unless it came to stand in a log that had lost what was seen before."""
        with suppress(CodeCompanionError):  # the next append is told
            await self.require()
            (await self._note()).note(head_of(event))

    def read(self, event: Event) -> None:
        """Remember an event that was read, as long as the log is known to hold what was seen before."""
        if self._seen is not None and self._held_at == self.log.connections:
            self._seen.note(head_of(event))

    def close(self) -> None:
        """Let go of the file."""
        if self._seen is not None:
            self._seen.close()

    async def _note(self) -> SeenHead:
        if self._seen is None:
            self._name = await self.log.identity()
            self._seen = SeenHead(self._folder, self._name)
        return self._seen
