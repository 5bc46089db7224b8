"""What came of attempts is read from what was measured."""

import pytest

from codecompanion.domain.checks import Counts
from codecompanion.domain.events import (
    ChecksCompleted,
    Fact,
    PatchUndone,
    RouteChosen,
    RunForked,
    SearchCompleted,
    TaskFailed,
    TaskStarted,
)
from codecompanion.domain.outcome_reading import outcomes_of
from codecompanion.domain.outcomes import Later, TaskOutcome
from codecompanion.domain.reward import NOTHING_BROKE, share_of
from codecompanion.domain.routes import ProfileName, RouteCandidate, RouteFeatures
from codecompanion.domain.team import Role
from codecompanion.domain.tidying import WorkKind
from outcomes import OUTCOME, PROFILED, attempt, called, ended, plan, request, reviewed, sealed

A, B = "openai:a", "openai:b"
CODE, REVIEW = ("code", "code_generator"), ("review", "reviewer")


def read(*facts: Fact) -> dict[str, TaskOutcome]:
    return {f"{one.task_id}:{one.attempt}": one for one in outcomes_of("r1", sealed(facts))}


def test_an_attempt_has_the_verdict_of_the_checks_and_what_it_took() -> None:
    found = read(request(), PROFILED, plan(CODE), *attempt("code", 1, A, passed=True), *ended())
    assert found["code:1"].verified
    assert (found["code:1"].cost_usd, found["code:1"].latency_s) == (0.01, 2.0)
    assert (found["code:1"].model, found["code:1"].language, found["code:1"].role) == (A, "python", "code_generator")
    assert found["code:1"].delivered == "e" * 40


def test_each_attempt_is_an_outcome_of_the_model_that_made_it() -> None:
    found = read(*(request(), plan(CODE)), *attempt("code", 1, A, passed=False), *attempt("code", 2, B, passed=True), *ended())
    assert [(one.model, one.verified, bool(one.delivered)) for one in found.values()] == [(A, False, False), (B, True, True)]


def test_a_run_that_goes_on_has_no_outcomes_yet() -> None:
    assert not read(request(), plan(CODE), *attempt("code", 1, A, passed=True))


def test_an_attempt_that_broke_off_has_no_outcome() -> None:
    begun = [TaskStarted(task_id="code", worker=A, attempt=1), *called("code", 1, Role.CODE_GENERATOR, A)]
    assert not read(request(), plan(CODE), *begun, *ended("failed", delivered=False))


def test_an_attempt_that_was_given_up_is_a_failure() -> None:
    begun = [TaskStarted(task_id="code", worker=A, attempt=1), *called("code", 1, Role.CODE_GENERATOR, A)]
    given_up = TaskFailed(task_id="code", attempt=1, reason="the same action four times", final=True)
    assert read(request(), plan(CODE), *begun, given_up, *ended("failed", delivered=False))["code:1"].verified is False


def test_a_review_judges_the_writer_and_not_the_reviewer() -> None:
    found = read(request(), plan(CODE, REVIEW), *attempt("code", 1, A, passed=True), *reviewed("code", 95), *ended())
    assert found["code:1"].review_score == 95
    assert found["code:1"].proven_by == ("review",)
    assert found["review:1"].verified is None
    assert share_of(found["review:1"]) is None


def test_what_a_review_sends_back_counts_less_than_half() -> None:
    found = read(
        *(request(), plan(CODE, REVIEW)),
        *attempt("code", 1, A, passed=True),
        *reviewed("code", 60),
        *attempt("code", 2, B, passed=True),
        *reviewed("code", 90, number=2),
        *ended(),
    )
    assert share_of(found["code:1"]) == pytest.approx(0.3)
    assert share_of(found["code:2"]) == 1.0


def test_a_planner_is_judged_by_what_becomes_of_the_run() -> None:
    planned = called("plan", 1, Role.PROJECT_MANAGER, A)
    work = [plan(CODE), *attempt("code", 1, A, passed=True)]
    assert read(request(), *planned, *work, *ended())["plan:1"].verified is True
    assert read(request(), *planned, *work, *ended("failed", delivered=False))["plan:1"].verified is False


