"""Report what happens to each test as JSON lines in a file outside the tests' reach of monkeypatching.

Each line holds the mark of the request, besides: {"event": "collected", "ids": [...]}, {"event": "started", "id": ...},
{"event": "ended", "id": ..., "outcome": ..., "duration_s": ..., "message": ...},
{"event": "unimportable", ...} like "ended", for a test file that cannot be loaded,
{"event": "believes"}, that a test which must fail was not seen to,
{"event": "imported", "files": {module: file}}, {"event": "finished"}.
"""

from __future__ import annotations

import json
import os
from os import close, write
from os import open as open_fd
from typing import Any

REQUEST_VARIABLE = "CODECOMPANION_REQUEST"
MESSAGE_LIMIT = 4000

_encode = json.JSONEncoder(ensure_ascii=True).encode


class Request:
    """What was asked: which tests, under which limit, and where to report."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self.results: str = asked["results"]
        self.mark: str = asked["mark"]
        self.limit_s: float = asked["limit_s"]
        self.packages: frozenset[str] = frozenset(asked["packages"])
        self.only: frozenset[str] | None = None if asked["only"] is None else frozenset(asked["only"])
        self.done: frozenset[str] = frozenset(asked["done"])

    def wants(self, test_id: str) -> bool:
        """Whether a test is to be run."""
        return test_id not in self.done and (self.only is None or not self.only.isdisjoint(names_for(test_id)))


def names_for(test_id: str) -> set[str]:
    """Return what a test can be asked for by: its id, and the ids of its function, class, file (or module) and folders."""
    plain = test_id.partition("[")[0]
    names, mark = {test_id, plain}, "::" if "::" in plain else "."
    while mark in plain:
        plain = plain.rpartition(mark)[0]
        names.add(plain)
    while "/" in plain:
        plain = plain.rpartition("/")[0]
        names.add(plain)
    return names


def read_request() -> Request:
    """Return the request that the environment names; one that is for a single reader is removed."""
    path = os.environ[REQUEST_VARIABLE]
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - tests may have patched pathlib
        asked: dict[str, Any] = json.load(file)
    if asked["once"]:
        os.unlink(path)  # noqa: PTH108 - as above
    return Request(asked)


class Report:
    """Appends lines to the results file."""

    def __init__(self, path: str, mark: str) -> None:
        self._path = path
        self._mark = mark
        self._root = f"{os.getcwd()}/"  # noqa: PTH109 - tests may have patched pathlib, and may go elsewhere

    def started(self, test_id: str) -> None:
        """Say that a test, or the import of a test file, begins."""
        self._line({"event": "started", "id": test_id})

    def ended(self, test_id: str, outcome: str, duration_s: float, message: str) -> None:
        """Say how a test ended."""
        line = {"event": "ended", "id": test_id, "outcome": outcome, "duration_s": round(duration_s, 6)}
        self._line({**line, "message": shortened(self._told(message))})

    def unimportable(self, test_id: str, message: str) -> None:
        """Say that a test file could not be loaded."""
        line = {"event": "unimportable", "id": test_id, "outcome": "error", "duration_s": 0.0}
        self._line({**line, "message": shortened(self._told(message))})

    def collected(self, test_ids: list[str]) -> None:
        """Say which tests will run."""
        self._line({"event": "collected", "ids": test_ids})

    def imported(self, files: dict[str, str]) -> None:
        """Say where the project's modules came from."""
        self._line({"event": "imported", "files": files})

    def believes(self) -> None:
        """Say that a test which must fail did not: what this runner says of others is worth nothing."""
        self._line({"event": "believes"})

    def finished(self) -> None:
        """Say that the runner came to its own end."""
        self._line({"event": "finished"})

    def _told(self, message: str) -> str:
        """Return a message with the project's files by their paths in it: where this copy of it lies says nothing."""
        return message.replace(self._root, "")

    def _line(self, fields: dict[str, Any]) -> None:
        # Opened anew each time: a test may close every descriptor it finds.
        fd = open_fd(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            write(fd, (_encode({**fields, "mark": self._mark}) + "\n").encode())
        finally:
            close(fd)


def shortened(message: str) -> str:
    """Return the message, its middle left out when it is too long: the end of a failure's text says most."""
    if len(message) <= MESSAGE_LIMIT:
        return message
    head, note = MESSAGE_LIMIT // 4, "\n[...]\n"
    return message[:head] + note + message[head + len(note) - MESSAGE_LIMIT :]
