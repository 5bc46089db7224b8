"""The files of a project by language and folder, with their lines."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from codecompanion.workspace.detection import LANGUAGES
from codecompanion.workspace.retrieval.files import read_text, size_of
from codecompanion.workspace.retrieval.kinds import Kind, kind_of

_LANGUAGE_OF = {ending: language for language, endings in LANGUAGES.items() for ending in endings}
_MARKS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
_PROGRESS_EVERY = 5000


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of code. `lines` counts all, `marks` the lines with TODO, FIXME, XXX or HACK."""

    path: str
    language: str
    kind: Kind
    lines: int
    marks: int
    first_mark: int


@dataclass(frozen=True, slots=True)
class Sizes:
    """All files of a project, and those that are code and can be read."""

    files: int
    size_bytes: int
    code: tuple[SourceFile, ...]
    unread: int

    def lines(self, *kinds: Kind) -> int:
        """Return the lines of code of some kinds."""
        return sum(file.lines for file in self.code if file.kind in kinds)


def measure(root: Path, found: Mapping[str, str], say: Callable[[str], None]) -> Sizes:
    """Read every file of code once, of paths with their stamps. Binary and very large ones are counted and not read."""
    code, unread = list[SourceFile](), 0
    for count, path in enumerate(found, 1):
        if count % _PROGRESS_EVERY == 0:
            say(f"counting: {count} of {len(found)} files")
        language = _LANGUAGE_OF.get(Path(path).suffix)
        if language is None:
            continue
        text = read_text(root, path)
        if text is None:
            unread += 1
            continue
        code.append(_counted(path, language, text))
    return Sizes(len(found), sum(map(size_of, found.values())), tuple(code), unread)


def _counted(path: str, language: str, text: str) -> SourceFile:
    lines = text.count("\n") + (not text.endswith("\n") if text else 0)
    marks = list(_marked(text)) if _MARKS.search(text) else []
    return SourceFile(path, language, kind_of(path), lines, len(marks), marks[0] if marks else 0)


def _marked(text: str) -> Iterator[int]:
    for number, line in enumerate(text.splitlines(), 1):
        if _MARKS.search(line):
            yield number


def by_language(sizes: Sizes) -> list[tuple[str, int, int]]:
    """Return each language with its files and lines, the most lines first."""
    return _summed((file.language, file.lines) for file in sizes.code)


def by_folder(sizes: Sizes) -> list[tuple[str, int, int]]:
    """Return the outermost folders ("." for files beside them) with their files and lines of code, the most lines first."""
    return _summed((file.path.partition("/")[0] if "/" in file.path else ".", file.lines) for file in sizes.code)


def _summed(pairs: Iterator[tuple[str, int]]) -> list[tuple[str, int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for name, lines in pairs:
        files, total = found.get(name, (0, 0))
        found[name] = (files + 1, total + lines)
    return sorted(((name, files, lines) for name, (files, lines) in found.items()), key=lambda row: (-row[2], row[0]))
