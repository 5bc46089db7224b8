"""What an agent changed is measured beside the base, by the rules of its role."""

from bumpy_run import BumpyRun
from codecompanion.agents.verifying import PROVES_NOTHING, may_touch
from codecompanion.domain.artifacts import ScopeContract
from codecompanion.domain.events import ChecksCompleted, TaskFailed

NEW = ["tests/test_stock.py::test_below", "tests/test_stock.py::test_above"]


def checks(bumpy: BumpyRun, task_id: str) -> list[ChecksCompleted]:
    return [one for one in bumpy.of(ChecksCompleted) if one.task_id == task_id]


def test_a_test_writer_whose_tests_pass_on_the_base_is_sent_back(bumpy: BumpyRun) -> None:
    first, second = checks(bumpy, "test-writer-1")
    assert (first.passed, first.new_findings) == (False, (PROVES_NOTHING,))
    assert first.counts.failed == 0
    assert (second.passed, second.counts.failed) == (True, 2), "its tests fail, as they must before the code is there"
    assert set(NEW) < set(second.new_tests)


def test_a_writer_with_others_after_it_need_not_make_all_new_tests_pass(bumpy: BumpyRun) -> None:
    _, second = checks(bumpy, "code-generator-2")
    assert (second.passed, second.counts.failed) == (True, 1)


def test_a_writer_with_others_after_it_must_not_break_what_worked(bumpy: BumpyRun) -> None:
    first, _ = checks(bumpy, "code-generator-2")
    assert not first.passed
    assert first.broken == (
        "tests/test_stock.py::test_what_comes_in_is_there",  # its file also holds the tests that may wait
        "tests/test_texts.py::test_the_inventory_has_a_line_for_what_is_there",
    )


def test_the_last_writer_makes_everything_pass(bumpy: BumpyRun) -> None:
    assert [(one.passed, one.counts.failed) for one in checks(bumpy, "code-generator-3")] == [(True, 0), (True, 0)]


def test_what_is_held_against_an_attempt_is_its_reason(bumpy: BumpyRun) -> None:
    reasons = [(one.task_id, one.attempt, one.reason) for one in bumpy.of(TaskFailed) if not one.final]
    assert reasons[0] == ("test-writer-1", 1, PROVES_NOTHING)
    assert reasons[1][:2] == ("code-generator-2", 1)
    assert "2 tests broken" in reasons[1][2]


def test_the_agreed_scope_says_why_a_path_may_not_be_changed() -> None:
    why_not = may_touch(ScopeContract(allowed=("src/*",), forbidden=("src/old.py",)))
    assert why_not("src/a/b.py") is None
    assert why_not("src/old.py") == why_not("README.md") == "the agreed scope does not allow it (src/*)"
