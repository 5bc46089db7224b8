import pytest

from codecompanion.domain.checks import Outcome, SuiteReport, TestOutcome, error_of


def report(**outcomes: Outcome) -> SuiteReport:
    ids = {
        "a": "tests/test_a.py::test_one",
        "b": "tests/test_a.py::test_two",
        "c": "other/test_c.py::test_it",
        "u": "tests.test_u.T.test",
    }
    return SuiteReport(outcomes=tuple(TestOutcome(test_id=ids[name], outcome=outcome) for name, outcome in outcomes.items()))


def test_a_test_is_cured_when_it_passes() -> None:
    assert report(a="passed", b="failed").cures("tests/test_a.py::test_one")
    assert not report(a="passed", b="failed").cures("tests/test_a.py::test_two")


def test_an_address_in_an_id_does_not_make_another_test_of_it() -> None:
    now = SuiteReport(outcomes=(TestOutcome(test_id="t.py::f[<o at 0x7f1a>]", outcome="passed"),))
    assert now.cures("t.py::f[<o at 0x55bc>]")


@pytest.mark.parametrize(
    "file",
    ["tests/test_a.py", "tests/conftest.py", "tests", "conftest.py", "."],
    ids=["file", "conftest", "folder", "root", "all"],
)
def test_a_file_that_could_not_be_loaded_is_cured_when_its_tests_run_and_none_fails(file: str) -> None:
    assert report(a="passed", b="passed").cures(file)
    assert report(a="passed", b="skipped").cures(file)
    assert not report(a="passed", b="failed").cures(file)
    assert not report(b="skipped").cures(file)
    assert not report().cures(file)


def test_what_other_files_say_cures_nothing() -> None:
    assert not report(c="passed").cures("tests/test_a.py")
    assert report(a="passed", c="failed").cures("tests/test_a.py")


def test_a_unittest_module_that_could_not_be_loaded_is_cured_alike() -> None:
    assert report(u="passed").cures("tests.test_u")
    assert not report(u="failed").cures("tests.test_u")


TRACEBACK = """tests/test_a.py:3: in test_one
    sell(None)
till.py:5: in ring
    return sell(item)
shop.py:7: in sell
    return item.price
E   AttributeError: <Item object at 0x7f3a> has no price
E   and no name
"""


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (TRACEBACK, "shop.py:7: in \nE   AttributeError: <Item object at 0x> has no price\nE   and no name"),
        ("E   assert 1 == 2", "E   assert 1 == 2"),
        ("shop.py:7: in sell\nkilled at 0x7f3a", "shop.py:7: in sell\nkilled at 0x7f3a"),
    ],
    ids=["its last place and its lines", "no place", "no line of an error"],
)
def test_what_went_wrong_in_a_failure_is_told_without_how_it_was_come_to(message: str, error: str) -> None:
    assert error_of(message) == error
