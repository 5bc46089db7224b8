"""Collects from the log what an agent is to be told."""

from pathlib import Path

from anyio import to_thread

from codecompanion.agents.artifacts import artifact_of
from codecompanion.agents.briefing import MEMORY_TOKENS, Briefing
from codecompanion.agents.kit import AgentKit
from codecompanion.agents.project_voice import project_voice
from codecompanion.domain.artifacts import ArtifactType, DesignDoc, SpecDoc, TestPlan, create_artifact_from_json
from codecompanion.domain.errors import CodeCompanionError
from codecompanion.domain.ledgers import WorkItem
from codecompanion.domain.state import Running
from codecompanion.domain.team import Role
from codecompanion.domain.tidying import WorkKind
from codecompanion.execution.measuring import report_of_base
from codecompanion.execution.toolbox import Toolbox

REVIEW_IT = "Review the change that is shown below. The tests of the project pass with it."


async def briefing_of(tools: Toolbox, kit: AgentKit, state: Running, task_id: str, against: str) -> Briefing:
    """Return the material for an agent's first message. `against` is what was held against the attempt before, "" for none."""
    item = next((entry.item for entry in state.progress.items if entry.item.item_id == task_id), None)
    objective = state.request.objective
    return Briefing(
        objective=objective,
        assignment=_assignment(item),
        spec=await _spec(tools, state) if item is not None else None,
        design=await _design(tools, state),
        test_plan=await _test_plan(tools, state),
        against=(against,) if against else (),
        diff=await _diff(tools, state),
        facts=await _facts(tools, state),
        failing=await _failing(tools, state),
        notes=await _notes(kit, objective),
        instructions=await to_thread.run_sync(project_voice, tools.workspace.path(tools.run_id)),
    )


async def _notes(kit: AgentKit, objective: str) -> str:
    try:
        return await kit.memories(objective, MEMORY_TOKENS)
    except (CodeCompanionError, OSError) as error:  # a memory that cannot be read must not keep anybody from work
        kit.say(f"note: what earlier runs learned cannot be read ({error}); it is done without")
        return ""


def _assignment(item: WorkItem | None) -> str:
    if item is None:
        return ""
    return REVIEW_IT if item.role == Role.REVIEWER else item.instructions


async def _spec(tools: Toolbox, state: Running) -> SpecDoc | None:
    if state.plan is None:
        return None
    spec = create_artifact_from_json(await tools.blobs.get(state.plan.spec_sha256))
    return spec if isinstance(spec, SpecDoc) else None


async def _design(tools: Toolbox, state: Running) -> DesignDoc | None:
    for entry in state.progress.items:
        if entry.item.role == Role.ARCHITECT:
            found = await artifact_of(tools, entry, ArtifactType.DESIGN_DOC)
            return found if isinstance(found, DesignDoc) else None
    return None


async def _test_plan(tools: Toolbox, state: Running) -> TestPlan | None:
    for entry in state.progress.items:
        if entry.item.role == Role.TEST_WRITER:
            found = await artifact_of(tools, entry, ArtifactType.TEST_PLAN)
            return found if isinstance(found, TestPlan) else None
    return None


async def _facts(tools: Toolbox, state: Running) -> str:
    advice = state.request.advice
    return "" if advice is None else (await tools.blobs.get(advice.facts_sha256)).decode()


async def _diff(tools: Toolbox, state: Running) -> str:
    if state.request.advice is not None and state.request.advice.diff_sha256 is not None:
        return (await tools.blobs.get(state.request.advice.diff_sha256)).decode()
    if state.base is None or state.head is None or state.head.tree == state.base.tree:
        return ""
    return await tools.workspace.diff(Path(state.request.repo), state.base.commit, state.head.commit)


async def _failing(tools: Toolbox, state: Running) -> tuple[tuple[str, str], ...]:
    """Return the failing tests of the base with their messages, when they are what the run is for."""
    base = await report_of_base(tools)
    if base is None or state.measured is None or state.request.kind is not WorkKind.REPAIR:
        return ()
    failing = frozenset(state.measured.failing)
    return tuple((outcome.test_id, outcome.message) for outcome in base.outcomes if outcome.test_id in failing)
