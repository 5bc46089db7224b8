"""How many runs are open, and what for: asked again and again, so what is over is read once."""

from collections import Counter

from codecompanion.domain.errors import BadInput
from codecompanion.domain.streams import is_run
from codecompanion.ports import EventStore
from codecompanion.runs.views import Views

OPEN = ("running", "waiting", "paused")


class OpenRuns:
    """Counts the runs of a store that are not over."""

    def __init__(self, store: EventStore, views: Views) -> None:
        self._store = store
        self._views = views
        self._over: set[str] = set()

    async def by_status(self) -> dict[str, int]:
        """Return how many runs there are of each status in OPEN."""
        found: Counter[str] = Counter(dict.fromkeys(OPEN, 0))
        for stream_id in await self._store.streams():
            if is_run(stream_id) and stream_id not in self._over:
                found[await self._status(stream_id)] += 1
        return {status: found[status] for status in OPEN}

    async def _status(self, run_id: str) -> str:
        try:
            status = (await self._views.of(run_id)).status
        except BadInput:  # a copy that was never finished
            status = ""
        if status not in OPEN:
            self._over.add(run_id)
        return status
