"""Turns what roles hand over into the artifacts that flow between them, and finds those again in the log."""

from codecompanion.agents.outputs import Design, Plan, PullRequestWritten, TestsWritten, Triaged
from codecompanion.domain.artifacts import (
    Artifact,
    ArtifactType,
    Component,
    Decision,
    DesignDoc,
    Diagnosis,
    PullRequest,
    Requirement,
    ScopeContract,
    SpecDoc,
    TestCase,
    TestPlan,
    Triage,
    create_artifact_from_json,
)
from codecompanion.domain.events import ArtifactProduced, decode
from codecompanion.domain.ledgers import ItemProgress, TaskLedger, WorkItem
from codecompanion.domain.team import Role, TeamName
from codecompanion.execution.toolbox import Toolbox

NEVER = (".git/*", ".codecompanion/*")
"""Paths that no plan lets be changed."""


def spec_of(plan: Plan, objective: str) -> SpecDoc:
    """Return the contract that a plan proposes."""
    return SpecDoc(
        title=plan.title,
        objective=objective,
        requirements=tuple(Requirement(id=f"R{i}", description=text) for i, text in enumerate(plan.requirements, 1)),
        acceptance_criteria=plan.acceptance_criteria,
        scope=ScopeContract(allowed=plan.allowed_paths or ("*",), forbidden=(*plan.forbidden_paths, *NEVER)),
        assumptions=(*plan.assumptions, *([f"nothing is to be done: {plan.nothing_to_do}"] if plan.nothing_to_do else [])),
    )


def ledger_of(plan: Plan, objective: str, team: TeamName) -> TaskLedger:
    """Return the items of a plan: in its order, in a full team after a design, then a review; none when nothing is to do."""
    items: list[WorkItem] = []
    if not plan.items:
        return TaskLedger(goal=objective, success_criteria=plan.acceptance_criteria, items=())
    if team is TeamName.FULL:
        items.append(WorkItem(item_id="design", title="Design the change", role=Role.ARCHITECT))
    for number, planned in enumerate(plan.items, 1):
        before = (items[-1].item_id,) if items else ()
        items.append(
            WorkItem(
                item_id=f"{planned.role.replace('_', '-')}-{number}",
                title=planned.title,
                role=planned.role,
                depends_on=before,
                instructions=planned.instructions,
                changes_tests=planned.changes_tests,
            )
        )
    items.append(WorkItem(item_id="review", title="Review the change", role=Role.REVIEWER, depends_on=(items[-1].item_id,)))
    return TaskLedger(goal=objective, success_criteria=plan.acceptance_criteria, items=tuple(items))


def design_doc(design: Design, title: str) -> DesignDoc:
    """Return the architect's artifact."""
    return DesignDoc(
        title=title,
        overview=design.overview,
        components=tuple(Component(name=one.name, responsibility=one.responsibility) for one in design.components),
        decisions=tuple(
            Decision(title=one.title, rationale=one.rationale, alternatives=one.alternatives) for one in design.decisions
        ),
    )


def test_plan(tests: TestsWritten, title: str) -> TestPlan:
    """Return the test writer's artifact."""
    return TestPlan(
        title=title,
        strategy=tests.strategy,
        test_cases=tuple(
            TestCase(id=f"T{i}", name=one.name, steps=one.steps, expected_result=one.expected_result)
            for i, one in enumerate(tests.test_cases, 1)
        ),
    )


def triage(said: Triaged, title: str) -> Triage:
    """Return the artifact of who looked at the faults."""
    return Triage(title=title, diagnoses=tuple(Diagnosis(**one.model_dump()) for one in said.diagnoses))


def pull_request(said: PullRequestWritten) -> PullRequest:
    """Return the artifact of who wrote the words of a pull request."""
    return PullRequest(title=said.title, summary=said.summary)


def artifact_key(task_id: str, attempt: int, kind: ArtifactType) -> str:
    """Return the key under which the artifact of an attempt is recorded."""
    return f"artifact:{task_id}:{attempt}:{kind.value}"


async def artifact_of(tools: Toolbox, entry: ItemProgress, kind: ArtifactType) -> Artifact | None:
    """Return an artifact of a task's last attempt, None when it made none of that kind."""
    try:
        events = await tools.journal.recall(artifact_key(entry.item.item_id, entry.attempt, kind))
    except KeyError:
        return None
    produced = next(fact for fact in map(decode, events) if isinstance(fact, ArtifactProduced))
    return create_artifact_from_json(await tools.blobs.get(produced.sha256))
