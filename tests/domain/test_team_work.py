"""What follows from what agents hand on, from reviews, and from checks of their changes."""

from functools import reduce

import pytest

from codecompanion.domain.commands import AcceptPlan, Command, Finding, ForkRun, Record, StartRun, StartTask
from codecompanion.domain.errors import CommandRefused
from codecompanion.domain.events import (
    CascadeStepped,
    ChecksCompleted,
    HandoffMade,
    PlanAccepted,
    ReviewCompleted,
    RunStarted,
    TaskCompleted,
    TaskFailed,
)
from codecompanion.domain.ledgers import TaskLedger, TaskStatus, WorkItem
from codecompanion.domain.routes import CascadeStep
from codecompanion.domain.state import AGENT_ATTEMPTS, CASCADE_ATTEMPTS, INITIAL, Running, State, progress_of
from codecompanion.domain.team import AUTO, MAX_REVIEWS, Role
from codecompanion.domain.tidying import WorkKind
from codecompanion.domain.workflow import decide, evolve
from histories import BASE, CHECKED, MEASURED, PATCHED, REQUEST

CHANGE = REQUEST.model_copy(update={"kind": WorkKind.CHANGE, "model": "openai:a"})
ROUTED = CHANGE.model_copy(update={"model": AUTO})
PLAN = PlanAccepted(
    ledger=TaskLedger(
        goal="sell by the dozen",
        success_criteria=("all pass",),
        items=(
            WorkItem(item_id="design", title="Design it", role=Role.ARCHITECT),
            WorkItem(item_id="test", title="Test it", role=Role.TEST_WRITER),
            WorkItem(item_id="code", title="Write it", role=Role.CODE_GENERATOR),
            WorkItem(item_id="review", title="Review it", role=Role.REVIEWER),
        ),
    ),
    spec_sha256="3" * 64,
)


def running(*commands: Command, request: RunStarted = CHANGE) -> Running:
    state: State = INITIAL
    for command in (StartRun(request), Record(BASE), Record(MEASURED), AcceptPlan(PLAN), *commands):
        state = reduce(evolve, decide(state, command), state)
    assert isinstance(state, Running)
    return state


def handed(task_id: str, role: Role, attempt: int = 1, *, accepted: bool = True) -> HandoffMade:
    reason = "" if accepted else "nothing was changed"
    return HandoffMade(task_id=task_id, attempt=attempt, role=role, accepted=accepted, reason=reason)


def checks(attempt: int = 1, *, passed: bool = False, broken: tuple[str, ...] = ("test_a",)) -> ChecksCompleted:
    return CHECKED.model_copy(update={"task_id": "code", "attempt": attempt, "passed": passed, "broken": broken})


def reviewed(attempt: int = 1, score: int = 60, **more: object) -> ReviewCompleted:
    review = ReviewCompleted(
        task_id="review", attempt=attempt, reviewed=("test", "code"), score=score, accepted=score > 80, model="openai:b"
    )
    return review.model_copy(update=more)


def tries(task_id: str, last: int, fails: Finding) -> list[Command]:
    """Return the attempts of a task up to the last, at which it is at work; each before it fails."""
    asked: list[Command] = []
    for attempt in range(1, last):
        asked += [StartTask(task_id, "agent", attempt), Record(fails.model_copy(update={"attempt": attempt}))]
    return [*asked, StartTask(task_id, "agent", last)]


def test_what_is_no_change_is_done_when_it_is_handed_on_and_a_change_when_its_checks_pass() -> None:
    design, code = handed("design", Role.ARCHITECT), handed("code", Role.CODE_GENERATOR)
    state = running(StartTask("design", "agent", 1), StartTask("code", "agent", 1))
    assert decide(state, Record(design)) == [design, TaskCompleted(task_id="design", attempt=1)]
    assert decide(state, Record(code)) == [code]
    patched = running(StartTask("code", "agent", 1), Record(code), Record(PATCHED))
    assert decide(patched, Record(checks(passed=True))) == [
        checks(passed=True),
        TaskCompleted(task_id="code", attempt=1),
    ]


@pytest.mark.parametrize("attempt", range(1, AGENT_ATTEMPTS + 1))
def test_a_handoff_that_is_sent_back_is_tried_again_until_the_last_attempt(attempt: int) -> None:
    refused = handed("design", Role.ARCHITECT, attempt, accepted=False)
    state = running(*tries("design", attempt, refused))
    final = attempt == AGENT_ATTEMPTS
    failed = TaskFailed(task_id="design", attempt=attempt, reason="nothing was changed", final=final)
    assert decide(state, Record(refused)) == [refused, failed]


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        (handed("design", Role.ARCHITECT), "a result of attempt 1 of 'design', which is pending at 0"),
        (handed("code", Role.CODE_GENERATOR, 2), "a result of attempt 2 of 'code', which is in_progress at 1"),
        (reviewed(), "a result of attempt 1 of 'review', which is pending at 0"),
    ],
    ids=["never begun", "another attempt", "a review"],
)
def test_a_result_of_an_attempt_that_is_not_at_work_is_refused(finding: Finding, words: str) -> None:
    with pytest.raises(CommandRefused, match=words):
        decide(running(StartTask("code", "agent", 1)), Record(finding))


