"""What each fact teaches, given what the run recorded before it: kind, words, detail and tags."""

from collections.abc import Sequence

import pytest

from codecompanion.domain.artifacts import ArtifactType
from codecompanion.domain.checks import Counts
from codecompanion.domain.events import (
    ApprovalGiven,
    ApprovalRequested,
    Fact,
    PatchUndone,
    ReviewCompleted,
    TaskCompleted,
    TaskFailed,
    TaskStarted,
    UsersFilesSeen,
)
from codecompanion.domain.lessons import LESSONS, MOST_FINDINGS, MOST_FLAKY, Lesson
from codecompanion.domain.past import Past
from histories import CHECKED, EXECUTED, FAILURE, MEASURED, PATCH, PLAN, REFUTED, REVALIDATED, SEARCHED
from recorded_runs import KNOWN

DONE = TaskCompleted(task_id="repair", attempt=1)
OTHERS_DONE = TaskCompleted(task_id="other", attempt=1)
OTHERS_PATCH = PATCH.model_copy(update={"task_id": "other", "title": "another change"})
REPORT = PATCH.model_copy(update={"artifact_type": ArtifactType.EVAL_REPORT, "title": "a report"})
LINT = EXECUTED.model_copy(update={"purpose": "lint", "duration_s": 99.0, "exit_code": None})
TWO_KINDS = SEARCHED.model_copy(update={"templates": ("number", "operator")})
REFUTED_SECOND = REFUTED.model_copy(update={"attempt": 2})


def learned(before: Sequence[Fact], fact: Fact) -> list[Lesson]:
    return list(LESSONS[type(fact)](Past(tuple(before)), fact))


def reviewed(*findings: str, accepted: bool) -> ReviewCompleted:
    return ReviewCompleted(
        task_id="review", attempt=1, reviewed=("code",), score=60, accepted=accepted, findings=findings, model="x:y"
    )


def test_tests_of_every_end_are_counted_and_the_time_is_that_of_the_whole_suite() -> None:
    measured = MEASURED.model_copy(update={"counts": Counts(passed=1, failed=2, errors=3, skipped=4, flaky=5)})
    assert learned([KNOWN, EXECUTED, LINT], measured) == [
        Lesson("command", "`python -m pytest -q` runs the tests", "15 tests, 0.5 s", ("tests",))
    ]
    one = MEASURED.model_copy(update={"counts": Counts(skipped=1)})
    assert learned([KNOWN, EXECUTED], one)[0].detail == "1 test, 0.5 s"


@pytest.mark.parametrize(
    ("before", "counts"),
    [([EXECUTED], Counts(passed=1)), ([KNOWN, LINT], Counts(passed=1)), ([KNOWN, EXECUTED], Counts())],
    ids=["command not known", "suite not run", "no tests"],
)
def test_what_was_not_seen_to_work_is_not_told(before: Sequence[Fact], counts: Counts) -> None:
    assert learned(before, MEASURED.model_copy(update={"counts": counts})) == []


def test_a_suite_that_did_not_end_is_told_and_no_other_command() -> None:
    hanging = EXECUTED.model_copy(update={"exit_code": None, "duration_s": 299.6})
    assert learned([KNOWN], hanging) == [
        Lesson("failure", "`python -m pytest -q` did not end in time", "stopped after 300 s", ("tests",))
    ]
    assert learned([], hanging) == []
    assert learned([KNOWN], LINT) == []
    assert learned([KNOWN], EXECUTED) == []


@pytest.mark.parametrize("fact", [MEASURED, SEARCHED, CHECKED], ids=lambda fact: type(fact).__name__)
def test_flaky_tests_are_told_wherever_they_are_met_and_not_without_end(fact: Fact) -> None:
    names = tuple(f"t::{number}" for number in range(MOST_FLAKY + 1))
    told = learned([], fact.model_copy(update={"flaky": names}))
    text = "the test {} is flaky: it failed and passed on the same files"
    assert told == [Lesson("failure", text.format(name), tags=("flaky",)) for name in names[:-1]]


@pytest.mark.parametrize(
    ("against", "held"),
    [
        ({"broken": ("t::a",)}, "broke t::a"),
        ({"broken": (), "still_failing": ("t::b",)}, "left t::b failing"),
        ({"broken": (), "new_findings": ("F401 a.py:1",)}, "brought F401 a.py:1"),
        ({"broken": (), "integrity": ("t.py: a test is gone",)}, "made the tests say less (t.py: a test is gone)"),
        (
            {"broken": ("t::a",), "still_failing": ("t::b",), "new_findings": ("F",), "integrity": ("i",)},
            "broke t::a; left t::b failing; brought F; made the tests say less (i)",
        ),
        ({"broken": ()}, "the suite did not run to its end"),
    ],
    ids=["broken", "still failing", "findings", "weakened tests", "all", "broke off"],
)
def test_what_the_whole_suite_held_against_an_attempt_is_told(against: dict[str, tuple[str, ...]], held: str) -> None:
    refuted = REFUTED.model_copy(update=against)
    assert learned([PLAN], refuted) == [
        Lesson("failure", f"the whole suite refuted attempt 1 at Make it pass: {held}", tags=("refuted",))
    ]


