"""Runs at a glance, folded once and then only as far as they have grown."""

from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio

from codecompanion.domain.envelope import Event
from codecompanion.domain.errors import LogCorrupt
from codecompanion.orchestrator.projections import RunView, grown, view_of
from codecompanion.ports import EventStore

MOST_KEPT = 2000
PAGE = 500
MOST_BEHIND = 2000
"""When the log has grown by more events than this, each run is asked for by itself again."""


class Views:
    """The views of one store for a process that is asked again and again. What was asked for last is kept longest."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._views: OrderedDict[str, RunView] = OrderedDict()
        self._position = 0
        self._followed: set[str] = set()
        """The runs whose kept views hold every event up to the position."""
        self._following = anyio.Lock()
        self._turns: dict[str, anyio.Lock] = {}

    async def of(self, run_id: str) -> RunView:
        """Return a run as it is now.

        Raises:
            BadInput: There is no such run.
            LogCorrupt: One of its events cannot be read.
        """
        if run_id not in self._views:
            async with self._one_at_a_time(run_id):
                if run_id not in self._views:
                    return await self._read(run_id)
        return await self._read(run_id)

    @asynccontextmanager
    async def _one_at_a_time(self, run_id: str) -> AsyncGenerator[None]:
        """Let one read a run from its beginning and the others wait: a thousand who come at once would each read all of it."""
        turn = self._turns.setdefault(run_id, anyio.Lock())
        try:
            async with turn:
                yield
        finally:
            if not turn.locked() and not turn.statistics().tasks_waiting:
                self._turns.pop(run_id, None)

    async def _read(self, run_id: str) -> RunView:
        kept, position = self._views.get(run_id), self._position
        if kept is None:
            view = view_of(run_id, await self._store.read(run_id))
        else:
            # Its last event once more: a run that was archived has none.
            events = await self._store.read(run_id, after_version=kept.version - 1)
            view = grown(kept, events[1:]) if events else view_of(run_id, events)
        self._keep(run_id, view, is_followed=position == self._position)
        return view

    def _keep(self, run_id: str, view: RunView, *, is_followed: bool) -> None:
        self._views[run_id] = view
        self._views.move_to_end(run_id)
        # What `catch_up` passed over while the run was read may not be in what was read.
        (self._followed.add if is_followed else self._followed.discard)(run_id)
        while len(self._views) > MOST_KEPT:
            self._followed.discard(self._views.popitem(last=False)[0])

    async def catch_up(self) -> None:
        """Bring what is kept up to date with one question for all runs together."""
        async with self._following:
            end = await self._store.last_position()
            if end - self._position > MOST_BEHIND:
                self._followed.clear()
                self._position = end
            while page := await self._store.read_all(after_position=self._position, limit=PAGE):
                for event in page:
                    self._grow(event)
                self._position = page[-1].position

    def _grow(self, event: Event) -> None:
        run_id = event.stream_id
        if run_id not in self._followed or event.version <= self._views[run_id].version:
            return
        try:
            self._views[run_id] = grown(self._views[run_id], [event])
        except LogCorrupt:
            self._followed.discard(run_id)
            del self._views[run_id]

    async def as_caught_up(self, run_id: str) -> RunView:
        """Return a run as it was when `catch_up` returned, or later; the store is asked only for one that is not kept.

        Raises:
            BadInput: There is no such run.
            LogCorrupt: One of its events cannot be read.
        """
        if run_id not in self._followed:
            return await self.of(run_id)
        self._views.move_to_end(run_id)
        return self._views[run_id]
