"""What a run's facts tell of each attempt: who, what it took, and what was held against it."""

import pytest

from codecompanion.domain.attempts import Attempt, RunStory, merged_builtin, story_of
from codecompanion.domain.checks import Counts
from codecompanion.domain.events import (
    ChecksCompleted,
    Fact,
    HandoffMade,
    IntegrityExamined,
    ModelCallFailed,
    PatchApplied,
    PatchUndone,
    ReviewCompleted,
    RunCancelled,
    RunFailed,
    RunForked,
    SearchCompleted,
    TaskFailed,
    TaskStarted,
    ToolCompleted,
)
from codecompanion.domain.team import Role
from outcomes import PROFILED, SHA, called, ended, plan, request, sealed

A, B = "openai:a", "openai:b"
CODER = Role.CODE_GENERATOR


def told(*facts: Fact) -> RunStory:
    return story_of(sealed(facts))


def at(place: int) -> str:
    """Return when the fact at a place, counted from 0, was recorded."""
    return f"2026-11-26T10:00:{place:02}.000000Z"


def started(number: int, worker: str = A, task: str = "code") -> TaskStarted:
    return TaskStarted(task_id=task, worker=worker, attempt=number)


def checked(number: int, *, passed: bool = True, new_tests: tuple[str, ...] = (), integrity: tuple[str, ...] = ()) -> Fact:
    return ChecksCompleted(
        task_id="code",
        attempt=number,
        tree="t",
        counts=Counts(passed=4),
        passed=passed,
        new_tests=new_tests,
        integrity=integrity,
        evidence=("e",),
    )


def examined(number: int, *blocking: str) -> Fact:
    return IntegrityExamined(task_id="code", attempt=number, tree="t", blocking=blocking)


def handed(number: int, *, accepted: bool) -> Fact:
    return HandoffMade(task_id="code", attempt=number, role=CODER, accepted=accepted)


def refused_call(number: int) -> Fact:
    call = f"agent:code:{number}:{CODER.value}:1"
    return ModelCallFailed(call=call, send=1, role=CODER, model=A, category="timeout", what="no answer")


def searched(*, plausible: int = 0, flaky: tuple[str, ...] = (), task: str = "code") -> Fact:
    return SearchCompleted(
        task_id=task,
        candidates_tried=9,
        plausible=plausible,
        exhausted=True,
        duration_s=3.5,
        flaky=flaky,
        result_sha256=SHA,
    )


def used_a_tool(seconds: float, task: str = "code") -> Fact:
    return ToolCompleted(
        call="c",
        task_id=task,
        role=CODER,
        tool="read_file",
        label="a.py",
        args_sha256=SHA,
        result_sha256=SHA,
        duration_s=seconds,
    )


def reviewed(number: int, task: str = "code") -> ReviewCompleted:
    return ReviewCompleted(task_id="review", attempt=number, reviewed=(task,), score=90, accepted=True, model=B)


def test_an_attempt_that_was_begun_has_its_worker_and_the_role_of_the_plan() -> None:
    story = told(request(), PROFILED, plan(("code", "debugger")), started(1), started(2, B))
    assert story.request == request()
    assert story.language == "python"
    assert story.attempts == {
        ("code", 1): Attempt("code", 1, "debugger", A),
        ("code", 2): Attempt("code", 2, "debugger", B),
    }


def test_without_a_plan_the_role_is_that_of_who_speaks_of_it_first() -> None:
    assert told(started(1)).attempts["code", 1].role == A
    assert told(*called("code", 1, CODER, A)).attempts["code", 1].role == CODER
    assert told(handed(1, accepted=True)).attempts["code", 1].role == CODER
    assert told(searched(plausible=1)).attempts["code", 1].role == "builtin"
    assert told(used_a_tool(1)).attempts["code", 1].role == CODER
    assert told(reviewed(1)).attempts["review", 1].role == Role.REVIEWER
    sent, _ = called("code", 1, CODER, A)
    assert told(sent, refused_call(1)).attempts["code", 1].role == CODER


