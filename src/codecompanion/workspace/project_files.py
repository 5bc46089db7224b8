"""Read what a project says of itself; a file that is missing, too big or broken says nothing."""

import configparser
import io
import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from codecompanion.safe_open import read_file

_SKIPPED = {"node_modules", "venv", "env", "build", "dist", "target", "vendor", "__pycache__", "site-packages"}
_MOST_FILES = 20_000
_MOST_BYTES = 1024**2


class ProjectFiles:
    """The files of a project without hidden folders, dependencies and products."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._real_root = root.resolve()

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """All paths, relative and POSIX, the first 20 000 in order of their folders."""
        found: list[str] = []
        for folder, folders, files in os.walk(self.root):
            folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _SKIPPED)
            within = Path(folder).relative_to(self.root)
            found.extend((within / name).as_posix() for name in sorted(files))
            if len(found) >= _MOST_FILES:
                break
        return tuple(found[:_MOST_FILES])

    @cached_property
    def modules(self) -> tuple[tuple[str, ...], ...]:
        """The Python files among the paths, each as the parts of its path."""
        return tuple(tuple(path.split("/")) for path in self.paths if path.endswith(".py"))

    def has(self, path: str) -> bool:
        """Whether a file or folder is there."""
        return (self.root / path).exists()

    def text(self, path: str) -> str:
        """Return a file's text, "" when it cannot be had."""
        try:
            # A link that leads out of the project is not the project's word.
            content = read_file(self.root, path, most_bytes=_MOST_BYTES, links=True)
            return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", errors="replace").read()
        except OSError:
            return ""

    def toml(self, path: str) -> Mapping[str, Any]:
        """Return a TOML file's content, {} when it cannot be had."""
        try:
            return tomllib.loads(self.text(path))
        except (ValueError, RecursionError):
            return {}

    def json(self, path: str) -> Mapping[str, Any]:
        """Return a JSON file's object, {} when it cannot be had."""
        try:
            content: Any = json.loads(self.text(path))
        except (ValueError, RecursionError):
            return {}
        return content if isinstance(content, dict) else {}  # pyright: ignore[reportUnknownVariableType] - JSON of any shape

    def ini(self, path: str) -> Mapping[str, Mapping[str, str]]:
        """Return an INI file's sections, {} when it cannot be had."""
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        try:
            parser.read_string(self.text(path))
        except (configparser.Error, UnicodeError):
            return {}
        return {name: dict(parser[name]) for name in parser.sections()}


def stands_in(root: Path, sentence: str) -> bool:
    """Return whether a sentence, on one line, stands in a file of a project."""
    files = ProjectFiles(root)
    return any(sentence in files.text(path) for path in files.paths)


def table(content: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """Return a nested table, {} when it is missing or something else stands there."""
    found: Any = content
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    return found if isinstance(found, Mapping) else {}  # pyright: ignore[reportUnknownVariableType]


def texts(value: Any) -> Sequence[str]:
    """Return a text or a list of texts as a list, other things left out."""
    several = cast("list[Any]", value) if isinstance(value, list) else [value]
    return [one for one in several if isinstance(one, str)]