def test_a_cached_answer_says_nothing_of_cost_or_time() -> None:
    facts = attempt("code", 1, A, passed=True)
    kept = [
        one.model_copy(update={"from_cache": True, "cost_usd": "0"}) if hasattr(one, "from_cache") else one for one in facts
    ]
    found = read(request(), plan(CODE), *kept, *ended())
    assert (found["code:1"].cost_usd, found["code:1"].latency_s) == (None, None)


def test_what_was_copied_from_another_run_is_that_runs_to_tell() -> None:
    forked = RunForked(parent="r0", at_version=3, parent_hash="0" * 64, model=B)
    found = read(
        request(), plan(CODE), *attempt("code", 1, A, passed=False), forked, *attempt("code", 2, B, passed=True), *ended()
    )
    assert list(found) == ["code:2"]


def test_the_patches_of_one_search_are_one_outcome_of_the_builtin_mind() -> None:
    search = SearchCompleted(
        task_id="repair", candidates_tried=9, plausible=2, exhausted=False, duration_s=3.5, result_sha256="4" * 64
    )
    checks = [
        ChecksCompleted(task_id="repair", attempt=n, tree="t", counts=Counts(passed=4), passed=n == 2, evidence=("e",))
        for n in (1, 2)
    ]
    started = [TaskStarted(task_id="repair", worker="builtin", attempt=n) for n in (1, 2)]
    found = read(
        request(WorkKind.REPAIR, "builtin"),
        plan(("repair", "debugger")),
        started[0],
        search,
        checks[0],
        started[1],
        checks[1],
        *ended(),
    )
    (only,) = found.values()
    assert (only.verified, only.retries, only.cost_usd, only.latency_s, only.role) == (True, 1, 0.0, 3.5, "builtin")
    assert only.proven_by == ("failing_tests",)


def test_a_search_that_finds_nothing_is_a_failure_of_the_builtin_mind() -> None:
    search = SearchCompleted(
        task_id="repair", candidates_tried=9, plausible=0, exhausted=True, duration_s=3.5, result_sha256="4" * 64
    )
    started = TaskStarted(task_id="repair", worker="builtin", attempt=1)
    found = read(
        request(WorkKind.REPAIR, "builtin"), plan(("repair", "debugger")), started, search, *ended("failed", delivered=False)
    )
    assert share_of(found["repair:1"]) == 0.0


def test_a_change_that_the_user_undid_counts_nothing() -> None:
    found = read(request(), plan(CODE), *attempt("code", 1, A, passed=True), *ended(), PatchUndone(paths=("a.py",)))
    assert found["code:1"].later.taken_back
    assert share_of(found["code:1"]) == 0.0


def test_a_chat_is_not_learned_from() -> None:
    assert not read(request(WorkKind.CHAT), plan(CODE), *attempt("code", 1, A, passed=True), *ended())


def test_work_that_deletes_tests_counts_nothing_whatever_else_is_said() -> None:
    found = read(
        *(request(), plan(CODE)),
        *attempt("code", 1, A, passed=True, integrity=("test_a is gone",), claim="all tests pass"),
        *ended(),
    )
    assert found["code:1"].clean is False
    assert share_of(found["code:1"]) == 0.0


def test_who_says_that_nothing_was_to_be_done_earns_nothing() -> None:
    found = read(request(), plan(CODE), *attempt("code", 1, A, passed=True), *ended("nothing_to_do", delivered=False))
    assert share_of(found["code:1"]) is None


def test_a_change_that_no_test_ran_for_earns_nothing() -> None:
    found = read(request(), plan(CODE), *attempt("code", 1, A, passed=True, tests=0), *ended("unverified"))
    assert share_of(found["code:1"]) is None


def test_that_no_test_broke_is_worth_half() -> None:
    found = read(request(), plan(CODE), *attempt("code", 1, A, passed=True), *ended())
    assert share_of(found["code:1"]) == NOTHING_BROKE


def test_tests_that_were_written_first_prove_the_code_after_them() -> None:
    tests = attempt("tests", 1, B, passed=True, new_tests=("test_a.py::test_new",), role=Role.TEST_WRITER)
    found = read(request(), plan(("tests", "test_writer"), CODE), *tests, *attempt("code", 1, A, passed=True), *ended())
    assert found["code:1"].proven_by == ("new_tests",)
    assert share_of(found["code:1"]) == share_of(found["tests:1"]) == 1.0


