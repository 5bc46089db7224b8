"""Which run is meant: its id, a beginning of it, or "last"."""

from pathlib import Path

from codecompanion.domain.errors import BadInput
from codecompanion.domain.streams import LEDGERS, is_run
from codecompanion.orchestrator.projections import RunView, view_of
from codecompanion.ports import EventStore

LAST = "last"


async def known_runs(store: EventStore) -> list[str]:
    """Return the ids of all runs, the newest first."""
    runs = [stream_id for stream_id in await store.streams() if is_run(stream_id)]
    return [run_id for run_id in runs if not await _is_half_a_copy(store, run_id)]


async def _is_half_a_copy(store: EventStore, run_id: str) -> bool:
    """Whether a fork was killed before it was finished: its events have causes in another run, and it is not forked yet."""
    (first,) = await store.read(run_id, up_to_version=1)
    return bool(first.causation_id) and not await store.find(run_id, "fork")


async def find_run(store: EventStore, named: str, *, inside: Path | None = None) -> str:
    """Return the id of the run that is meant.

    `inside` is the folder the user stands in, without links: "last" then means the last run of the repository that holds it.
    Verbs that change something give it, so that nobody changes a repository by a word that was meant for another.

    Raises:
        BadInput: None, or more than one, fits.
    """
    runs = await known_runs(store)
    if named in runs:
        return named
    if named == LAST:
        return await _last(store, runs, inside)
    fitting = [run_id for run_id in runs if named and run_id.startswith(named)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise BadInput(f"{len(fitting)} runs begin with {named!r}", cause=", ".join(fitting[:5]), fix="give more of the id")
    raise BadInput(f"there is no run {named!r}", fix="codecompanion list shows the runs")


async def find_stream(store: EventStore, named: str) -> str:
    """Return the id of the stream that is meant: a ledger by its name, or a run as `find_run` does.

    Raises:
        BadInput: None, or more than one, fits.
    """
    return named if named in LEDGERS and named in await store.streams() else await find_run(store, named)


async def _last(store: EventStore, runs: list[str], inside: Path | None) -> str:
    for run_id in runs:
        (first,) = await store.read(run_id, up_to_version=1)
        if inside is None or inside.is_relative_to(first.data["repo"]):
            return run_id
    where = f" in the repository of {str(inside)!r}" if inside else ""
    raise BadInput(f"there is no run yet{where}", fix="name the run; codecompanion list shows them")


async def view_run(store: EventStore, run_id: str) -> RunView:
    """Return a run at a glance."""
    return view_of(run_id, await store.read(run_id))
