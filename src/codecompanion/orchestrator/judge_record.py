"""What the log says of judges: a fold over the newest runs, kept nowhere, so that it can always be made anew."""

from codecompanion.domain.judges import weights_of
from codecompanion.orchestrator.newest_runs import newest_runs
from codecompanion.ports import EventStore


async def read_weights(store: EventStore) -> dict[str, float]:
    """Return the weights of the judges in the newest runs, by their model."""
    return weights_of([events async for events in newest_runs(store)])