@pytest.mark.parametrize(
    ("request_", "attempt", "final"),
    [
        (CHANGE, AGENT_ATTEMPTS - 1, False),
        (CHANGE, AGENT_ATTEMPTS, True),
        (ROUTED, AGENT_ATTEMPTS, False),
        (ROUTED, CASCADE_ATTEMPTS - 1, False),
        (ROUTED, CASCADE_ATTEMPTS, True),
    ],
)
def test_a_change_that_fails_its_checks_has_its_tries_and_more_where_a_cascade_ends_them(
    request_: RunStarted, attempt: int, *, final: bool
) -> None:
    state = running(Record(PATCHED), *tries("code", attempt, checks()), request=request_)
    failed = decide(state, Record(checks(attempt)))[-1]
    assert failed == TaskFailed(task_id="code", attempt=attempt, reason="1 test broken, 0 still failing", final=final)


def test_only_the_writers_of_a_routed_run_have_a_cascade() -> None:
    refused = handed("design", Role.ARCHITECT, AGENT_ATTEMPTS, accepted=False)
    failed = decide(running(*tries("design", AGENT_ATTEMPTS, refused), request=ROUTED), Record(refused))[-1]
    assert isinstance(failed, TaskFailed)
    assert failed.final


DONE = (
    StartTask("test", "agent", 1),
    Record(PATCHED),
    Record(checks(passed=True).model_copy(update={"task_id": "test"})),
    StartTask("code", "agent", 1),
    Record(checks(passed=True)),
)
AT_REVIEW = (*DONE, StartTask("review", "agent", 1))


def test_a_review_that_accepts_is_the_end_of_its_task() -> None:
    review = reviewed(score=90)
    assert decide(running(*AT_REVIEW), Record(review)) == [review, TaskCompleted(task_id="review", attempt=1)]
    assert running(*AT_REVIEW, Record(review)).reviews == 0


def test_a_review_sends_the_work_back_each_with_what_concerns_it() -> None:
    found = ("shop.py:1: slow", "tests/a.py:2: weak")
    review = reviewed(findings=found, concerns={"code": found[:1]})
    asked = (*AT_REVIEW, Record(review))
    failures = decide(running(*AT_REVIEW), Record(review))[1:]
    both = "the review gives 60 of 100: shop.py:1: slow; tests/a.py:2: weak"
    assert failures == [
        TaskFailed(task_id="review", attempt=1, reason=both, final=False),
        TaskFailed(task_id="test", attempt=1, reason=both, final=False),
        TaskFailed(task_id="code", attempt=1, reason="the review gives 60 of 100: shop.py:1: slow", final=False),
    ]
    state = running(*asked)
    assert state.reviews == 1
    assert [progress_of(state, task_id).status for task_id in ("test", "code", "review")] == [TaskStatus.PENDING] * 3


def test_a_low_score_without_findings_says_so() -> None:
    failed = decide(running(*AT_REVIEW), Record(reviewed()))[1]
    assert isinstance(failed, TaskFailed)
    assert failed.reason == "the review gives 60 of 100: no finding of enough confidence"


def sent_back(times: int) -> list[Command]:
    """Return the work up to the review after so many that sent the code back."""
    asked: list[Command] = [*DONE]
    for attempt in range(1, times + 1):
        asked += [StartTask("review", "agent", attempt), Record(reviewed(attempt, reviewed=("code",)))]
        asked += [StartTask("code", "agent", attempt + 1), Record(checks(attempt + 1, passed=True))]
    return [*asked, StartTask("review", "agent", times + 1)]


@pytest.mark.parametrize("times", range(MAX_REVIEWS + 1))
def test_a_review_sends_back_so_often_and_then_ends_the_task_and_leaves_the_work(times: int) -> None:
    facts = decide(running(*sent_back(times)), Record(reviewed(times + 1, reviewed=("code",))))
    final = times == MAX_REVIEWS
    assert [(fact.task_id, fact.final) for fact in facts if isinstance(fact, TaskFailed)] == (
        [("review", True)] if final else [("review", False), ("code", False)]
    )


