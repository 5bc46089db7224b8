"""Outcomes, and facts of runs that they are read from."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from codecompanion.domain.checks import Counts
from codecompanion.domain.envelope import Draft, Event, seal
from codecompanion.domain.events import (
    ArmReset,
    BranchDelivered,
    ChecksCompleted,
    Fact,
    HandoffMade,
    IntegrityExamined,
    ModelCallCompleted,
    ModelCallReserved,
    OutcomeCorrected,
    OutcomeRecorded,
    PlanAccepted,
    RepoProfiled,
    ReviewCompleted,
    RunCompleted,
    RunStarted,
    RunStatus,
    TaskCompleted,
    TaskFailed,
    TaskStarted,
    encode,
)
from codecompanion.domain.ledgers import TaskLedger, WorkItem
from codecompanion.domain.outcomes import Decided, Expected, Later, TaskOutcome
from codecompanion.domain.project import Finding, ProjectProfile
from codecompanion.domain.team import Role, TeamName
from codecompanion.domain.tidying import WorkKind
from codecompanion.routing.outcome_lines import written

SHA = "a" * 64
OUTCOME = TaskOutcome(
    decision_id="r1:code:1:code_generator",
    run_id="r1",
    task_id="code",
    project="/home/user/shop",
    role="code_generator",
    task_type="change",
    language="python",
    model="openai:gpt-6.1-sol",
    at="2026-11-26T10:15:00.000000Z",
    verified=True,
    proven_by=("new_tests", "review"),
    review_score=90,
    review_accepted=True,
    clean=True,
    cost_usd=0.25,
    latency_s=40.0,
    delivered="e" * 40,
    decided=Decided(
        policy="router-1",
        profile="balanced",
        candidates=(
            Expected(model="openai:gpt-6.1-sol", success=0.75, cost_usd=0.2, latency_s=30.0, propensity=0.9),
            Expected(model="openai:b", success=0.5, cost_usd=0.02, latency_s=20.0, propensity=0.1),
        ),
    ),
)
RECORDED = OutcomeRecorded(outcome=OUTCOME)
CORRECTED = OutcomeCorrected(decision_id=OUTCOME.decision_id, later=Later(merged=True, reverted=False, survived_7=0.5))
RESET = ArmReset(model="openai:gpt-6.1-sol", reason="a new version")


def outcome(number: int, **changes: Any) -> TaskOutcome:
    """Return an outcome of a decision of its own, without a decision's predictions."""
    return TaskOutcome.model_validate(
        {**OUTCOME.model_dump(), "decision_id": f"d{number}", "decided": None, "delivered": "", **changes}
    )


def sealed(facts: Iterable[Fact], stream: str = "r1") -> list[Event]:
    """Return facts as the events of a stream, a second apart."""
    drafts = [
        Draft(
            f"e{i}",
            type(fact).__name__,
            fact.schema_version,
            f"2026-11-26T10:{i // 60:02}:{i % 60:02}.000000Z",
            encode(fact),
            "test",
        )
        for i, fact in enumerate(facts)
    ]
    return seal(drafts, stream, after_version=0, prev_hash="0" * 64, after_position=0)


def request(kind: WorkKind = WorkKind.CHANGE, model: str = "openai:a") -> RunStarted:
    """Return the start of a team's run."""
    return RunStarted(
        objective="x",
        repo="/home/user/shop",
        base_commit="c" * 40,
        model=model,
        timeout_s=60,
        kind=kind,
        team=TeamName.STANDARD,
    )


PROFILED = RepoProfiled(profile=ProjectProfile(language=Finding(value="python", confidence=1, reason="pyproject.toml")))


def plan(*items: tuple[str, str]) -> PlanAccepted:
    """Return a plan of (task, role)."""
    work = tuple(WorkItem(item_id=task, title=task, role=role) for task, role in items)
    return PlanAccepted(ledger=TaskLedger(goal="x", success_criteria=("x",), items=work), spec_sha256=SHA)


