import pytest

from codecompanion.agents.maintenance.bug_triage import severity, triage
from codecompanion.agents.maintenance.testing.failures import Fault
from codecompanion.domain.checks import SuiteReport, TestOutcome
from maintenance_bench import OpenDesk, said
from projects import SHOP

pytestmark = pytest.mark.anyio


async def test_the_suspects_of_a_fault_are_the_lines_that_hold_it(desk: OpenDesk) -> None:
    report = await triage(await desk(SHOP))
    assert (report.exit_code, report.title) == (1, "1 fault behind 1 failing test")
    (found,) = report.findings
    assert found.what.startswith("medium: AssertionError: assert 0 == 5 in 1 test")
    assert found.fix.endswith("-m pytest tests/test_shop.py::test_ten_pieces_have_a_discount")
    suspects = [line for one in report.sections for line in one.lines]
    assert any(line.startswith("shop.py:6 in discount") for line in suspects)


async def test_no_failing_test_is_no_fault(desk: OpenDesk) -> None:
    report = await triage(await desk({"tests/test_x.py": "def test_x():\n    pass\n", "conftest.py": ""}))
    assert (report.exit_code, report.title, report.sections) == (0, "no test fails", ())


async def test_tests_of_another_runner_are_grouped_and_not_traced(desk: OpenDesk) -> None:
    report = await triage(await desk({"Makefile": "test:\n\t@echo 'error: dry' && false\n"}))
    assert said(report) == [": critical: failure: error: dry in 1 test (make test)"]
    assert report.not_checked == ("suspects: only tests of pytest and unittest can be traced",)


async def test_without_tests_there_is_nothing_to_triage(desk: OpenDesk) -> None:
    assert (await triage(await desk())).title == "there are no tests to run"


@pytest.mark.parametrize(
    ("error", "place", "failing", "passing", "told"),
    [
        ("ImportError", "tests/test_a.py:1", 1, 9, "critical"),
        ("KeyError", "shop.py:3", 6, 4, "critical"),
        ("KeyError", "shop.py:3", 1, 9, "high"),
        ("AssertionError", "shop.py:3", 1, 9, "medium"),
        ("KeyError", "tests/test_a.py:3", 1, 9, "medium"),
    ],
)
def test_severity_follows_the_rule(error: str, place: str, failing: int, passing: int, told: str) -> None:
    failed = [TestOutcome(test_id=f"t::f{n}", outcome="failed") for n in range(failing)]
    passed = [TestOutcome(test_id=f"t::p{n}", outcome="passed") for n in range(passing)]
    fault = Fault(error, "", place, tuple(one.test_id for one in failed))
    assert severity(fault, SuiteReport(outcomes=(*failed, *passed))) == told
