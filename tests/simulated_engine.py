"""Does the steps of a run of the builtin mind in no time, with the journal that real runs have, and a call of a model."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from codecompanion.domain.artifacts import ArtifactType
from codecompanion.domain.commands import AcceptPlan, Command, CompleteRun, DeliverBranch, Record, StartTask
from codecompanion.domain.events import ArtifactProduced, ModelCallCompleted, ModelCallFailed, ModelCallReserved
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
from codecompanion.domain.team import Role
from codecompanion.execution.journal import Journal
from codecompanion.orchestrator.orchestrator import EventSourcedOrchestrator
from codecompanion.ports import EventStore
from histories import BASE, CHECKED, DELIVERED, EXECUTED, MEASURED, PATCHED, PLAN, PROFILE, REFUTED, SEARCHED
from simulated_world import World, wait

REPORT = ArtifactProduced(artifact_type=ArtifactType.EVAL_REPORT, sha256="9" * 64, title="report")
CALL, WORST = "search:repair", "0.40"


@dataclass(frozen=True)
class FastEngine:
    """An `Engine` for one run."""

    world: World
    journal: Journal
    store: EventStore
    orchestrator: EventSourcedOrchestrator

    async def perform(self, run_id: str, state: Running, step: Step) -> None:  # noqa: C901 - one line a step
        """Do one step."""
        once, derive = self.journal.once, self.journal.derive
        match step:
            case PrepareTree():
                await once("prepare", self._effect(run_id, "prepare", Record(BASE)))
            case ProfileProject():
                await once("profile", self._effect(run_id, "profile", Record(PROFILE)))
            case MeasureBase():
                await once("measure", self._effect(run_id, "measure", Record(EXECUTED)))
                await derive("measured", Record(MEASURED))
            case MakePlan():
                await derive("plan", AcceptPlan(PLAN))
            case SearchRepair(task_id=task_id, attempt=attempt):
                await derive(f"start:{attempt}", StartTask(task_id, "builtin", attempt))
                await self._ask_a_model(run_id)
                await once("search", self._effect(run_id, "search", Record(SEARCHED)))
            case PatchTree(task_id=task_id, attempt=attempt):
                if state.progress.items[0].attempt != attempt:
                    await derive(f"start:{attempt}", StartTask(task_id, "builtin", attempt))
                patched = PATCHED.model_copy(update={"label": f"{task_id}:{attempt}"})
                await once(f"patch:{attempt}", self._effect(run_id, f"patch:{attempt}", Record(patched)))
            case VerifyTree(attempt=attempt):
                await once(f"verify:{attempt}", self._effect(run_id, f"verify:{attempt}", Record(EXECUTED)))
                checks = (REFUTED if attempt == 1 else CHECKED).model_copy(update={"attempt": attempt})
                await derive(f"checked:{attempt}", Record(checks))
            case WriteReport():
                await derive("report", Record(REPORT))
            case DeliverChange():
                await once("deliver", self._effect(run_id, "deliver", DeliverBranch(DELIVERED)))
            case Finish(status=status):
                await derive("finish", CompleteRun(status, 0, "done"))
            case _:
                raise AssertionError(step)

    def _effect(self, run_id: str, key: str, result: Command) -> Callable[[], Awaitable[Command]]:
        async def effect() -> Command:
            self.world.effects[run_id, key] += 1
            await wait(self.world.chance.uniform(0.0, 6.0))
            return result

        return effect

    async def _ask_a_model(self, run_id: str) -> None:
        """Ask once; what was sent before a crash is counted at its worst and sent once more."""
        events = await self.store.read(run_id)
        if any(event.type == ModelCallCompleted.__name__ for event in events):
            return
        sends = [event.data["send"] for event in events if event.type == ModelCallReserved.__name__]
        settled = {event.data["send"] for event in events if event.type == ModelCallFailed.__name__}
        for send in set(sends) - settled:
            lost = ModelCallFailed(
                call=CALL,
                send=send,
                role=Role.CODE_GENERATOR,
                model="m",
                category="unknown",
                what="the answer was lost in a crash",
                cost_usd=WORST,
                unsettled=True,
            )
            await self.journal.derive(f"lost:{send}", Record(lost))
        await self._send(run_id, len(sends) + 1)

    async def _send(self, run_id: str, send: int) -> None:
        about: dict[str, Any] = {
            "call": CALL,
            "task_id": "repair",
            "role": Role.CODE_GENERATOR,
            "model": "m",
            "request_hash": "h",
        }
        reserved = ModelCallReserved(**about, send=send, attempt=1, prompt_sha256="1" * 64, input_tokens=1, worst_usd=WORST)
        await self.journal.derive(f"reserved:{send}", Record(reserved))
        self.world.effects[run_id, "model"] += 1
        await wait(self.world.chance.uniform(0.0, 20.0))
        answered = ModelCallCompleted(
            **about,
            sends=send,
            response_sha256="2" * 64,
            input_tokens=1,
            output_tokens=1,
            cost_usd="0.10",
            price_version="v",
            duration_s=1.0,
        )
        await self.journal.derive("answered", Record(answered))