@pytest.mark.parametrize(
    "fact",
    [examined(1), checked(1), TaskFailed(task_id="code", attempt=1, reason="no", final=True), reviewed(1)],
    ids=lambda fact: type(fact).__name__,
)
def test_a_fact_that_names_no_role_gives_none(fact: Fact) -> None:
    assert told(fact).attempts["code", 1].role == ""


def test_each_call_is_booked_on_the_attempt_that_sent_it_also_when_a_later_one_has_begun() -> None:
    first, second = called("code", 1, CODER, A, usd="0.25", seconds=2.0), called("code", 2, CODER, B, usd="0.5", seconds=4.0)
    story = told(started(1), first[0], started(2, B), *second, first[1], second[1])
    one, two = story.attempts["code", 1], story.attempts["code", 2]
    assert (one.model, one.usd, one.seconds, one.at) == (A, 0.25, 2.0, at(5))
    assert (two.model, two.usd, two.seconds, two.at) == (B, 1.0, 8.0, at(6))


def test_a_call_that_was_not_reserved_is_booked_on_the_attempt_that_runs() -> None:
    answered = called("code", 1, CODER, A, usd="0.25")[1]
    story = told(started(1), started(2), answered)
    assert (story.attempts["code", 1].usd, story.attempts["code", 2].usd) == (0.0, 0.25)


def test_the_model_that_was_asked_is_judged_and_not_the_name_it_answers_with() -> None:
    sent, answered = called("code", 1, CODER, "openai:a-20261101")
    asked = answered.model_copy(update={"asked": A})
    unsaid = answered.model_copy(update={"asked": ""})
    assert told(sent, asked).attempts["code", 1].model == A
    assert told(sent, unsaid).attempts["code", 1].model == "openai:a-20261101"


def test_one_call_without_a_price_makes_the_cost_unknown_for_good() -> None:
    unpriced = called("code", 1, CODER, A, usd=None)
    story = told(*called("code", 1, CODER, A), *unpriced, *called("code", 1, CODER, A))
    assert (story.attempts["code", 1].usd, story.attempts["code", 1].seconds) == (None, 6.0)


def test_a_call_for_nothing_costs_nothing_and_one_from_the_cache_is_not_known() -> None:
    sent, answered = called("code", 1, CODER, A, usd="0")
    assert told(sent, answered).attempts["code", 1].usd == 0.0
    kept = answered.model_copy(update={"from_cache": True})
    assert (told(sent, kept).attempts["code", 1].usd, told(sent, kept).attempts["code", 1].seconds) == (None, None)


def test_requests_that_were_sent_again_are_counted_where_they_were_sent() -> None:
    first, second = called("code", 1, CODER, A)[0], called("code", 2, CODER, A)[0]
    story = told(started(1), first, started(2), second, refused_call(1), refused_call(1), refused_call(2))
    assert [one.retries for one in story.attempts.values()] == [2, 1]


def test_a_failed_request_of_no_known_call_is_nobodys() -> None:
    assert not told(refused_call(1)).attempts


def test_tools_take_time_and_no_money() -> None:
    story = told(started(1), used_a_tool(9, "other"), started(2), used_a_tool(1.5), used_a_tool(2))
    assert (story.attempts["code", 2].usd, story.attempts["code", 2].seconds) == (0.0, 3.5)
    assert story.attempts["code", 1].seconds == 0.0
    assert story.attempts["other", 1].seconds == 9


def test_checks_say_of_the_attempt_they_name_whether_it_holds_and_what_tests_are_new() -> None:
    story = told(started(1), started(2), checked(1, new_tests=("t::new",)))
    one, two = story.attempts.values()
    assert (one.verified, one.proof, one.at, one.is_over) == (True, ("t::new",), at(2), True)
    assert (two.verified, two.proof, two.at, two.is_over) == (None, (), "", False)
    assert told(started(1), checked(1, passed=False)).attempts["code", 1].verified is False


def test_an_attempt_is_clean_when_it_was_looked_at_and_nothing_was_found() -> None:
    story = told(started(1), started(2), started(3), examined(1), examined(2, "a test is gone"))
    assert [one.clean for one in story.attempts.values()] == [True, False, None]
    assert told(examined(1), checked(1, integrity=("t: skipped",), passed=False)).attempts["code", 1].clean is False
    assert told(examined(1, "a test is gone"), checked(1)).attempts["code", 1].clean is False


