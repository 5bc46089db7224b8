"""Runs as facts, for what reads outcomes from them."""

from collections.abc import Iterable, Sequence
from typing import Any

from codecompanion.domain.checks import Counts
from codecompanion.domain.envelope import Draft, Event, seal
from codecompanion.domain.events import (
    ChecksCompleted,
    Fact,
    HandoffMade,
    ModelCallCompleted,
    PlanAccepted,
    ReviewCompleted,
    RunStarted,
    TaskCompleted,
    TaskFailed,
    TaskStarted,
    encode,
)
from codecompanion.domain.ledgers import TaskLedger, WorkItem
from codecompanion.domain.routes import RouteFeatures
from codecompanion.domain.team import Role
from codecompanion.domain.tidying import WorkKind
from codecompanion.routing.eligibility import Contender

CHEAP, STRONG = "openai:gpt-6-luna", "anthropic:claude-opus-5-5"
CONTENDERS = (
    Contender(CHEAP, family="openai", context_tokens=400_000, usual_usd=0.009),
    Contender(STRONG, family="anthropic", context_tokens=1_000_000, usual_usd=0.36),
)
FEATURES = RouteFeatures(role="code_generator", task_type="feature", language="python", complexity="low", prompt_tokens=5_000)
ITEM = WorkItem(item_id="code", title="Add it", role="code_generator")
REVIEW_ITEM = WorkItem(item_id="review", title="Look at it", role="reviewer", depends_on=("code",))
STARTED = RunStarted(
    objective="Add a feature", repo="/home/user/shop", base_commit="c" * 40, model=CHEAP, timeout_s=60, kind=WorkKind.CHANGE
)
PLAN = PlanAccepted(
    ledger=TaskLedger(goal="Add a feature", success_criteria=("it is there",), items=(ITEM, REVIEW_ITEM)), spec_sha256="3" * 64
)


def events(facts: Iterable[Fact]) -> list[Event]:
    """Return facts as the events of one run."""
    drafts = [
        Draft(f"e{number}", type(fact).__name__, fact.schema_version, "2026-01-01T00:00:00.000000Z", encode(fact), "test")
        for number, fact in enumerate(facts)
    ]
    return list(seal(drafts, "run", after_version=0, prev_hash="0" * 64, after_position=0))


def called(attempt: int, model: str, *, task: str = "code", cost: str | None = "0.01", **more: Any) -> ModelCallCompleted:
    role = Role.REVIEWER if task == "review" else Role.CODE_GENERATOR
    values: dict[str, Any] = {
        "call": f"agent:{task}:{attempt}:{role.value}:1",
        "sends": 1,
        "task_id": task,
        "role": role,
        "model": model,
        "request_hash": "a" * 64,
        "response_sha256": "b" * 64,
        "input_tokens": 10,
        "output_tokens": 5,
        "cost_usd": cost,
        "price_version": "x",
        "duration_s": 2.0,
    }
    return ModelCallCompleted(**{**values, **more})


def checked(attempt: int, *, passed: bool, **more: Any) -> ChecksCompleted:
    broken = () if passed or more else ("tests/test_a.py::test_b",)
    values: dict[str, Any] = {"counts": Counts(passed=3), "broken": broken, "evidence": ("e1",), "tree": "t"}
    return ChecksCompleted(task_id="code", attempt=attempt, passed=passed, **{**values, **more})


def attempt(number: int, model: str, *, passed: bool) -> Sequence[Fact]:
    """Return what one attempt of the task `code` leaves in the log."""
    end: Fact = TaskCompleted(task_id="code", attempt=number)
    if not passed:
        end = TaskFailed(task_id="code", attempt=number, reason="1 tests broken", final=False)
    return (
        TaskStarted(task_id="code", worker=model, attempt=number),
        called(number, model),
        HandoffMade(task_id="code", attempt=number, role=Role.CODE_GENERATOR, accepted=True),
        checked(number, passed=passed),
        end,
    )


def reviewed(score: int, *, of: int, number: int = 1) -> Sequence[Fact]:
    """Return what a review of an attempt of the task `code` leaves in the log."""
    review = ReviewCompleted(
        task_id="review",
        attempt=number,
        reviewed=("code",),
        score=score,
        accepted=score >= 80,
        findings=("a.py:3: no",),
        model=STRONG,
    )
    start = (TaskStarted(task_id="review", worker=STRONG, attempt=number), called(number, STRONG, task="review"))
    if review.accepted:
        return (*start, review, TaskCompleted(task_id="review", attempt=number))
    failed = [
        TaskFailed(task_id=task, attempt=one, reason="no", final=False) for task, one in (("review", number), ("code", of))
    ]
    return (*start, review, *failed)
