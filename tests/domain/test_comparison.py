from codecompanion.domain.checks import Outcome, SuiteReport, TestOutcome
from codecompanion.domain.comparison import Verdict, compare


def report(*, complete: bool = True, flaky: tuple[str, ...] = (), **outcomes: Outcome) -> SuiteReport:
    return SuiteReport(
        outcomes=tuple(TestOutcome(test_id=name, outcome=outcome) for name, outcome in outcomes.items()),
        complete=complete,
        flaky=flaky,
    )


def test_all_that_passed_and_all_that_was_to_be_repaired_pass() -> None:
    assert compare(report(a="passed", b="passed"), passing=("a",), failing=("b",)) == Verdict((), (), passed=True)


def test_a_test_that_failed_before_is_not_broken() -> None:
    assert compare(report(a="passed", b="failed"), passing=("a",), failing=("b",)) == Verdict((), ("b",), passed=False)


def test_a_test_that_is_gone_or_new_and_failing_is_broken() -> None:
    assert compare(report(new="error"), passing=("a",), failing=()) == Verdict(("a", "new"), (), passed=False)


def test_flaky_tests_are_held_against_nothing() -> None:
    told = report(a="failed", b="failed", flaky=("b",))
    assert compare(told, passing=("b",), failing=(), flaky=("a",)) == Verdict((), (), passed=True)


def test_a_run_that_did_not_end_has_not_passed() -> None:
    assert not compare(report(a="passed", complete=False), passing=("a",), failing=()).passed