def test_the_decision_of_a_router_comes_with_the_attempt_that_it_was_made_for_and_no_other() -> None:
    candidates = tuple(
        RouteCandidate(model=name, success=0.6, cost_usd=0.1, latency_s=9.0, utility=0.5, propensity=chance)
        for name, chance in ((A, 0.75), (B, 0.25))
    )
    route = RouteChosen(
        decision_id="r1:code:1:code_generator",
        task_id="code",
        attempt=1,
        role=Role.CODE_GENERATOR,
        model=A,
        propensity=0.7,
        profile=ProfileName.BALANCED,
        draw=0.5,
        policy="router-1",
        belief="b",
        outcomes=3,
        candidates=candidates,
        features=RouteFeatures(role="code_generator", complexity="hard", prompt_tokens=900, files=2, has_traceback=True),
    )
    found = read(
        *(request(), plan(CODE), route),
        *attempt("code", 1, A, passed=False),
        *attempt("code", 2, B, passed=True),
        *ended(),
    )
    first, second = found["code:1"], found["code:2"]
    assert first.expected is not None
    assert (first.expected.propensity, first.expected.success) == (0.75, 0.6)
    assert second.decided is None
    assert (second.complexity, second.prompt_tokens, second.files, second.has_traceback) == ("hard", 900.0, 2, True)


def routed(*candidates: RouteCandidate, attempt_number: int = 1, model: str = A) -> RouteChosen:
    return RouteChosen(
        decision_id="r1:code:1:code_generator",
        task_id="code",
        attempt=attempt_number,
        role=Role.CODE_GENERATOR,
        model=model,
        propensity=0.7,
        profile=ProfileName.BALANCED,
        draw=0.5,
        policy="router-1",
        belief="b",
        outcomes=3,
        candidates=candidates,
        features=RouteFeatures(role="code_generator"),
    )


def candidate(success: float, cost_usd: float, latency_s: float, propensity: float) -> RouteCandidate:
    return RouteCandidate(model=A, success=success, cost_usd=cost_usd, latency_s=latency_s, utility=0.0, propensity=propensity)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ((0.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0)),
        ((-1.0, -1.0, -1.0, -1.0), (0.0, 0.0, 0.0, 0.0)),
        ((1.5, 2e6, 2e6, 1.5), (1.0, 1e6, 1e6, 1.0)),
        ((0.5, 0.25, 0.75, 0.125), (0.5, 0.25, 0.75, 0.125)),
    ],
)
def test_what_a_decision_expected_is_kept_within_what_can_be(
    said: tuple[float, float, float, float], kept: tuple[float, float, float, float]
) -> None:
    found = read(request(), plan(CODE), routed(candidate(*said)), *attempt("code", 1, A, passed=True), *ended())
    decided = found["code:1"].decided
    assert decided is not None
    [one] = decided.candidates
    assert (one.success, one.cost_usd, one.latency_s, one.propensity) == kept
    assert (decided.policy, decided.profile) == ("router-1", "balanced")


@pytest.mark.parametrize(
    "route",
    [routed(), routed(candidate(0.5, 0.1, 1, 1), attempt_number=2), routed(candidate(0.5, 0.1, 1, 1), model=B)],
    ids=["no candidates", "another attempt", "another model"],
)
def test_a_decision_that_the_attempt_does_not_carry_out_is_not_its_own(route: RouteChosen) -> None:
    found = read(request(), plan(CODE), route, *attempt("code", 1, A, passed=True), *ended())
    assert found["code:1"].decided is None


def test_only_a_verified_last_attempt_is_what_was_delivered() -> None:
    unmeasured = read(request(), plan(CODE), *attempt("code", 1, A, passed=True, tests=0), *ended("unverified"))
    assert unmeasured["code:1"].delivered == ""
    planned = read(request(), *called("plan", 1, Role.PROJECT_MANAGER, A), *ended())
    assert (planned["plan:1"].verified, planned["plan:1"].delivered) == (True, "")
    twice = [*attempt("code", 1, A, passed=True), *attempt("code", 2, A, passed=True)]
    assert [bool(one.delivered) for one in read(request(), plan(CODE), *twice, *ended()).values()] == [False, True]


