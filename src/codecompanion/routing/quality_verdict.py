"""One verdict on an attempt, from all that was looked at: the handoff, the tests, the checks, the integrity, the review."""

from collections.abc import Iterable
from dataclasses import dataclass

from codecompanion.domain.events import ChecksCompleted, Fact, HandoffMade, ReviewCompleted, TaskCompleted, TaskFailed

LONGEST = 200
"""Characters of a reason that are kept."""

Attempt = tuple[str, int]
"""A task's id and the number of its attempt."""


@dataclass(frozen=True, slots=True)
class QualityVerdict:
    """Whether an attempt is accepted, and by name what was held against it: "tests: 2 still failing", say."""

    reasons: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether nothing was held against it."""
        return not self.reasons


def verdicts(facts: Iterable[Fact]) -> dict[Attempt, QualityVerdict]:
    """Return the verdict on each attempt that came to an end, in their order.

    What a review holds against a change stands against the last attempt of the tasks that it looked at.
    """
    against: dict[Attempt, list[str]] = {}
    last: dict[str, int] = {}
    for fact in facts:
        match fact:
            case HandoffMade(accepted=False, task_id=task_id, attempt=attempt):
                against.setdefault((task_id, attempt), []).append(f"handoff: {fact.reason}")
            case ChecksCompleted(passed=False, task_id=task_id, attempt=attempt):
                against.setdefault((task_id, attempt), []).extend(_of_checks(fact))
            case TaskCompleted(task_id=task_id, attempt=attempt):
                against.setdefault((task_id, attempt), [])
                last[task_id] = attempt
            case ReviewCompleted(accepted=False):
                against[fact.task_id, fact.attempt] = []  # the review itself was handed over
                for task_id in fact.reviewed:
                    against.setdefault((task_id, last.get(task_id, 1)), []).extend(_of_review(fact))
            case TaskFailed(task_id=task_id, attempt=attempt):
                against.setdefault((task_id, attempt), [f"task: {fact.reason}"])
            case _:
                pass
    return {attempt: QualityVerdict(tuple(map(_short, reasons))) for attempt, reasons in against.items()}


def _of_checks(checks: ChecksCompleted) -> list[str]:
    counts = ((len(checks.broken), "broken"), (len(checks.still_failing), "still failing"))
    tests = ", ".join(f"{count} {what}" for count, what in counts if count)
    found = [
        *([f"tests: {tests}"] if tests else []),
        *(f"checks: {finding}" for finding in checks.new_findings),
        *(f"integrity: {finding}" for finding in checks.integrity),
    ]
    return found or ["tests: they did not end"]


def _of_review(review: ReviewCompleted) -> list[str]:
    return [f"review: {review.score} of 100", *(f"review: {finding}" for finding in review.findings)]


def _short(reason: str) -> str:
    line = " ".join(reason.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."