def test_an_edit_that_was_refuted_is_told_by_its_kind() -> None:
    [lesson] = learned([TWO_KINDS, PLAN], REFUTED_SECOND)
    assert lesson.text == "the whole suite refuted an edit of the kind 'operator': broke tests/test_shop.py::test_other"
    assert lesson.tags == ("operator", "refuted")


def test_a_cure_is_the_patch_of_the_task_that_was_completed_and_nobody_elses() -> None:
    cure = Lesson("cure", "`>` became `>=`", tags=("number",))
    assert learned([TWO_KINDS, PATCH, OTHERS_PATCH, REPORT], DONE) == [cure]
    assert learned([TWO_KINDS, DONE, OTHERS_DONE], PATCH) == [cure]


@pytest.mark.parametrize(
    ("before", "fact"),
    [
        ([OTHERS_PATCH], DONE),
        ([REPORT], DONE),
        ([OTHERS_DONE], PATCH),
        ([DONE], REPORT),
        ([DONE, TaskStarted(task_id="repair", worker="x", attempt=2)], PATCH),
    ],
    ids=["another's patch", "a report", "another's end", "a report after the end", "the task is worked on anew"],
)
def test_what_belongs_to_no_completed_task_is_no_cure(before: Sequence[Fact], fact: Fact) -> None:
    assert learned(before, fact) == []


@pytest.mark.parametrize(("accepted", "tag"), [(True, "accepted"), (False, "sent back")])
def test_findings_are_told_with_what_the_review_decided_and_not_without_end(*, accepted: bool, tag: str) -> None:
    found = tuple(f"a.py:{number}" for number in range(MOST_FINDINGS + 1))
    assert learned([], reviewed(*found, accepted=accepted)) == [
        Lesson("review", f"a reviewer found: {one}", tags=(tag,)) for one in found[:-1]
    ]


@pytest.mark.parametrize(("approved", "verdict"), [(True, "allowed"), (False, "refused")])
def test_a_decision_is_told_with_the_request_that_it_answers(*, approved: bool, verdict: str) -> None:
    asked = [ApprovalRequested(subject=name, reason=f"why {name}") for name in ("x", "y")]
    assert learned(asked, ApprovalGiven(subject="x", approved=approved, by="user")) == [
        Lesson("decision", f"the user {verdict}: x (why x)", tags=(verdict,))
    ]
    assert learned([], ApprovalGiven(subject="x", approved=approved, by="user")) == []


def test_a_task_that_was_given_up_is_told_with_where_and_what() -> None:
    failed = TaskFailed(task_id="repair", attempt=1, reason="all was tried", final=True)
    text = "Make it pass: all was tried; suspected: sale in shop.py; failing: tests/test_shop.py::test_sale"
    assert learned([MEASURED, PLAN, SEARCHED], failed) == [Lesson("failure", text, tags=("unsolved",))]
    assert learned([], failed) == [Lesson("failure", "repair: all was tried", tags=("unsolved",))]


def test_edits_of_the_user_that_meet_the_change_are_told() -> None:
    text = "the change touched the same lines as the user's own edits in a.py"
    assert learned([], UsersFilesSeen(conflicts=("a.py",))) == [Lesson("failure", text, tags=("conflict",))]
    assert learned([], UsersFilesSeen(changed=("a.py",))) == []


def test_a_change_that_does_not_hold_with_the_users_edits_is_told() -> None:
    text = "the change held on the base, but not with the user's own edits"
    refuted = REVALIDATED.model_copy(update={"passed": False})
    assert learned([], refuted) == [Lesson("failure", text)]
    assert learned([], refuted.model_copy(update={"failing": ("t::x",)})) == [Lesson("failure", f"{text}: t::x failed")]
    assert learned([], REVALIDATED) == []


def test_what_the_user_took_back_is_told_by_the_title_of_the_patch() -> None:
    undone = PatchUndone(paths=("shop.py",))
    assert learned([PATCH, REPORT], undone) == [
        Lesson("review", "the user took back: `>` became `>=` (shop.py)", tags=("undone",))
    ]
    assert learned([REPORT], undone) == [Lesson("review", "the user took back: the change (shop.py)", tags=("undone",))]


@pytest.mark.parametrize(
    ("cause", "fix", "text"),
    [("x", "do y", "no; x; fix: do y"), ("", "do y", "no; fix: do y"), ("x", "", "no; x"), ("", "", "no")],
)
def test_an_error_of_the_project_is_told_with_what_is_known_of_it(cause: str, fix: str, text: str) -> None:
    error = FAILURE.model_copy(update={"code": "CC-2000", "what": "no", "cause": cause, "fix": fix, "exit_code": 2})
    assert learned([], error) == [Lesson("failure", text, tags=("CC-2000",))]
