from codecompanion.domain.events import HandoffMade, TaskCompleted, TaskFailed
from codecompanion.domain.team import Role
from codecompanion.routing.quality_verdict import verdicts
from run_facts import attempt, checked, reviewed


def test_a_verdict_names_everything_that_was_held_against_an_attempt() -> None:
    checks = checked(
        1,
        passed=False,
        broken=("a::b",),
        still_failing=("a::c", "a::d"),
        new_findings=("no new test fails",),
        integrity=("tests/a.py:3: a test is gone",),
    )
    verdict = verdicts([checks])["code", 1]
    assert not verdict.accepted
    assert verdict.reasons == (
        "tests: 1 broken, 2 still failing",
        "checks: no new test fails",
        "integrity: tests/a.py:3: a test is gone",
    )


def test_a_handoff_that_is_sent_back_is_a_refusal() -> None:
    handoff = HandoffMade(task_id="code", attempt=2, role=Role.CODE_GENERATOR, accepted=False, reason="nothing was changed")
    assert verdicts([handoff])["code", 2].reasons == ("handoff: nothing was changed",)


def test_an_attempt_is_accepted_when_its_task_is_completed_and_not_before() -> None:
    begun = attempt(1, "a:b", passed=True)
    assert not verdicts(begun[:-1])
    assert verdicts(begun)["code", 1].accepted


def test_a_review_below_the_bar_refuses_what_passed_its_checks_and_not_the_review() -> None:
    judged = verdicts([*attempt(1, "a:b", passed=True), *reviewed(55, of=1)])
    assert judged["code", 1].reasons == ("review: 55 of 100", "review: a.py:3: no")
    assert judged["review", 1].accepted


def test_a_review_stands_against_the_attempt_that_it_saw_and_no_earlier_one() -> None:
    facts = [*attempt(1, "a:b", passed=False), *attempt(2, "a:b", passed=True), *reviewed(55, of=2)]
    assert verdicts(facts)["code", 1].reasons == ("tests: 1 broken",)
    assert verdicts(facts)["code", 2].reasons[0] == "review: 55 of 100"


def test_a_task_that_failed_for_any_other_reason_is_refused_by_that_reason() -> None:
    judged = verdicts([TaskFailed(task_id="repair", attempt=1, reason="every candidate was tried", final=True)])
    assert judged["repair", 1].reasons == ("task: every candidate was tried",)
    assert verdicts([TaskCompleted(task_id="x", attempt=1)])["x", 1].accepted
