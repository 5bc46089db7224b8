"""The plan of a repair: what must hold in the end, and what may be touched."""

from codecompanion.domain.artifacts import Requirement, ScopeContract, SpecDoc, create_artifact_from_json
from codecompanion.domain.commands import AcceptPlan, Record
from codecompanion.domain.counting import counted
from codecompanion.domain.events import ApprovalRequested, PlanAccepted
from codecompanion.domain.ledgers import TaskLedger, WorkItem
from codecompanion.domain.scope import repair_scope
from codecompanion.domain.state import Running
from codecompanion.execution.measuring import base_report
from codecompanion.execution.toolbox import Toolbox

REPAIR_TASK = "repair"


async def make_plan(tools: Toolbox, state: Running) -> None:
    """Write the SpecDoc and fix the one work item of a repair."""
    assert state.measured is not None
    failing = state.measured.failing
    report, _ = await base_report(tools)
    criteria = ("every test that failed on the base passes", "every test that passed on the base still passes")
    spec = SpecDoc(
        title=f"Make {len(failing)} failing {'test' if len(failing) == 1 else 'tests'} pass",
        objective=state.request.objective,
        requirements=tuple(Requirement(id=f"R{i}", description=f"{t} passes") for i, t in enumerate(failing, 1)),
        acceptance_criteria=(*criteria, "no test and no test configuration is changed"),
        scope=repair_scope(outcome.test_id for outcome in report.outcomes),
    )
    spec_sha256 = await tools.artifact(spec, key="spec")
    ledger = TaskLedger(
        goal=state.request.objective,
        success_criteria=criteria,
        items=(WorkItem(item_id=REPAIR_TASK, title=spec.title, role="debugger"),),
    )
    await tools.journal.derive("plan", AcceptPlan(PlanAccepted(ledger=ledger, spec_sha256=spec_sha256)))


async def ask_for_approval(tools: Toolbox, state: Running) -> None:
    """Let the run wait until a person approves its plan."""
    assert state.plan is not None
    title = f"the plan of {counted(len(state.plan.ledger.items), 'task')}"
    asked = ApprovalRequested(subject=title, reason="in plan mode nothing is changed before a person says so", waits=True)
    await tools.journal.derive("approval", Record(asked))


async def scope_of(tools: Toolbox, state: Running) -> ScopeContract:
    """Return the contract of the accepted plan, with what a person approved since."""
    assert state.plan is not None
    spec = create_artifact_from_json(await tools.blobs.get(state.plan.spec_sha256))
    assert isinstance(spec, SpecDoc)
    return spec.scope.model_copy(update={"allowed": (*spec.scope.allowed, *state.approved)})
