"""What a run has recorded is said in phrases; what was not recorded is left out."""

import pytest

from codecompanion.domain.events import Fact, HandoffMade, TaskCompleted, TaskStarted
from codecompanion.domain.past import (
    MOST_NAMED,
    Past,
    command_of_tests,
    failing,
    findings_of,
    is_latest,
    mended,
    place_of,
    role_of,
    some,
    summary_of,
    suspected,
    template_of,
    title_of,
)
from codecompanion.domain.repair import Suspect
from codecompanion.domain.team import Role
from histories import CHECKED, INSPECTED, MEASURED, PATCH, PLAN, PROFILE, SEARCHED
from recorded_runs import KNOWN

OTHERS_SEARCH = SEARCHED.model_copy(update={"task_id": "other", "templates": ("x", "y", "z"), "suspects": ()})
OTHERS_CHECKS = CHECKED.model_copy(update={"task_id": "other", "still_failing": MEASURED.failing})
WITH_KINDS = SEARCHED.model_copy(update={"templates": ("number", "operator")})
TITLED = PATCH.model_copy(update={"title": "`>` became `>=` in sale, line 3"})


def past(*facts: Fact) -> Past:
    return Past(facts)


def suspects(*places: tuple[str, str, int]) -> Fact:
    found = (Suspect(path=path, line=line, function=name, score=0.5, reason="r") for path, name, line in places)
    return SEARCHED.model_copy(update={"suspects": tuple(found)})


def handed(summary: str, *, task: str = "repair", accepted: bool = True) -> Fact:
    return HandoffMade(task_id=task, attempt=1, role=Role.CODE_GENERATOR, summary=summary, accepted=accepted)


def test_the_last_fact_of_a_type_that_fits_is_found() -> None:
    before = past(MEASURED).followed_by(OTHERS_SEARCH).followed_by(SEARCHED)
    assert before.facts == (MEASURED, OTHERS_SEARCH, SEARCHED)
    assert before.last(type(SEARCHED)) == SEARCHED
    assert before.last(type(SEARCHED), lambda search: search.task_id == "other") == OTHERS_SEARCH
    assert before.last(type(CHECKED)) is None


def test_the_command_of_the_tests_is_that_of_the_profile() -> None:
    assert command_of_tests(past(KNOWN)) == "python -m pytest -q"
    assert command_of_tests(past(PROFILE)) is None
    assert command_of_tests(past()) is None


@pytest.mark.parametrize(("attempt", "kind"), [(0, None), (1, "number"), (2, "operator"), (3, None)])
def test_the_kind_of_an_attempts_edit_is_what_the_search_of_its_task_says(attempt: int, kind: str | None) -> None:
    assert template_of(past(WITH_KINDS, OTHERS_SEARCH), "repair", attempt) == kind
    assert template_of(past(OTHERS_SEARCH), "repair", attempt) is None


def test_title_and_role_of_a_task_are_those_of_the_plan() -> None:
    assert (title_of(past(PLAN), "repair"), role_of(past(PLAN), "repair")) == ("Make it pass", "debugger")
    assert (title_of(past(PLAN), "other"), role_of(past(PLAN), "other")) == ("other", "")
    assert (title_of(past(), "repair"), role_of(past(), "repair")) == ("repair", "")


def test_an_attempt_is_the_latest_until_another_at_its_task_is_begun() -> None:
    first, second = (TaskStarted(task_id="repair", worker="x", attempt=number) for number in (1, 2))
    others = TaskStarted(task_id="other", worker="x", attempt=5)
    done = TaskCompleted(task_id="repair", attempt=1)
    assert is_latest(past(first, others), done)
    assert not is_latest(past(first, second), done)
    assert is_latest(past(), done)


def test_the_summary_is_that_of_the_last_handoff_of_the_task_that_was_accepted() -> None:
    told = past(handed("first"), handed("second"), handed("sent back", accepted=False), handed("another's", task="other"))
    assert summary_of(told, "repair") == ": second"
    assert summary_of(past(handed("")), "repair") == ""
    assert summary_of(past(handed("x", accepted=False)), "repair") == ""
    assert summary_of(past(), "repair") == ""


def test_the_place_of_a_patch_is_told_when_the_search_leaves_no_choice() -> None:
    one = suspects(("shop.py", "sale", 3), ("shop.py", "sale", 4), ("cart.py", "total", 1))
    assert place_of(past(one, OTHERS_SEARCH), TITLED) == " of shop.py"
    two = suspects(("shop.py", "sale", 3), ("cart.py", "sale", 1))
    assert place_of(past(two), TITLED) == ""
    assert place_of(past(suspects(("shop.py", "sal", 3))), TITLED) == ""
    assert place_of(past(OTHERS_SEARCH), TITLED) == ""
    assert place_of(past(), TITLED) == ""


def test_suspects_are_named_once_by_function_or_line() -> None:
    found = suspects(("shop.py", "sale", 3), ("shop.py", "sale", 4), ("cart.py", "", 7))
    assert suspected(past(found, OTHERS_SEARCH), "repair") == "; suspected: sale in shop.py, line 7 in cart.py"
    assert suspected(past(OTHERS_SEARCH), "other") == ""
    assert suspected(past(OTHERS_SEARCH), "repair") == ""
    assert suspected(past(), "repair") == ""


def test_what_failed_and_does_not_any_more_was_mended() -> None:
    measured = MEASURED.model_copy(update={"failing": ("t::a", "t::b")})
    checked = CHECKED.model_copy(update={"still_failing": ("t::b",)})
    assert mended(past(measured, checked, OTHERS_CHECKS), "repair") == "; it made pass: t::a"
    assert mended(past(MEASURED, OTHERS_CHECKS), "other") == ""
    for before in (past(measured), past(checked), past(measured, OTHERS_CHECKS)):
        assert mended(before, "repair") == ""


def test_failing_tests_are_named_when_there_are_some() -> None:
    assert failing(past(MEASURED)) == "; failing: tests/test_shop.py::test_sale"
    assert failing(past(MEASURED.model_copy(update={"failing": ()}))) == ""
    assert failing(past()) == ""


def test_findings_are_compared_between_the_base_and_the_last_tree() -> None:
    base = INSPECTED.model_copy(update={"findings": {"F401": 2, "E1": 3}})
    between, after = (INSPECTED.model_copy(update={"label": "lint:1", "findings": {"F401": n, "E": 0}}) for n in (4, 1))
    assert findings_of(past(base, between, after)) == "findings: 5 before, 1 after"
    for before in (past(base), past(after), past()):
        assert findings_of(before) == ""


def test_many_names_are_cut_and_the_rest_is_counted() -> None:
    names = [f"n{number}" for number in range(MOST_NAMED + 2)]
    assert some(names[:1]) == "n0"
    assert some(names[:MOST_NAMED]) == "n0, n1, n2, n3, n4"
    assert some(names[: MOST_NAMED + 1]) == "n0, n1, n2, n3, n4 and 1 more"
    assert some(names) == "n0, n1, n2, n3, n4 and 2 more"
    assert some(()) == ""
