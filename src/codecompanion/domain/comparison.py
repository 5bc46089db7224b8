"""What a run of the tests says of a changed tree, beside the base."""

from collections.abc import Sequence
from dataclasses import dataclass

from codecompanion.domain.checks import SuiteReport, stable


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a suite says of a changed tree, beside the base.

    `broken` are tests that passed on the base, or were not there, and do not pass now; `still_failing` those that were to be
    repaired and are not. `passed` is False also when the suite did not run to its end.
    """

    broken: tuple[str, ...]
    still_failing: tuple[str, ...]
    passed: bool


def compare(report: SuiteReport, *, passing: Sequence[str], failing: Sequence[str], flaky: Sequence[str] = ()) -> Verdict:
    """Compare a changed tree's report with the base's.

    Args:
        report: What the changed tree's tests said.
        passing: Ids of the tests that passed on the base.
        failing: Ids of those that failed there, without the flaky ones.
        flaky: Ids of those that did both; they are held against nothing, nor are the report's own flaky ones.
    """
    passes = frozenset(map(stable, report.passing))
    forgiven = frozenset(map(stable, (*report.flaky, *flaky)))
    known = frozenset(map(stable, (*passing, *failing)))
    lost = tuple(t for t in passing if stable(t) not in passes | forgiven)
    new = tuple(t for t in report.failing if stable(t) not in known | forgiven)
    still_failing = tuple(test_id for test_id in failing if not report.cures(test_id))
    return Verdict((*lost, *new), still_failing, report.complete and not lost and not new and not still_failing)
