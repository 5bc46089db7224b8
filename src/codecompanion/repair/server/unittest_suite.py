"""Tests collected by unittest, for projects whose interpreter has no pytest."""
# pyright: basic
# It handles what has no types: frames, code objects, items of a test framework that may be missing.

from __future__ import annotations

import unittest
from typing import TYPE_CHECKING, Any

from .suite import Result, Suite, frames_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class _Recorder(unittest.TestResult):
    """Remembers the first thing that went wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.failure = None

    def addError(self, test: Any, err: Any) -> None:  # noqa: N802 - unittest's name
        """Hear of an error in a test."""
        del test
        self._fail(err)

    def addFailure(self, test: Any, err: Any) -> None:  # noqa: N802 - unittest's name
        """Hear of a failed assertion."""
        del test
        self._fail(err)

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:  # noqa: N802 - unittest's name
        """Hear of a subtest's end."""
        del test, subtest
        if err is not None:
            self._fail(err)

    def addUnexpectedSuccess(self, test: Any) -> None:  # noqa: N802 - unittest's name
        """Count a success that was not expected as a failure."""
        del test
        self.failure = self.failure or Result("failed", "unexpected success")

    def _fail(self, err: Any) -> None:
        kind, value, traceback = err
        text = "%s: %s" % (kind.__name__, value)  # noqa: UP031
        self.failure = self.failure or Result("failed", text, frames_of(traceback))


class UnittestSuite(Suite):
    """Tests by their dotted names."""

    def __init__(self, tests: list[Any], errors: dict[str, str]) -> None:
        self._tests = {test.id(): test for test in tests}
        self.ids = list(self._tests)
        self.errors = errors

    def run(self, test_id: str, next_id: str) -> Result:
        """Run one test inside a suite of its own, so that class and module fixtures run too."""
        del next_id
        recorder = _Recorder()
        unittest.TestSuite([self._tests[test_id]]).run(recorder)
        if recorder.failure is not None:
            return recorder.failure
        return Result("skipped" if recorder.skipped else "passed")


def _flatten(tests: Any) -> Iterator[Any]:
    for test in tests:
        if isinstance(test, unittest.TestSuite):
            yield from _flatten(test)
        else:
            yield test


def run_unittest(args: list[str], serve: Callable[[Suite], None]) -> str:
    """Load like `python -m unittest ARGS` and hand the suite to `serve`; return why that was not possible, or ""."""
    program: Any = _Collected(args)
    tests = list(_flatten([program.test]))
    broken = {test.id(): str(getattr(test, "_exception", "")) for test in tests if type(test).__name__ == "_FailedTest"}
    serve(UnittestSuite([test for test in tests if test.id() not in broken], broken))
    return ""


class _Collected(unittest.TestProgram):
    """unittest's own command line up to the point where it would run."""

    def __init__(self, args: list[str]) -> None:
        super().__init__(module=None, argv=["python -m unittest", *(args or ["discover"])], exit=False)

    def runTests(self) -> None:  # noqa: N802 - unittest's name
        """Run nothing: the server does."""
