"""Which run is meant: its id, a beginning of it, or "last"."""

from codecompanion.domain.errors import BadInput
from codecompanion.orchestrator.projections import RunView, view_of
from codecompanion.ports import EventStore

LAST = "last"


async def find_run(store: EventStore, named: str) -> str:
    """Return the id of the run that is meant.

    Raises:
        BadInput: None, or more than one, fits.
    """
    runs = await store.streams()
    if named in runs:
        return named
    if named == LAST and runs:
        return runs[0]
    fitting = [run_id for run_id in runs if named and run_id.startswith(named)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise BadInput(f"{len(fitting)} runs begin with {named!r}", cause=", ".join(fitting[:5]), fix="give more of the id")
    raise BadInput(f"there is no run {named!r}", fix="codecompanion list shows the runs")


async def view_run(store: EventStore, run_id: str) -> RunView:
    """Return a run at a glance."""
    return view_of(run_id, await store.read(run_id))
