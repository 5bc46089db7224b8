"""What a run has recorded so far, and the phrases that say it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from codecompanion.domain.events import (
    ArtifactProduced,
    BaseMeasured,
    ChecksCompleted,
    Fact,
    HandoffMade,
    PlanAccepted,
    RepoProfiled,
    SearchCompleted,
    TaskCompleted,
    TaskStarted,
    TreeInspected,
)

MOST_NAMED = 5

AnyFact = TypeVar("AnyFact", bound=Fact)


@dataclass(frozen=True, slots=True)
class Past:
    """What a run has recorded so far, in order."""

    facts: tuple[Fact, ...] = ()

    def followed_by(self, fact: Fact) -> "Past":
        """Return the same with one more fact."""
        return Past((*self.facts, fact))

    def last(self, of: type[AnyFact], where: Callable[[AnyFact], bool] = lambda _fact: True) -> AnyFact | None:
        """Return the last fact of a type that fits, None when there is none."""
        return next((fact for fact in reversed(self.facts) if isinstance(fact, of) and where(fact)), None)


def command_of_tests(past: Past) -> str | None:
    """Return how the project's tests are run, None when that was not found out."""
    profiled = past.last(RepoProfiled)
    return profiled.profile.test_command.value if profiled and profiled.profile.test_command else None


def template_of(past: Past, task_id: str, attempt: int) -> str | None:
    """Return the kind of edit of an attempt (counted from 1), None when the search names none."""
    searched = past.last(SearchCompleted, lambda search: search.task_id == task_id)
    return searched.templates[attempt - 1] if searched and 0 < attempt <= len(searched.templates) else None


def title_of(past: Past, task_id: str) -> str:
    """Return what the plan calls a task."""
    plan = past.last(PlanAccepted)
    titles = [item.title for item in plan.ledger.items if item.item_id == task_id] if plan else []
    return titles[0] if titles else task_id


def role_of(past: Past, task_id: str) -> str:
    """Return whose task it is, "" when no plan says so."""
    plan = past.last(PlanAccepted)
    return next((item.role for item in plan.ledger.items if item.item_id == task_id), "") if plan else ""


def is_latest(past: Past, completed: TaskCompleted) -> bool:
    """Whether no later attempt at the task was begun."""
    started = past.last(TaskStarted, lambda begun: begun.task_id == completed.task_id)
    return started is None or started.attempt == completed.attempt


def summary_of(past: Past, task_id: str) -> str:
    """Return what an agent says of its own work on a task, "" when none handed any on."""
    handed = past.last(HandoffMade, lambda made: made.task_id == task_id and made.accepted)
    return f": {handed.summary}" if handed and handed.summary else ""


def place_of(past: Past, patch: ArtifactProduced) -> str:
    """Return " of PATH": the file of the function that the patch's title names, as far as the search suspected it."""
    searched = past.last(SearchCompleted, lambda search: search.task_id == patch.task_id)
    suspects = searched.suspects if searched else ()
    paths = {suspect.path for suspect in suspects if f" in {suspect.function}," in patch.title}
    return f" of {paths.pop()}" if len(paths) == 1 else ""


def suspected(past: Past, task_id: str) -> str:
    """Return where the search of a task suspects the fault, "" when it does not say."""
    searched = past.last(SearchCompleted, lambda search: search.task_id == task_id)
    names = tuple(f"{s.function or 'line ' + str(s.line)} in {s.path}" for s in searched.suspects) if searched else ()
    return f"; suspected: {some(tuple(dict.fromkeys(names)))}" if names else ""


def mended(past: Past, task_id: str) -> str:
    """Return which tests failed on the base and passed when a task was checked, "" when none did or it was not checked."""
    measured, checked = past.last(BaseMeasured), past.last(ChecksCompleted, lambda checks: checks.task_id == task_id)
    if measured is None or checked is None:
        return ""
    names = tuple(name for name in measured.failing if name not in checked.still_failing)
    return f"; it made pass: {some(names)}" if names else ""


def failing(past: Past) -> str:
    """Return which tests fail on the base, "" when none does."""
    measured = past.last(BaseMeasured)
    return f"; failing: {some(measured.failing)}" if measured and measured.failing else ""


def findings_of(past: Past) -> str:
    """Return how many findings of tools there were before and after, "" when the tree was not inspected twice."""
    after, before = past.last(TreeInspected), past.last(TreeInspected, lambda tree: tree.label == "base")
    if after is None or before is None or after is before:
        return ""
    return f"findings: {sum(before.findings.values())} before, {sum(after.findings.values())} after"


def some(names: Sequence[str]) -> str:
    """Return the first names, and how many more there are."""
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
