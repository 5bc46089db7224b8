"""Follow what the runner inside the cage reports, line by line, trusting none of it."""

import json
import os
import secrets
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from codecompanion.domain.checks import TestOutcome
from codecompanion.workspace.inside.report import shortened

_CHUNK_BYTES = 1024**2
_LONGEST_LINE = 64 * 1024**2  # the list of all collected tests is one line
_MOST_OUTCOMES = 500_000


class SuiteLog:
    """What is known so far of a run of the tests, over all the processes it took.

    `running` is the test (or the test file being loaded) that has begun and not ended, None between two.
    `finished` says that the last process came to its own end, `believes` that a test which must fail passed in one.
    `mark` is what the lines of our own runner hold; others are somebody else's.
    """

    def __init__(self, on_test: Callable[[str, str], None] | None = None) -> None:
        self.outcomes: dict[str, TestOutcome] = {}
        self.unimportable: dict[str, TestOutcome] = {}
        self.collected: dict[str, None] = {}
        self.imported: dict[str, str] = {}
        self.running: str | None = None
        self.finished = False
        self.believes = False
        self.mark = secrets.token_hex()
        self._on_test = on_test
        self._fd, self._offset, self._rest = -1, 0, b""

    @contextmanager
    def following(self, file: Path) -> Generator[None]:
        """Expect another process, which reports to a new file.

        The file is held open: a hostile test can put another in its place, but not change what we read.
        """
        self.running, self.finished = None, False
        self._offset, self._rest = 0, b""
        self._fd = os.open(file, os.O_RDONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        try:
            yield
            self.read()
        finally:
            os.close(self._fd)

    def read(self) -> None:
        """Take in the lines that were added since the last time."""
        while chunk := os.pread(self._fd, _CHUNK_BYTES, self._offset):
            self._offset += len(chunk)
            *lines, self._rest = (self._rest + chunk).split(b"\n")
            for line in lines:
                self._take(line)
            if len(self._rest) > _LONGEST_LINE:
                self._rest = b""

    def _take(self, line: bytes) -> None:
        try:
            fields: Any = json.loads(line)
            if fields["mark"] == self.mark:
                self._record(fields["event"], fields)
        except (ValueError, KeyError, TypeError, AttributeError, ValidationError, RecursionError):
            return  # a killed process's half line, or a forged one

    def _record(self, event: str, fields: dict[str, Any]) -> None:
        match event:
            case "started":
                self.running = str(fields["id"])
            case "collected":
                self.running = None
                self.collected |= dict.fromkeys(map(str, fields["ids"]))
            case "imported":
                self.imported |= {str(name): str(file) for name, file in fields["files"].items()}
            case "finished":
                self.finished = True  # what runs still was interrupted
            case "believes":
                self.believes = True
            case "ended" | "unimportable":
                self.add(_outcome(fields), loaded=event == "ended")
            case _:
                return

    def add(self, outcome: TestOutcome, *, loaded: bool = True) -> None:
        """Take in how a test ended, or that its file could not be `loaded`."""
        if len(self.outcomes) >= _MOST_OUTCOMES:
            return
        self.running = None
        self.outcomes[outcome.test_id] = outcome
        if not loaded:
            self.unimportable[outcome.test_id] = outcome
        if self._on_test is not None:
            self._on_test(outcome.test_id, outcome.outcome)

    @property
    def complete(self) -> bool:
        """Whether every collected test has ended."""
        return self.finished and all(test_id in self.outcomes for test_id in self.collected)


def _outcome(fields: dict[str, Any]) -> TestOutcome:
    return TestOutcome(
        test_id=_clean(fields["id"]),
        outcome=fields["outcome"],
        duration_s=fields["duration_s"],
        message=shortened(_clean(fields["message"])),
    )


def _clean(text: str) -> str:
    """Return the text with a mark for what is no Unicode: a name of a file in another encoding, say."""
    return text.encode(errors="backslashreplace").decode()
