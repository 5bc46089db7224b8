"""How many runs are open, and what for: asked again and again, so only what has changed is looked at again."""

from collections import Counter

from codecompanion.domain.errors import BadInput
from codecompanion.domain.streams import is_run
from codecompanion.ports import EventStore
from codecompanion.runs.views import Views

OPEN = ("running", "waiting", "paused")
PAGE = 500


class OpenRuns:
    """Counts the runs of a store that are not over. Those that stand still cost nothing, however many they are."""

    def __init__(self, store: EventStore, views: Views) -> None:
        self._store = store
        self._views = views
        self._position: int | None = None
        self._changed: set[str] = set()
        self._open: dict[str, str] = {}

    async def by_status(self) -> dict[str, int]:
        """Return how many runs there are of each status in OPEN."""
        await self._look()
        while self._changed:
            run_id = next(iter(self._changed))
            status = await self._status(run_id)
            if status in OPEN:
                self._open[run_id] = status
            else:
                self._open.pop(run_id, None)
            self._changed.discard(run_id)
        found = Counter(self._open.values())
        return {status: found[status] for status in OPEN}

    async def _look(self) -> None:
        """Note which runs have grown since the last time; the first time it may be any of them."""
        if self._position is None:
            end = await self._store.last_position()
            self._changed.update(filter(is_run, await self._store.streams()))
            self._position = end
        while page := await self._store.read_all(after_position=self._position, limit=PAGE):
            self._changed.update(event.stream_id for event in page if is_run(event.stream_id))
            self._position = page[-1].position
            if len(page) < PAGE:
                break

    async def _status(self, run_id: str) -> str:
        try:
            return (await self._views.of(run_id)).status
        except BadInput:  # a copy that was never finished
            return ""
