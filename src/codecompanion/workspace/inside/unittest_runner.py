"""Run `python -m unittest` with the same arguments, report each test and stop those that hang."""

from __future__ import annotations

import sys
import unittest
from time import perf_counter
from typing import TYPE_CHECKING, Any

from .limit import Limit
from .probe import imported_files
from .report import Report, Request, read_request
from .unittest_canary import believed

if TYPE_CHECKING:
    from collections.abc import Iterator

_FAILED_IMPORT = "unittest.loader._FailedTest."


def test_id(test: unittest.TestCase) -> str:
    """Return a test's dotted name; of a test file that cannot be imported, the name of its module."""
    return test.id().replace(_FAILED_IMPORT, "", 1)


class ReportingResult(unittest.TextTestResult):
    """Prints as unittest does and reports each test besides."""

    report: Report
    limit: Limit

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ended: set[str] = set()
        self.broken_fixtures: list[str] = []
        self._current: unittest.TestCase | None = None
        self._messages: list[str] = []
        self._outcome, self._since = "passed", 0.0

    def startTest(self, test: unittest.TestCase) -> None:  # noqa: N802 - unittest's name
        """Begin a test."""
        super().startTest(test)
        self._current, self._outcome, self._messages, self._since = test, "passed", [], perf_counter()
        self.report.started(test_id(test))
        self.limit.begin()
        self.limit.start()

    def stopTest(self, test: unittest.TestCase) -> None:  # noqa: N802 - unittest's name
        """End a test."""
        self.limit.stop()
        if sys.exc_info()[0] is not None:
            return  # an interrupt ends the whole run: the test has no result
        if self.limit.exceeded:
            self._note("error", self.limit.message)
        message = "\n".join(self._messages)
        if test_id(test) != test.id():
            self.report.unimportable(test_id(test), message)
        else:
            self.report.ended(test_id(test), self._outcome, perf_counter() - self._since, message)
        self.ended.add(test_id(test))
        self._current = None
        super().stopTest(test)

    def addError(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802 - unittest's name
        """Note an error; without a running test it is one of a class's or module's set-up or tear-down."""
        super().addError(test, err)
        # What unittest itself printed.
        text = self.errors[-1][1]
        if self._current is None:
            self.broken_fixtures.append(f"{test}\n{text}")
        else:
            self._note("failed", text)

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802 - unittest's name
        """Note a failure."""
        super().addFailure(test, err)
        self._note("failed", self.failures[-1][1])

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:  # noqa: N802
        """Note the failure of a part of a test."""
        before = len(self.failures) + len(self.errors)
        super().addSubTest(test, subtest, err)
        if err is not None and len(self.failures) + len(self.errors) > before:
            listed = self.failures if issubclass(err[0], test.failureException) else self.errors
            self._note("failed", f"{subtest}\n{listed[-1][1]}")

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:  # noqa: N802 - unittest's name
        """Note that a test was skipped; a class that is skipped as a whole never starts its tests."""
        super().addSkip(test, reason)
        if self._current is None:
            self.report.ended(test_id(test), "skipped", 0.0, reason)
            self.ended.add(test_id(test))
        else:
            self._note("skipped", reason)

    def addExpectedFailure(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802 - unittest's name
        """Note a test that failed as it should: like pytest's xfail it counts as skipped."""
        super().addExpectedFailure(test, err)
        self._note("skipped", "failed as expected")

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802 - unittest's name
        """Note a test that passed although it should fail."""
        super().addUnexpectedSuccess(test)
        self._note("failed", "passed unexpectedly")

    def _note(self, outcome: str, message: str) -> None:
        if outcome == "error" or self._outcome in ("passed", "skipped"):
            self._outcome = outcome
        self._messages.append(message)


class ReportingRunner(unittest.TextTestRunner):
    """Runs those tests of a suite that were asked for."""

    def __init__(self, request: Request, **kwargs: Any) -> None:
        report, limit = Report(request.results, request.mark), Limit(request.limit_s)
        wired = type("WiredResult", (ReportingResult,), {"report": report, "limit": limit})
        super().__init__(resultclass=wired, **kwargs)
        self._wired = wired
        self._request, self._report = request, report

    def run(self, test: Any) -> Any:
        """Run a suite and report what became of each of its tests."""
        wanted = [case for case in flattened(test) if self._request.wants(test_id(case))]
        self._report.collected([test_id(case) for case in wanted])
        ids = [test_id(case) for case in wanted]
        result = super().run(unittest.TestSuite(wanted))
        assert isinstance(result, ReportingResult)
        for left in ids:
            if left not in result.ended and result.broken_fixtures:
                self._report.ended(left, "error", 0.0, "\n".join(result.broken_fixtures))
        if wanted and believed(self._wired, wanted):
            self._report.believes()
        self._report.imported(imported_files(self._request.packages))
        self._report.finished()
        return result


def flattened(suite: Any) -> Iterator[unittest.TestCase]:
    """Yield the tests of nested suites in order."""
    if isinstance(suite, unittest.TestCase):
        yield suite
        return
    for part in suite:
        yield from flattened(part)


def main() -> None:
    """Do as `python -m unittest` does with the same arguments."""
    runner = ReportingRunner(read_request())
    program = unittest.main(module=None, argv=["python -m unittest", *sys.argv[1:]], testRunner=runner, exit=False)
    sys.exit(not program.result.wasSuccessful())


if __name__ == "__main__":
    main()
