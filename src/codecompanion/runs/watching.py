"""Watch a run that others work on, and see how runs and workers stand."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import anyio

from codecompanion.domain.errors import PARKED_CODE
from codecompanion.domain.state import Ended, Running, State
from codecompanion.domain.topics import TOPICS
from codecompanion.ports import Attendance, Message
from codecompanion.runs.queue import Entry, Queue
from codecompanion.runs.work import OnEvent
from codecompanion.wiring import App

POLL_S = 0.5


async def watch(app: App, run_id: str, on_event: OnEvent) -> None:
    """Hand over each event of a run, from its first on, as it is recorded, until it is over, paused or waits for a person."""
    nudged = anyio.Event()

    async def hear(_message: Message) -> None:
        nudged.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(partial(app.bus.watch, *TOPICS, handler=hear))
        seen = await _show(app, run_id, on_event, 0)
        while not _stands((await app.orchestrator.load(run_id)).state):
            with anyio.move_on_after(POLL_S):
                await nudged.wait()
            nudged = anyio.Event()
            seen = await _show(app, run_id, on_event, seen)
        await _show(app, run_id, on_event, seen)
        tasks.cancel_scope.cancel()


async def _show(app: App, run_id: str, on_event: OnEvent, seen: int) -> int:
    events = await app.store.read(run_id, after_version=seen)
    for event in events:
        on_event(event)
    return events[-1].version if events else seen


def _stands(state: State) -> bool:
    return isinstance(state, Ended) or (isinstance(state, Running) and (state.paused or state.awaiting is not None))


@dataclass(frozen=True, slots=True)
class Standing:
    """The workers, those that have fallen silent included, and the runs that are theirs, the longest waiting first."""

    workers: tuple[Attendance, ...]
    entries: tuple[Entry, ...]

    def worker_of(self, entry: Entry) -> Attendance | None:
        """Return who works on a run; None when nobody does, or nobody knows the worker any more."""
        return next((one for one in self.workers if one.worker == entry.worker), None)

    def state_of(self, entry: Entry) -> str:
        """Return where a run is: "working", "lost" (its worker is silent), "queued", or "held" (paused, or for a person)."""
        if not entry.ready:
            return "held"
        if not entry.worker:
            return "queued"
        worker = self.worker_of(entry)
        return "working" if worker is not None and worker.holds else "lost"


def worker_row(worker: Attendance, now: Standing) -> dict[str, Any]:
    """Return a worker and its runs as plain JSON."""
    return {
        "worker": worker.worker,
        "place": worker.place,
        "size": worker.size,
        "state": worker.state,
        "silent_s": round(worker.silent_s, 1),
        "runs": [one.run_id for one in now.entries if one.worker == worker.worker],
    }


def run_row(entry: Entry, now: Standing) -> dict[str, Any]:
    """Return a run that is the workers' as plain JSON."""
    worker = now.worker_of(entry)
    return {
        "run_id": entry.run_id,
        "state": now.state_of(entry),
        "principal": entry.queued.principal,
        "objective": entry.request.objective,
        "repo": entry.request.repo,
        "claim": entry.claim,
        "lost_claims": entry.lost,
        "code": PARKED_CODE if entry.parked else None,
        "worker": entry.worker or None,
        "place": worker.place if worker else None,
    }


async def standing(app: App) -> Standing:
    """Return how the workers and their runs stand."""
    queue = Queue(app.store, app.orchestrator)
    await queue.look()
    return Standing(tuple(await app.roster.present()), tuple(queue.entries()))
