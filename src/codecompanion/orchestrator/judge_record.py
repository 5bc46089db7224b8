"""What the log says of judges: a fold over the newest runs, kept nowhere, so that it can always be made anew."""

from codecompanion.domain.judges import weights_of
from codecompanion.domain.streams import is_run
from codecompanion.orchestrator.template_record import RUNS_READ
from codecompanion.ports import EventStore


async def read_weights(store: EventStore) -> dict[str, float]:
    """Return the weights of the judges in the newest runs, by their model."""
    runs = [stream_id for stream_id in await store.streams() if is_run(stream_id)]
    return weights_of([await store.read(run_id) for run_id in runs[:RUNS_READ]])