def called(task: str, attempt: int, role: Role, model: str, *, usd: str | None = "0.01", seconds: float = 2.0) -> list[Fact]:
    """Return a call of a model, sent and answered."""
    call = f"agent:{task}:{attempt}:{role.value}:1"
    return [
        ModelCallReserved(
            call=call,
            send=1,
            task_id=task,
            attempt=attempt,
            role=role,
            model=model,
            input_tokens=10,
            request_hash=SHA,
            prompt_sha256=SHA,
            worst_usd="0.1",
        ),
        ModelCallCompleted(
            call=call,
            sends=1,
            task_id=task,
            role=role,
            model=model,
            asked=model,
            cost_usd=usd,
            request_hash=SHA,
            response_sha256=SHA,
            input_tokens=10,
            output_tokens=10,
            price_version="1",
            duration_s=seconds,
        ),
    ]


def attempt(
    task: str,
    number: int,
    model: str,
    *,
    passed: bool,
    integrity: tuple[str, ...] = (),
    tests: int = 4,
    new_tests: tuple[str, ...] = (),
    role: Role = Role.CODE_GENERATOR,
    claim: str = "",
) -> list[Fact]:
    """Return an attempt of a writer from its start to the verdict of the checks; `claim` is what it says of its own work."""
    return [
        TaskStarted(task_id=task, worker=model, attempt=number),
        *called(task, number, role, model),
        HandoffMade(task_id=task, attempt=number, role=role, artifacts=(SHA,), summary=claim, accepted=True),
        IntegrityExamined(task_id=task, attempt=number, tree="t", blocking=integrity),
        ChecksCompleted(
            task_id=task,
            attempt=number,
            tree="t",
            counts=Counts(passed=tests),
            integrity=integrity,
            new_tests=new_tests,
            passed=passed and not integrity,
            evidence=("e",),
        ),
        TaskCompleted(task_id=task, attempt=number)
        if passed and not integrity
        else TaskFailed(task_id=task, attempt=number, reason="no", final=False),
    ]


def reviewed(task: str, score: int, model: str = "openai:r", number: int = 1) -> list[Fact]:
    """Return a review of a task by a model."""
    accepted = score >= 80
    return [
        TaskStarted(task_id="review", worker=model, attempt=number),
        *called("review", number, Role.REVIEWER, model),
        ReviewCompleted(task_id="review", attempt=number, reviewed=(task,), score=score, accepted=accepted, model=model),
        TaskCompleted(task_id="review", attempt=number)
        if accepted
        else TaskFailed(task_id="review", attempt=number, reason="low", final=False),
    ]


def ended(status: RunStatus = "verified", *, delivered: bool = True) -> list[Fact]:
    """Return the end of a run."""
    branch = [BranchDelivered(branch="codecompanion/r", commit="e" * 40, tree="t")] if delivered else []
    return [*branch, RunCompleted(status=status, exit_code=0, summary=status)]


def chosen_outcomes(count: int) -> list[TaskOutcome]:
    """Return outcomes of choices between two models: one is right in three of four cases, the other in one of two."""
    chances = {"openai:a": 0.75, "openai:b": 0.5}
    candidates = [
        Expected(model=model, success=chance, cost_usd=0.1, latency_s=10, propensity=0.5).model_dump()
        for model, chance in chances.items()
    ]
    made: list[TaskOutcome] = []
    for number in range(count):
        model = "openai:a" if number % 3 else "openai:b"
        turns = 4 if model == "openai:a" else 2
        decided = {"policy": "router-1", "profile": "balanced", "candidates": candidates}
        at = f"2026-11-{1 + number // 24:02}T{number % 24:02}:00:00.000000Z"
        made.append(outcome(number, model=model, verified=number % turns > 0, decided=decided, at=at))
    return made


def decisions_file(folder: Path) -> Path:
    """Write 40 outcomes of decisions, of which a tenth chose another model, to a file."""
    models = ["openai:gpt-6.1-sol" if n % 10 else "openai:b" for n in range(40)]
    path = folder / "decisions.jsonl"
    many = [outcome(n, model=model, decided=OUTCOME.decided, verified=n % 3 > 0) for n, model in enumerate(models)]
    path.write_text(written(many), encoding="utf-8")
    return path
