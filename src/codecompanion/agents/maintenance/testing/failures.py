"""Group the failures of a suite by what was raised and where."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from codecompanion.domain.checks import SuiteReport, TestOutcome

_PYTEST_ERROR = re.compile(
    r"^E\s+(?P<error>(?:[\w.]+\.)?[A-Z]\w*(?:Error|Exception|Warning|Exit|Interrupt|Failed)?)\b:?\s*(?P<text>.*)$"
)
_ASSERTION = re.compile(r"^E\s+(?P<text>assert .*)$")
_TRACEBACK_ERROR = re.compile(r"^(?P<error>(?:\w+\.)*[A-Z]\w*(?:Error|Exception|Warning|Exit|Interrupt))(?::\s*(?P<text>.*))?$")
_PYTEST_PLACE = re.compile(r"^(?P<path>[^\s:][^:]*?):(?P<line>\d+): (?:in \S+|\w+)$")
_TRACEBACK_PLACE = re.compile(r'^\s*File "(?P<path>[^"]+)", line (?P<line>\d+)')
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Fault:
    """Failures with one cause: the kind of error, the innermost place of the project on the stack, the tests.

    `place` is "path:line", "" when no file of the project is on any stack; `text` is what the first of the errors says.
    """

    error: str
    text: str
    place: str
    tests: tuple[str, ...]


def group(report: SuiteReport, paths: Iterable[str], root: str) -> list[Fault]:
    """Return the failures by cause, the cause of the most tests first. `paths` are the project's files, `root` their folder."""
    known, failing = frozenset(paths), frozenset(report.failing)
    faults: dict[tuple[str, str], list[tuple[TestOutcome, str]]] = {}
    for outcome in report.outcomes:
        if outcome.test_id in failing:
            error, text = error_of(outcome.message)
            faults.setdefault((error, place_of(outcome.message, known, root)), []).append((outcome, text))
    found = [
        Fault(error, members[0][1], place, tuple(outcome.test_id for outcome, _ in members))
        for (error, place), members in faults.items()
    ]
    return sorted(found, key=lambda fault: (-len(fault.tests), fault.place))


def error_of(message: str) -> tuple[str, str]:
    """Return the kind of error that a failure's text ends with, and what it says."""
    lines = message.splitlines()
    for line in lines:
        if found := _PYTEST_ERROR.match(line):
            return _short(found["error"]), found["text"][:_LONGEST]
        if found := _ASSERTION.match(line):
            return "AssertionError", found["text"][:_LONGEST]
    for line in reversed(lines):
        if found := _TRACEBACK_ERROR.match(line):
            return _short(found["error"]), (found["text"] or "")[:_LONGEST]
    told = [line.strip() for line in lines if line.strip()]
    telling = next((line for line in told if line.lower().startswith("error")), told[-1] if told else "")
    return "failure", telling[:_LONGEST]


def _short(error: str) -> str:
    return error.rpartition(".")[2]


def place_of(message: str, paths: frozenset[str], root: str) -> str:
    """Return the innermost place of the project that a failure's text names, "" for none."""
    for line in reversed(message.splitlines()):
        found = _PYTEST_PLACE.match(line) or _TRACEBACK_PLACE.match(line)
        path = found["path"].removeprefix(f"{root}/") if found else ""
        if found and path in paths:
            return f"{path}:{found['line']}"
    return ""


def slowest(outcomes: Sequence[TestOutcome], *, most: int, at_least_s: float) -> list[TestOutcome]:
    """Return the tests that took longest, the slowest first."""
    slow = [outcome for outcome in outcomes if outcome.duration_s >= at_least_s]
    return sorted(slow, key=lambda outcome: -outcome.duration_s)[:most]


def by_file(report: SuiteReport) -> Counter[str]:
    """Return how many tests ran in each file, by the ids' own words."""
    return Counter(outcome.test_id.partition("::")[0] for outcome in report.outcomes)
