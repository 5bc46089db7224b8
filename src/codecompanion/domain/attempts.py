"""The attempts that a run's facts tell of: who worked on what, what it took, and what the checks and reviews say."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from codecompanion.domain.envelope import Event
from codecompanion.domain.events import (
    BranchDelivered,
    ChecksCompleted,
    Fact,
    HandoffMade,
    IntegrityExamined,
    ModelCallCompleted,
    ModelCallFailed,
    ModelCallReserved,
    PatchApplied,
    PatchUndone,
    PlanAccepted,
    RepoProfiled,
    ReviewCompleted,
    RouteChosen,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunForked,
    RunStarted,
    SearchCompleted,
    TaskFailed,
    TaskStarted,
    ToolCompleted,
    decode,
)
from codecompanion.domain.team import BUILTIN, Role


@dataclass(slots=True)
class Attempt:
    """One attempt at a task. `usd` and `seconds` None are not known; `verified` None is not measured.

    `proof` are the new tests that its checks saw; `is_over` is whether it came to a verdict.
    """

    task_id: str
    number: int
    role: str
    model: str = ""
    at: str = ""
    usd: float | None = 0.0
    seconds: float | None = 0.0
    retries: int = 0
    verified: bool | None = None
    proof: tuple[str, ...] = ()
    clean: bool | None = None
    review: ReviewCompleted | None = None
    is_over: bool = False


@dataclass(slots=True)
class RunStory:
    """What a run's facts tell, as far as models are judged by it. `status` is "" until the run has ended.

    `routes` are the decisions by task, `calls` the task and attempt of each call that was reserved.
    """

    request: RunStarted | None = None
    language: str = ""
    roles: dict[str, str] = field(default_factory=dict[str, str])
    attempts: dict[tuple[str, int], Attempt] = field(default_factory=dict[tuple[str, int], Attempt])
    current: dict[str, int] = field(default_factory=dict[str, int])
    routes: dict[str, RouteChosen] = field(default_factory=dict[str, RouteChosen])
    calls: dict[str, tuple[str, int]] = field(default_factory=dict[str, tuple[str, int]])
    delivered: str = ""
    taken_back: bool = False
    status: str = ""
    ended_at: str = ""

    def attempt_of(self, task_id: str, role: str, number: int | None = None) -> Attempt:
        """Return an attempt, the current one when no number is given; it is begun when it is not there."""
        key = (task_id, self.current.get(task_id, 1) if number is None else number)
        if key not in self.attempts:
            self.attempts[key] = Attempt(*key, self.roles.get(task_id, role))
        return self.attempts[key]


def story_of(events: Iterable[Event]) -> RunStory:
    """Return what a run's events tell. Attempts that ended before a fork are the other run's and are left out.

    Raises:
        LogCorrupt: An event cannot be read.
    """
    story = RunStory()
    for event in events:
        _hear(story, decode(event), event.recorded_at)
    return story


def _hear(story: RunStory, fact: Fact, at: str) -> None:  # noqa: C901, PLR0912 - one line a fact
    match fact:
        case RunStarted():
            story.request = fact
        case RepoProfiled(profile=profile):
            story.language = profile.language.value
        case PlanAccepted(ledger=ledger):
            story.roles = {item.item_id: item.role for item in ledger.items}
        case TaskStarted(task_id=task_id, attempt=number, worker=worker):
            story.current[task_id] = number
            story.attempt_of(task_id, worker, number).model = worker
        case RouteChosen(task_id=task_id):
            story.routes[task_id] = fact
        case ModelCallReserved(call=call, task_id=task_id, attempt=number):
            story.calls[call] = (task_id, number)
        case ModelCallFailed(call=call, role=role) if call in story.calls:
            task_id, number = story.calls[call]
            story.attempt_of(task_id, role, number).retries += 1
        case ModelCallCompleted():
            _hear_call(story, fact, at)
        case ToolCompleted(task_id=task_id, role=role, duration_s=seconds):
            _took(story.attempt_of(task_id, role), 0.0, seconds)
        case SearchCompleted():
            _hear_search(story, fact, at)
        case IntegrityExamined(task_id=task_id, attempt=number, blocking=blocking):
            story.attempt_of(task_id, "", number).clean = not blocking
        case ChecksCompleted():
            _hear_checks(story, fact, at)
        case HandoffMade():
            _hear_handoff(story, fact, at)
        case ReviewCompleted():
            _hear_review(story, fact, at)
        case TaskFailed(task_id=task_id, attempt=number):
            _hear_failure(story.attempt_of(task_id, "", number), at)
        case BranchDelivered(commit=commit):
            story.delivered = commit
        case PatchUndone():
            story.taken_back = True
        case PatchApplied():
            story.taken_back = False
        case RunForked(model=model):
            story.attempts, story.routes = {}, {}
            story.request = story.request and story.request.model_copy(update={"model": model})
        case RunCompleted(status=status):
            story.status, story.ended_at = status, at
        case RunFailed() | RunCancelled():
            story.status, story.ended_at = "error", at
        case _:
            pass


def _hear_call(story: RunStory, fact: ModelCallCompleted, at: str) -> None:
    _, number = story.calls.get(fact.call, (fact.task_id, None))
    attempt = story.attempt_of(fact.task_id, fact.role, number)
    attempt.model, attempt.at = fact.asked or fact.model, at
    known = fact.cost_usd is not None and not fact.from_cache
    _took(attempt, float(fact.cost_usd) if known and fact.cost_usd else None, None if fact.from_cache else fact.duration_s)


def _took(attempt: Attempt, usd: float | None, seconds: float | None) -> None:
    attempt.usd = None if attempt.usd is None or usd is None else attempt.usd + usd
    attempt.seconds = None if attempt.seconds is None or seconds is None else attempt.seconds + seconds


def _hear_search(story: RunStory, fact: SearchCompleted, at: str) -> None:
    attempt = story.attempt_of(fact.task_id, BUILTIN)
    attempt.model, attempt.at, attempt.is_over = BUILTIN, at, True
    attempt.verified = None if fact.plausible or fact.flaky else False
    _took(attempt, 0.0, fact.duration_s)


def _hear_checks(story: RunStory, fact: ChecksCompleted, at: str) -> None:
    attempt = story.attempt_of(fact.task_id, "", fact.attempt)
    proves_nothing = fact.passed and not fact.counts.passed
    attempt.verified, attempt.at, attempt.is_over = (None if proves_nothing else fact.passed), at, True
    attempt.proof = fact.new_tests
    if fact.integrity:
        attempt.clean = False


def _hear_handoff(story: RunStory, fact: HandoffMade, at: str) -> None:
    attempt = story.attempt_of(fact.task_id, fact.role, fact.attempt)
    attempt.at, attempt.is_over = at, True
    if not fact.accepted:
        attempt.verified = False


def _hear_review(story: RunStory, fact: ReviewCompleted, at: str) -> None:
    own = story.attempt_of(fact.task_id, Role.REVIEWER, fact.attempt)
    own.at, own.is_over = at, True
    for task_id in fact.reviewed:
        judged = story.attempt_of(task_id, "")
        judged.review = fact


def _hear_failure(attempt: Attempt, at: str) -> None:
    """An attempt that failed and was not measured is refuted; a review's own failure says that the work is not good enough."""
    if not attempt.is_over:
        attempt.verified, attempt.at, attempt.is_over = False, at, True


def merged_builtin(attempts: Iterable[Attempt]) -> list[Attempt]:
    """Return attempts with those of the builtin mind at one task as one: they are the patches of a single search."""
    merged: dict[tuple[str, int], Attempt] = {}
    for attempt in attempts:
        if attempt.model != BUILTIN:
            merged[attempt.task_id, attempt.number] = attempt
            continue
        first = merged.get((attempt.task_id, 0))
        if first is None:
            merged[attempt.task_id, 0] = replace(attempt)
        else:
            first.verified, first.clean, first.at = attempt.verified, attempt.clean, attempt.at
            first.retries += 1
    return list(merged.values())
