"""The newest runs of the log: what is learned of a kind of edit or of a judge is learned from these."""

from collections.abc import AsyncIterator

from codecompanion.domain.envelope import Event
from codecompanion.domain.streams import is_run
from codecompanion.ports import EventStore

RUNS_READ = 200
"""So many of the newest runs are learned from: what held long ago may not hold now, and a start must be quick."""


async def newest_runs(store: EventStore, *, most: int = RUNS_READ) -> AsyncIterator[list[Event]]:
    """Yield the events of each of the newest runs, the newest run first and no more than `most`."""
    runs = [stream_id for stream_id in await store.streams() if is_run(stream_id)]
    for run_id in runs[:most]:
        yield await store.read(run_id)
