"""A worker as `codecompanion worker` is one, whose engine takes a nap of 50 ms for each task where others would work.

    PYTHONPATH=tests python benchmarks/napping_worker.py TASKS

All else is real: it claims runs from the log under a lease, writes the intent and the result of each step to the journal, and
ends them. A run has so many TASKS.
"""

import os
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import cast
from unittest.mock import patch

import anyio

from codecompanion.domain.artifacts import ArtifactType
from codecompanion.domain.commands import AcceptPlan, Command, CompleteRun, DeliverBranch, Record, StartTask
from codecompanion.domain.events import ArtifactProduced, PlanAccepted
from codecompanion.domain.ledgers import TaskLedger
from codecompanion.domain.state import Running
from codecompanion.domain.steps import (
    DeliverChange,
    Finish,
    MakePlan,
    MeasureBase,
    PatchTree,
    PrepareTree,
    ProfileProject,
    SearchRepair,
    Step,
    VerifyTree,
    WriteReport,
)
from codecompanion.execution.engine import RealExecutionEngine
from codecompanion.execution.journal import LiveJournal
from codecompanion.runs import work
from codecompanion.runs.worker import Worker
from codecompanion.runs.worker_home import worker_home
from codecompanion.settings import Sourced
from codecompanion.wiring import App, open_app
from histories import BASE, CHECKED, DELIVERED, EXECUTED, MEASURED, PATCHED, PLAN, PROFILE, SEARCHED

NAP_S = 0.05
REPORT = ArtifactProduced(artifact_type=ArtifactType.EVAL_REPORT, sha256="9" * 64, title="report")


@dataclass(frozen=True, slots=True)
class Napper:
    """An `Engine` for a run of `tasks`, each of which is a nap; all its other effects take no time."""

    journal: LiveJournal
    tasks: int

    async def recover(self, state: Running) -> None:
        """Do nothing: a nap leaves nothing half done."""
        del state

    async def perform(self, run_id: str, state: Running, step: Step) -> None:  # noqa: C901 - one line a step
        """Do one step."""
        del run_id
        once, derive = self.journal.once, self.journal.derive
        match step:
            case PrepareTree():
                await once("prepare", _at_once(Record(BASE)))
            case ProfileProject():
                await once("profile", _at_once(Record(PROFILE)))
            case MeasureBase():
                await once("measure", _at_once(Record(EXECUTED)))
                await derive("measured", Record(MEASURED))
            case MakePlan():
                await derive("plan", AcceptPlan(_plan(self.tasks)))
            case SearchRepair(task_id=task_id, attempt=attempt):
                await derive(f"start:{task_id}", StartTask(task_id, "builtin", attempt))
                await once("search", _at_once(Record(SEARCHED.model_copy(update={"task_id": task_id}))))
            case PatchTree(task_id=task_id, attempt=attempt):
                if not _is_begun(state, task_id):
                    await derive(f"start:{task_id}", StartTask(task_id, "builtin", attempt))
                await once(f"patch:{task_id}", _nap(task_id))
            case VerifyTree(task_id=task_id):
                await once(f"verify:{task_id}", _at_once(Record(EXECUTED)))
                await derive(f"checked:{task_id}", Record(CHECKED.model_copy(update={"task_id": task_id})))
            case WriteReport():
                await derive("report", Record(REPORT))
            case DeliverChange():
                await once("deliver", _at_once(DeliverBranch(DELIVERED)))
            case Finish(status=status):
                await derive("finish", CompleteRun(status, 0, "done"))
            case _:
                raise AssertionError(step)


def _plan(tasks: int) -> PlanAccepted:
    [item] = PLAN.ledger.items
    items = tuple(item.model_copy(update={"item_id": f"nap-{number}"}) for number in range(tasks))
    ledger = TaskLedger(goal=PLAN.ledger.goal, success_criteria=PLAN.ledger.success_criteria, items=items)
    return PLAN.model_copy(update={"ledger": ledger})


def _is_begun(state: Running, task_id: str) -> bool:
    return any(entry.item.item_id == task_id and entry.attempt for entry in state.progress.items)


def _at_once(result: Command) -> Callable[[], Awaitable[Command]]:
    async def effect() -> Command:
        return result

    return effect


def _nap(task_id: str) -> Callable[[], Awaitable[Command]]:
    async def effect() -> Command:
        await anyio.sleep(NAP_S)
        return Record(PATCHED.model_copy(update={"label": f"{task_id}:1"}))

    return effect


async def napping_engine(tasks: int, app: App, run_id: str, *_request: object, **_around: object) -> RealExecutionEngine:
    """Return a napper that writes to the journal of a run, where `engine_for` returns an engine that works."""
    journal = LiveJournal(app.store, run_id, partial(app.orchestrator.handle, run_id))
    return cast("RealExecutionEngine", Napper(journal, tasks))


async def main(tasks: int) -> None:
    """Work as `codecompanion worker` does, until told to stop."""
    settings = Sourced.load(os.environ, project=None, flags={}).settings
    with patch.object(work, "engine_for", partial(napping_engine, tasks)):
        async with (
            open_app(settings, os.environ) as app,
            worker_home(app, app.clock.new_id()) as home,
            anyio.create_task_group() as group,
        ):
            worker = Worker(app, await app.proven_sandbox(), home, size=1)
            print(home.worker, flush=True)
            group.start_soon(worker.run)
            with anyio.open_signal_receiver(signal.SIGTERM) as signals:
                async for _ in signals:
                    break
            await worker.drain()
            group.cancel_scope.cancel()


if __name__ == "__main__":
    anyio.run(main, int(sys.argv[1]))
