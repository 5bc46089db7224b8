"""Tests that always fail, run by unittest's own means after the project's: a runner that passes them passes anything."""

from __future__ import annotations

import io
import unittest
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST_CLASSES = 200


def believed(result_class: type[Any], tests: Iterable[unittest.TestCase]) -> bool:
    """Whether a test that always fails is said to have done otherwise, in a class of the tests that ran.

    Args:
        result_class: What the project's tests reported to; it has a `report` and a `limit`.
        tests: The tests that ran.
    """
    classes = dict.fromkeys([unittest.TestCase, *map(type, tests)])
    return any(_is_believed(result_class, one) for one in list(classes)[:_MOST_CLASSES])


def _is_believed(result_class: type[Any], test_class: type[unittest.TestCase]) -> bool:
    heard = _Heard()
    try:
        canary = type("Canary", (test_class,), {**_BODY, **({} if test_class is not unittest.TestCase else _ASSERTIONS)})
        silent = type("SilentResult", (result_class,), {"report": heard})
        suite = unittest.TestSuite(canary(name) for name in vars(canary) if name.startswith("test_always_fails"))
        asked = suite.countTestCases()
        suite.run(silent(unittest.runner._WritelnDecorator(io.StringIO()), False, 0))  # type: ignore[attr-defined] # noqa: SLF001, FBT003 - as unittest's runner makes it
    except Exception:  # noqa: BLE001 - a class that stumbles over it says nothing of others
        return False
    return len(heard.outcomes) < asked or any(outcome not in ("failed", "error") for outcome in heard.outcomes)


class _Heard:
    """Takes what a result reports, and tells nobody."""

    def __init__(self) -> None:
        self.outcomes: list[str] = []

    def started(self, test_id: str) -> None:
        """Hear that a test begins."""

    def ended(self, test_id: str, outcome: str, duration_s: float, message: str) -> None:
        """Hear how a test ended."""
        del test_id, duration_s, message
        self.outcomes.append(outcome)


def _nothing(*_: object) -> None:
    pass


async def _nothing_awaited(*_: object) -> None:
    pass


def _fails(_self: unittest.TestCase) -> None:
    raise AssertionError("this test always fails")


def _fails_to_be_equal(self: unittest.TestCase) -> None:
    self.assertEqual(1, 2, "this test always fails")  # noqa: PT009 - what is tried is unittest's own


def _fails_to_be_true(self: unittest.TestCase) -> None:
    self.assertTrue(0, "this test always fails")  # noqa: PT009 - what is tried is unittest's own


def _fails_to_raise(self: unittest.TestCase) -> None:
    self.assertRaises(ValueError, _nothing)  # noqa: PT027 - as above


_BODY: dict[str, Any] = {
    "__module__": __name__,  # so that no set-up of the project's modules runs for it
    "__unittest_skip__": False,
    "__unittest_expecting_failure__": False,
    "setUp": _nothing,
    "tearDown": _nothing,
    "asyncSetUp": _nothing_awaited,
    "asyncTearDown": _nothing_awaited,
    "setUpClass": classmethod(_nothing),
    "tearDownClass": classmethod(_nothing),
    "test_always_fails": _fails,
}
_ASSERTIONS: dict[str, Any] = {
    "test_always_fails_to_be_equal": _fails_to_be_equal,
    "test_always_fails_to_be_true": _fails_to_be_true,
    "test_always_fails_to_raise": _fails_to_raise,
}
