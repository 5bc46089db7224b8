"""A folder for the tests of edits, and a file to edit."""

from collections.abc import Mapping
from pathlib import Path

from codecompanion.workspace.edits import apply_response

PYTHON = '''\
import os


def first(path):
    """Return the first line."""
    with open(path) as file:
        for line in file:
            return line.strip()
    return ""


class Reader:
    def __init__(self, path):
        self.path = path
        self.count = 0

    def read(self):
        if self.path is None:
            raise ValueError("no path")
        self.count += 1
        return open(self.path).read()

    def close(self):
        self.path = None
'''


class Workspace:
    """A folder, and what a response does to it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, files: Mapping[str, str | bytes]) -> None:
        for path, content in files.items():
            file = self.root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)

    def files(self) -> dict[str, bytes]:
        return {file.relative_to(self.root).as_posix(): file.read_bytes() for file in self.root.rglob("*") if file.is_file()}

    def text(self, path: str) -> str:
        return (self.root / path).read_bytes().decode()

    def apply(self, response: str, fmt: str | None = None, *shown: str) -> str:
        """Apply a response that must be applied and return the message."""
        answer = apply_response(self.root, response, fmt, shown)
        assert answer["ok"], answer["message"]
        return answer["message"]

    def refuse(self, response: str, fmt: str | None = None, *shown: str) -> str:
        """Apply a response that must be refused with nothing changed and return the message."""
        before = self.files()
        answer = apply_response(self.root, response, fmt, shown)
        assert not answer["ok"], answer
        assert self.files() == before
        assert answer["files_changed"] == []
        return answer["message"]