@pytest.mark.parametrize(("attempt", "final"), [(2 * AGENT_ATTEMPTS - 1, False), (2 * AGENT_ATTEMPTS, True)])
def test_a_change_that_a_review_sent_back_has_its_tries_anew(attempt: int, *, final: bool) -> None:
    asked = [*sent_back(0), Record(reviewed(reviewed=("code",)))]
    for again in range(2, attempt):
        asked += [StartTask("code", "agent", again), Record(checks(again))]
    failed = decide(running(*asked, StartTask("code", "agent", attempt)), Record(checks(attempt)))[-1]
    assert isinstance(failed, TaskFailed)
    assert failed.final is final


def stop(attempt: int) -> CascadeStepped:
    return CascadeStepped(
        decision_id="d",
        task_id="code",
        attempt=attempt,
        role=Role.CODE_GENERATOR,
        step=CascadeStep.STOP,
        model="",
        reason="no model is worth its price",
    )


def test_a_cascade_that_stops_fails_the_task_for_what_was_last_held_against_it() -> None:
    before, after = running(request=ROUTED), running(Record(PATCHED), *tries("code", 2, checks())[:-1], request=ROUTED)
    never = TaskFailed(task_id="code", attempt=0, reason="no model is worth its price", final=True)
    assert decide(before, Record(stop(1))) == [stop(1), never]
    last = TaskFailed(task_id="code", attempt=1, reason="1 test broken, 0 still failing", final=True)
    assert decide(after, Record(stop(2))) == [stop(2), last]


@pytest.mark.parametrize(
    ("asked", "attempt", "words"),
    [
        ((), 2, "a stop before attempt 2 of 'code', which is pending at attempt 0"),
        ((StartTask("code", "agent", 1),), 2, "a stop before attempt 2 of 'code', which is in_progress at attempt 1"),
    ],
)
def test_a_cascade_does_not_stop_out_of_turn(asked: tuple[Command, ...], attempt: int, words: str) -> None:
    with pytest.raises(CommandRefused, match=words):
        decide(running(*asked, request=ROUTED), Record(stop(attempt)))


@pytest.mark.parametrize(
    ("kind", "found", "reason"),
    [
        (
            WorkKind.CHANGE,
            {"integrity": ("a test was skipped", "an assert is gone")},
            "the tests say less than before: a test was skipped; an assert is gone",
        ),
        (WorkKind.CHANGE, {"new_findings": ("a.py: F401", "b.py: F821")}, "a.py: F401; b.py: F821"),
        (WorkKind.CHANGE, {"broken": ("t", "u"), "still_failing": ("v",)}, "2 tests broken, 1 still failing"),
        (WorkKind.REPAIR, {"broken": ("t",), "new_findings": ("a.py: F401",)}, "1 test broken, 0 still failing"),
        (WorkKind.LINT, {}, "no finding went away"),
        (WorkKind.LINT, {"broken": ("t",)}, "its fixes break 1 test and bring 0 new findings"),
        (WorkKind.FORMAT, {"new_findings": ("a.py: F401", "b")}, "its fixes break 0 tests and bring 2 new findings"),
    ],
)
def test_what_is_held_against_a_change_is_in_the_words_of_its_kind(
    kind: WorkKind, found: dict[str, object], reason: str
) -> None:
    request = CHANGE.model_copy(update={"kind": kind})
    finding = checks(broken=()).model_copy(update=found)
    failed = decide(running(Record(PATCHED), StartTask("code", "agent", 1), request=request), Record(finding))[-1]
    assert isinstance(failed, TaskFailed)
    assert failed.reason == reason


def test_advice_has_its_task_from_the_start_and_takes_no_plan() -> None:
    request = CHANGE.model_copy(update={"kind": WorkKind.ADVICE})
    state = reduce(evolve, [request, BASE, MEASURED], INITIAL)
    with pytest.raises(CommandRefused, match=r"^a plan for advice, which has one task$"):
        decide(state, AcceptPlan(PLAN))


def test_a_second_plan_is_refused() -> None:
    other = PLAN.model_copy(update={"spec_sha256": "4" * 64})
    with pytest.raises(CommandRefused, match=r"^another plan has been accepted$"):
        decide(running(), AcceptPlan(other))


def test_a_fork_to_another_model_leaves_what_is_done() -> None:
    state = running(*DONE, StartTask("review", "agent", 1), ForkRun("r", 9, "0" * 64, "openai:c"))
    statuses = {entry.item.item_id: entry.status for entry in state.progress.items}
    pending, completed = TaskStatus.PENDING, TaskStatus.COMPLETED
    assert statuses == {"design": pending, "test": completed, "code": completed, "review": pending}
