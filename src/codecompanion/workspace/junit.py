"""Read the JUnit files that a test command wrote, which the tests may have forged."""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from math import isfinite
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

from codecompanion.domain.checks import Outcome, TestOutcome
from codecompanion.safe_open import read_file
from codecompanion.workspace.inside.report import shortened

Seen = Mapping[Path, int]

_SKIPPED_FOLDERS = {".git", "node_modules", ".venv", "venv", ".tox"}
_MOST_FILES = 1_000
_MOST_BYTES = 32 * 1024**2
_MOST_TESTS = 100_000
_RESULTS: Mapping[str, Outcome] = {"failure": "failed", "error": "error", "skipped": "skipped"}


def seen_reports(root: Path) -> Seen:
    """Return the XML files below a folder and when each was written, in nanoseconds."""
    return {path: path.stat().st_mtime_ns for path in _xml_files(root)}


def read_reports(root: Path, seen: Seen) -> list[TestOutcome]:
    """Return the tests of the JUnit files that were written since; other XML files and broken ones are passed over."""
    outcomes: dict[str, TestOutcome] = {}
    for path in sorted(_xml_files(root)):
        with suppress(OSError):  # too large, or no longer what it was
            if path.stat().st_mtime_ns != seen.get(path):
                report = read_file(root, path.relative_to(root).as_posix(), most_bytes=_MOST_BYTES)
                outcomes |= {outcome.test_id: outcome for outcome in parse_junit(report)}
    return list(outcomes.values())


def _xml_files(root: Path) -> Iterator[Path]:
    found = 0
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(set(folders) - _SKIPPED_FOLDERS)
        for path in (Path(folder, name) for name in files if name.endswith(".xml")):
            if found < _MOST_FILES and path.is_file() and not path.is_symlink():
                found += 1
                yield path


def parse_junit(text: bytes) -> list[TestOutcome]:
    """Return the tests of a JUnit report; an empty list when it is none, or declares entities."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(text, True)  # noqa: FBT003 - positional by expat's own signature
    except (expat.ExpatError, _NoReport):
        return []
    return reader.outcomes


class _NoReport(Exception):
    """The file is no JUnit report that we read."""


def _refuse(*_declaration: object) -> NoReturn:
    raise _NoReport


class _Reader:
    def __init__(self) -> None:
        self.outcomes: list[TestOutcome] = []
        self._names: dict[str, int] = {}
        self._depth = 0
        self._case: dict[str, str] | None = None
        self._outcome: Outcome = "passed"
        self._within: str | None = None
        self._message: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Enter an element."""
        if self._depth == 0 and tag not in ("testsuites", "testsuite"):
            raise _NoReport
        self._depth += 1
        if tag == "testcase":
            self._case, self._outcome, self._message = attributes, "passed", []
        elif self._case is not None and tag in _RESULTS:
            self._outcome, self._within = _RESULTS[tag], tag
            self._message.append(attributes.get("message", ""))

    def text(self, text: str) -> None:
        """Read text."""
        if self._within is not None:
            self._message.append(text)

    def end(self, tag: str) -> None:
        """Leave an element."""
        self._depth -= 1
        if tag == self._within:
            self._within = None
        elif tag == "testcase" and self._case is not None and len(self.outcomes) < _MOST_TESTS:
            self.outcomes.append(self._test(self._case))
            self._case = None

    def _test(self, case: dict[str, str]) -> TestOutcome:
        name = "::".join(filter(None, (case.get("classname"), case.get("name"))))
        self._names[name] = self._names.get(name, 0) + 1
        number = f" #{self._names[name]}" if self._names[name] > 1 else ""
        message = shortened("\n".join(part for part in self._message if part))
        return TestOutcome(test_id=name + number, outcome=self._outcome, duration_s=_seconds(case.get("time")), message=message)


def _seconds(text: str | None) -> float:
    try:
        seconds = float((text or "0").replace(",", ""))
    except ValueError:
        return 0.0
    return seconds if isfinite(seconds) else 0.0
