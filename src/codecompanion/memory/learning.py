"""Read on in the log where the last reading ended, and keep what the runs teach."""

import logging
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from codecompanion.domain.errors import LogCorrupt
from codecompanion.domain.events import RunStarted, decode
from codecompanion.domain.memory import MemoryItem, learned_from
from codecompanion.domain.streams import is_run
from codecompanion.memory.file import MemoryDamaged, MemoryFile
from codecompanion.memory.forgotten import Forgotten
from codecompanion.memory.keeping import keep
from codecompanion.ports import EventStore

PAGE = 500
_log = logging.getLogger(__name__)

ProjectOf = Callable[[str, str], Awaitable[str | None]]
"""Returns the id of the project that a repository (its absolute root, a commit of it) belongs to; None when it has gone."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The last event that was read; position 0 is before the first. The id tells whether it is still the same log."""

    position: int = 0
    event_id: str = ""


@dataclass(frozen=True, slots=True)
class Learner:
    """Brings the memory up to date with the log, for all projects at once.

    `redact` masks secrets: the log keeps the names of tests and commands as they are, but what is remembered may be
    sent to a model.
    """

    store: EventStore
    file: MemoryFile
    forgotten: Forgotten
    project_of: ProjectOf
    redact: Callable[[str], str]

    async def catch_up(self) -> int:
        """Learn from every event that was not read yet and return how many items are new.

        Doing it again, after a crash or in two processes at once, changes nothing. A damaged file is set aside, and all is
        learned again. Runs that cannot be read, or whose repository has gone, teach nothing.

        Raises:
            EnvironmentBroken: The memory cannot be written.
        """
        try:
            return await self._catch_up()
        except MemoryDamaged as damaged:
            _log.warning("%s (%s): it is learned again from the log", damaged.what, damaged.cause)
            return await self._catch_up()

    async def _catch_up(self) -> int:
        begun_at = await self._checked(await self.file.run(_read_mark))
        runs, mark = await self._news(begun_at)
        if mark == begun_at:
            return 0
        projects: dict[tuple[str, str], str | None] = {}
        items = [item for run_id in runs for item in await self._items_of(run_id, projects)]

        def job(connection: sqlite3.Connection) -> int:
            new = keep(connection, items, self.forgotten.ids())
            _write_mark(connection, mark)
            return new

        return await self.file.run(job, writes=True)

    async def _checked(self, mark: Mark) -> Mark:
        """Return the mark, or the beginning when the log is not the one that was read: a backup may have been restored."""
        if mark.position == 0:
            return mark
        events = await self.store.read_all(after_position=mark.position - 1, limit=1)
        return mark if events and events[0].event_id == mark.event_id else Mark()

    async def _news(self, mark: Mark) -> tuple[list[str], Mark]:
        """Return the runs that have events after a mark, and the mark after them."""
        runs: dict[str, None] = {}
        while page := await self.store.read_all(after_position=mark.position, limit=PAGE):
            runs.update(dict.fromkeys(event.stream_id for event in page if is_run(event.stream_id)))
            mark = Mark(page[-1].position, page[-1].event_id)
        return list(runs), mark

    async def _items_of(self, run_id: str, projects: dict[tuple[str, str], str | None]) -> list[MemoryItem]:
        events = await self.store.read(run_id)
        try:
            request = decode(events[0])
            if not isinstance(request, RunStarted):
                return []
            place = (request.repo, request.base_commit)
            if place not in projects:
                projects[place] = await self.project_of(*place)
            project = projects[place]
            learned = learned_from(project, events) if project is not None else ()
        except LogCorrupt as error:
            _log.warning("nothing is learned from run %s: %s", run_id, error)
            return []
        return list(map(self._redacted, learned))

    def _redacted(self, item: MemoryItem) -> MemoryItem:
        masked = {
            "text": self.redact(item.text),
            "detail": self.redact(item.detail),
            "tags": tuple(map(self.redact, item.tags)),
        }
        return item.model_copy(update=masked)


def _read_mark(connection: sqlite3.Connection) -> Mark:
    row = connection.execute("SELECT position, event_id FROM mark").fetchone()
    return Mark(*row) if row else Mark()


def _write_mark(connection: sqlite3.Connection, mark: Mark) -> None:
    # A slower process may set it back: then the events between are read once more, and nothing is learned twice.
    connection.execute("DELETE FROM mark")
    connection.execute("INSERT INTO mark (position, event_id) VALUES (?, ?)", (mark.position, mark.event_id))