def test_where_and_when_an_outcome_was_and_by_what_name() -> None:
    found = read(request(), plan(CODE), *attempt("code", 1, "openai:a  b\n" + "c" * 2000, passed=True), *ended())
    one = found["code:1"]
    assert one.decision_id == "r1:code:1:code_generator"
    assert (one.project, one.task_type, one.at) == ("/home/user/shop", "change", "2026-11-26T10:00:07.000000Z")
    assert one.model == "openai:a b " + "c" * (1000 - len("openai:a b "))


def test_a_planner_is_measured_by_the_run_and_by_nothing_else() -> None:
    planned = called("plan", 1, Role.ARCHITECT, A)
    of_run = read(request(), *planned, *ended())["plan:1"]
    assert (of_run.proven_by, of_run.verified) == (("run",), True)
    assert read(request(), *planned, *ended("partial"))["plan:1"].verified is True
    assert read(request(), *planned, *ended("unverified"))["plan:1"].verified is None
    assert read(request(), *planned, *ended("nothing_to_do"))["plan:1"].verified is None
    given_up = TaskFailed(task_id="plan", attempt=1, reason="no plan", final=True)
    assert read(request(), *planned, given_up, *ended())["plan:1"].verified is False


def test_a_planner_that_took_no_verdict_is_told_of_when_the_run_ended() -> None:
    begun = TaskStarted(task_id="plan", worker=A, attempt=1)
    found = read(request(), plan(("plan", "architect")), begun, *ended())
    assert found["plan:1"].at == "2026-11-26T10:00:04.000000Z"


def test_a_review_is_held_to_writers_alone() -> None:
    about_plan = reviewed("plan", 95)
    found = read(request(), *called("plan", 1, Role.ARCHITECT, A), *about_plan, *ended())
    assert (found["plan:1"].review_score, found["plan:1"].review_accepted) == (None, None)
    assert found["plan:1"].proven_by == ("run",)
    assert found["review:1"].proven_by == ()


@pytest.mark.parametrize(("score", "kept"), [(-5, 0), (0, 0), (100, 100), (140, 100)])
def test_a_score_is_kept_within_0_and_100(score: int, kept: int) -> None:
    found = read(request(), plan(CODE, REVIEW), *attempt("code", 1, A, passed=True), *reviewed("code", score), *ended())
    assert found["code:1"].review_score == kept


@pytest.mark.parametrize("kind", [WorkKind.LINT, WorkKind.FORMAT, WorkKind.NAMES, WorkKind.DEPENDENCIES])
def test_tidying_is_proven_by_the_findings_that_are_gone(kind: WorkKind) -> None:
    found = read(request(kind), plan(CODE), *attempt("code", 1, A, passed=True), *ended())
    assert found["code:1"].proven_by == ("findings",)


def test_tests_prove_their_writer_only_when_the_checks_saw_them_and_no_coder() -> None:
    writer = ("tests", "test_writer")
    refuted = attempt("tests", 1, B, passed=False, new_tests=("t::new",), role=Role.TEST_WRITER)
    idle = attempt("tests", 1, B, passed=False, role=Role.TEST_WRITER)
    coded = attempt("code", 1, A, passed=True, new_tests=("t::new",))
    found = read(request(), plan(writer, CODE), *refuted, *coded, *ended())
    assert (found["tests:1"].proven_by, found["code:1"].proven_by) == (("new_tests",), ())
    assert read(request(), plan(writer, CODE), *idle, *coded, *ended())["tests:1"].proven_by == ()


@pytest.mark.parametrize(
    ("later", "reward"),
    [
        (Later(merged=True), 1.0),
        (Later(merged=False), 1.0),
        (Later(merged=True, survived_7=0.5), 0.75),
        (Later(merged=True, survived_7=0.5, survived_30=0.0), 0.5),
        (Later(merged=True, reverted=True, survived_7=1.0), 0.0),
    ],
)
def test_the_history_lowers_what_the_checks_gave(later: Later, reward: float) -> None:
    assert share_of(OUTCOME.model_copy(update={"later": later})) == pytest.approx(reward)
