"""Where the records of the log go: to stderr as far as they are wanted, and errors into a file beside the state."""

import logging
import os
import pkgutil
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

ERRORS_FILE = "app_errors.log"
MOST_BYTES = 2_000_000
FILES_KEPT = 3
_LINES = "codecompanion.observability.log_lines:formatter"
"""Loaded for the first record: most commands log nothing."""


@dataclass(frozen=True, slots=True)
class Logging:
    """What is logged to stderr: records from a level on, None for nothing, as JSON or as text."""

    level: int | None
    as_json: bool


class _Formatter(logging.Formatter):
    def __init__(self, make: Callable[[], logging.Formatter]) -> None:
        super().__init__()
        self._make = make
        self._made: logging.Formatter | None = None

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as it is written."""
        if self._made is None:
            self._made = self._make()
        return self._made.format(record)


class _PrivateFile(RotatingFileHandler):
    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.fchmod(descriptor, 0o600)  # also one that an earlier version made
        return os.fdopen(descriptor, "a", encoding=self.encoding)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is the library's
        """Lose a record that cannot be written: a full disk is told by what works on it."""


@contextmanager
def open_logs(wanted: Logging, state: Path, redact: Callable[[str], str]) -> Generator[None]:
    """Send all records of this process where they belong until the block ends; `redact` masks the secrets in them.

    Errors are kept in `app_errors.log` in the state folder, with their tracebacks, readable by its owner alone.
    """
    make = partial(pkgutil.resolve_name, _LINES)
    file = _PrivateFile(state / ERRORS_FILE, maxBytes=MOST_BYTES, backupCount=FILES_KEPT, encoding="utf-8", delay=True)
    file.setLevel(logging.ERROR)
    file.setFormatter(_Formatter(lambda: make()(as_json=True, redact=redact)))
    handlers: list[logging.Handler] = [file]
    if wanted.level is not None:
        stream = logging.StreamHandler(sys.stderr)
        stream.setLevel(wanted.level)
        stream.setFormatter(_Formatter(lambda: make()(as_json=wanted.as_json, redact=redact)))
        handlers.append(stream)
    with _in_place_of_the_old(handlers, logging.ERROR if wanted.level is None else min(wanted.level, logging.ERROR)):
        yield


@contextmanager
def _in_place_of_the_old(handlers: list[logging.Handler], level: int) -> Generator[None]:
    root = logging.getLogger()
    before, level_before = root.handlers, root.level
    root.handlers = handlers
    root.setLevel(level)
    try:
        yield
    finally:
        root.handlers = before
        root.setLevel(level_before)
        for handler in handlers:
            handler.close()