def test_a_handoff_that_is_sent_back_is_refuted_and_one_that_is_taken_is_not_yet_measured() -> None:
    story = told(started(1), started(2), handed(1, accepted=False))
    one, two = story.attempts.values()
    assert (one.verified, one.at, one.is_over) == (False, at(2), True)
    assert not two.is_over
    taken = told(started(1), handed(1, accepted=True)).attempts["code", 1]
    assert (taken.verified, taken.is_over, taken.at) == (None, True, at(1))


def test_a_failure_refutes_what_was_not_measured_and_changes_nothing_of_what_was() -> None:
    failed = TaskFailed(task_id="code", attempt=1, reason="no", final=False)
    story = told(started(1), started(2), failed)
    one, two = story.attempts.values()
    assert (one.verified, one.at, one.is_over) == (False, at(2), True)
    assert not two.is_over
    measured = told(started(1), checked(1), failed).attempts["code", 1]
    assert (measured.verified, measured.at) == (True, at(1))


def test_a_review_is_its_own_attempt_and_is_held_to_the_current_attempt_of_what_it_judges() -> None:
    story = told(started(1), started(2), started(1, B, "review"), started(2, B, "review"), reviewed(1))
    assert [story.attempts["code", n].review for n in (1, 2)] == [None, reviewed(1)]
    assert [(one.is_over, one.at) for one in story.attempts.values()] == [
        (False, ""),
        (False, ""),
        (True, at(4)),
        (False, ""),
    ]


@pytest.mark.parametrize(
    ("search", "verified"),
    [
        (searched(), False),
        (searched(plausible=1), None),
        (searched(flaky=("t::a",)), None),
        (searched(plausible=2, flaky=("t::a",)), None),
    ],
    ids=["nothing", "patches", "flaky tests", "both"],
)
def test_a_search_that_finds_nothing_is_refuted_and_what_it_finds_is_for_the_checks(
    search: Fact,
    *,
    verified: bool | None,
) -> None:
    one = told(started(1, "builtin"), search).attempts["code", 1]
    assert (one.model, one.verified, one.usd, one.seconds, one.at, one.is_over) == ("builtin", verified, 0.0, 3.5, at(1), True)


def test_how_a_run_ends_and_when() -> None:
    assert (told(*ended("partial")).status, told(*ended("partial")).ended_at) == ("partial", at(1))
    assert told(*ended()).delivered == "e" * 40
    for last in (RunCancelled(reason="enough"), RunFailed(code="CC-6000", what="x", exit_code=6)):
        story = told(request(), last)
        assert (story.status, story.ended_at) == ("error", at(1))
    assert (told(request()).status, told(request()).ended_at) == ("", "")


def test_the_last_word_of_the_user_on_a_change_holds() -> None:
    applied, undone = PatchApplied(paths=("a.py",)), PatchUndone(paths=("a.py",))
    assert told(applied, undone).taken_back
    assert not told(applied, undone, applied).taken_back


def test_a_fork_begins_without_attempts_and_with_its_own_model() -> None:
    fork = RunForked(parent="r0", at_version=3, parent_hash="0" * 64, model=B)
    story = told(request(), plan(("code", "debugger")), started(1), checked(1), fork, started(2))
    assert list(story.attempts) == [("code", 2)]
    assert story.attempts["code", 2].role == "debugger"
    assert story.request == request(model=B)
    assert told(fork).request is None


def test_the_patches_of_one_search_are_one_attempt_that_ends_as_the_last_did() -> None:
    tried = [
        Attempt("code", number, "debugger", "builtin", verified=verified, clean=clean, at=at(number))
        for number, verified, clean in ((1, False, True), (2, False, True), (3, True, False))
    ]
    other = Attempt("other", 1, "debugger", "builtin", verified=False)
    asked = [Attempt("code", 4, "debugger", A), Attempt("other", 2, "debugger", B)]
    one, second, *rest = merged_builtin([*tried, other, *asked])
    assert (one.task_id, one.number, one.verified, one.clean, one.at, one.retries) == ("code", 1, True, False, at(3), 2)
    assert (second, rest) == (other, asked)
    assert (tried[0].retries, tried[0].verified) == (0, False)
