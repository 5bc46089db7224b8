"""Choose, of the files that git ignores, those that the project's code cannot do without.

A worktree holds what was committed: no `_version.py` that the build wrote, no modules that protoc generated, no extensions that
were compiled in place. Without them every test of such a project ends in an import error. They are taken by where they lie and
what they are; nothing of the project is run. Secrets, environments, caches, products of builds and tests are never taken. Files
of settings that hold secrets, `.env` and the like, are named all the same, because tests may miss them.
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from codecompanion.domain.secret_shapes import KEY_SHAPES
from codecompanion.safe_open import read_beginning
from codecompanion.workspace.detection import LANGUAGES
from codecompanion.workspace.integrity.places import is_collected, is_script_test
from codecompanion.workspace.integrity.secrets import new_secrets

MOST_FILES = 500
MOST_BYTES = 128 * 1024**2
LARGEST = {"compiled": 64 * 1024**2, "source": 1024**2, "data": 256 * 1024, "metadata": 256 * 1024}
"""In bytes, by kind: a larger file is no module that somebody imports, or no data that belongs to code."""

_SOURCE = frozenset({suffix for endings in LANGUAGES.values() for suffix in endings} | {".pyi", ".pyx", ".pxd"})
_COMPILED = (".so", ".pyd")
_DATA = (".json", ".toml", ".yaml", ".yml")
_METADATA = (
    "PKG-INFO",
    "METADATA",
    "entry_points.txt",
    "top_level.txt",
    "requires.txt",
    "SOURCES.txt",
    "namespace_packages.txt",
)
_OUTPUTS = frozenset(
    (
        *("node_modules", "bower_components", "venv", "env", "virtualenv", "site-packages", "__pycache__", "__pypackages__"),
        *("build", "_build", "dist", "target", "vendor", "out", "bin", "obj", "site", "public", "wheels", "sdist", "eggs"),
        *("htmlcov", "coverage", "logs", "log", "tmp", "temp", "cache", "caches"),
    )
)
_ENVIRONMENTS = ("pyvenv.cfg", "conda-meta", ".git")
OF_SECRETS = "files of this name hold secrets, which no run is given; tests that need it fail"
_OF_SETTINGS = re.compile(r"\.env(rc|[.-].+)?")
_SHOWN_TO_ALL = (".example", ".sample", ".template", ".dist", ".defaults")
_SECRET_NAME = re.compile(
    r"(^|[^a-z])(secrets?|credentials?|passw(or)?ds?|tokens?|api[_-]?keys?|private|service[_-]?account)([^a-z]|$)"
)
_GENERATED = re.compile(
    rb"(?i)\bdo(?:n't| not) (?:edit|change|modify)\b|(?<!\w)@generated\b|\b(?:auto-?)?generated (?:by|from|file|code)\b"
)
_HEAD_BYTES = 2048
_MOST_SEEN = 50_000
_MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Ignored:
    """A file that is taken; `path` is relative and POSIX, `size` in bytes."""

    path: str
    size: int
    executable: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """The files that are taken, in order of their paths, and those that would have been, each with the reason."""

    taken: tuple[Ignored, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    path: str
    kind: str
    size: int
    executable: bool


def choose_ignored(root: Path, ignored: Iterable[str], tracked: AbstractSet[str]) -> Choice:
    """Return which ignored files belong to the project's code.

    Args:
        root: The user's files.
        ignored: What git ignores, relative and POSIX; a folder ends with "/" and stands for all it holds.
        tracked: The files of the commit that is worked on. None of them is taken, and none that stands in their way.
    """
    places = _Places(tracked)
    left_out: dict[str, str] = {}
    found: list[_Found] = []
    for path in _files(root, ignored, places):
        if holds_settings(path):
            left_out[path] = OF_SECRETS
            continue
        kind = _kind(root, path, places)
        status = _status(root / path)
        if kind is None or status is None:
            continue
        one = _Found(path, kind, status.st_size, bool(status.st_mode & stat.S_IXUSR))
        if why := _objection(root, one):
            left_out[path] = why
        else:
            found.append(one)
    taken = _within_limits(found, left_out)
    named = sorted(left_out.items())[:_MOST_NAMED]
    return Choice(tuple(Ignored(one.path, one.size, one.executable) for one in taken), tuple(named))


def holds_settings(path: str) -> bool:
    """Whether a file is `.env` or the like, which holds the secrets of who works here; examples of such files do not."""
    name = PurePosixPath(path).name.lower()
    return _OF_SETTINGS.fullmatch(name) is not None and not name.endswith(_SHOWN_TO_ALL)


class _Places:
    """Where a commit has its code."""

    def __init__(self, tracked: AbstractSet[str]) -> None:
        self.tracked = tracked
        self.folders = {str(above) for path in tracked for above in PurePosixPath(path).parents}
        self.code = {str(PurePosixPath(path).parent) for path in tracked if path.endswith(tuple(_SOURCE))} - {"."}
        self.around = (self.code | {str(PurePosixPath(folder).parent) for folder in self.code}) - {"."}

    def is_below(self, path: str, folders: AbstractSet[str]) -> bool:
        return any(str(above) in folders for above in PurePosixPath(path).parents)

    def is_in_the_way(self, path: str) -> bool:
        above = map(str, PurePosixPath(path).parents)
        return path in self.tracked or path in self.folders or not self.tracked.isdisjoint(above)


def _files(root: Path, ignored: Iterable[str], places: _Places) -> Iterator[str]:
    seen = 0
    for entry in sorted(ignored):
        folder = entry.rstrip("/")
        if not _may_hold_code(root, folder if entry.endswith("/") else str(PurePosixPath(entry).parent), places):
            continue
        for path in _walk(root, folder, places) if entry.endswith("/") else (entry,):
            seen += 1
            if seen > _MOST_SEEN:
                return
            if "\n" not in path and not places.is_in_the_way(path):
                yield path


def _walk(root: Path, top: str, places: _Places) -> Iterator[str]:
    for folder, folders, files in os.walk(root / top):
        within = Path(folder).relative_to(root)
        folders[:] = sorted(name for name in folders if _is_code_folder(root, (within / name).as_posix(), places))
        for name in sorted(files):
            yield (within / name).as_posix()


def _may_hold_code(root: Path, folder: str, places: _Places) -> bool:
    above = [str(one) for one in (PurePosixPath(folder), *PurePosixPath(folder).parents) if str(one) != "."]
    return all(_is_code_folder(root, one, places) for one in above)


def _is_code_folder(root: Path, folder: str, places: _Places) -> bool:
    """Whether a folder may hold code of the project: one with tracked files does, whatever it is called."""
    name = folder.rpartition("/")[2]
    if name in ("__pycache__", "node_modules") or (root / folder).is_symlink():
        return False
    if folder in places.folders:
        return True
    if name in _OUTPUTS or name.startswith(".") or any((root / folder / mark).exists() for mark in _ENVIRONMENTS):
        return False
    return not name.endswith((".dist-info", ".egg"))


def _kind(root: Path, path: str, places: _Places) -> str | None:
    """Return what makes a file belong to the project's code, None when nothing does."""
    name, folder = PurePosixPath(path).name, PurePosixPath(path).parent
    suffix = PurePosixPath(path).suffix
    if name.startswith(".") or is_collected(path) or is_script_test(path):
        return None
    if suffix in _COMPILED:
        return "compiled"
    if folder.name.endswith(".egg-info"):
        above = str(folder.parent)
        return "metadata" if name in _METADATA and (above == "." or above in places.around) else None
    if suffix in _SOURCE:
        return "source" if places.is_below(path, places.around) or _says_generated(root, path) else None
    return "data" if suffix in _DATA and places.is_below(path, places.code) else None


def _says_generated(root: Path, path: str) -> bool:
    return _GENERATED.search(_head(root, path, _HEAD_BYTES)) is not None


def _head(root: Path, path: str, size: int) -> bytes:
    try:
        return read_beginning(root, path, size)
    except OSError:
        return b""


def _status(file: Path) -> os.stat_result | None:
    try:
        status = file.lstat()
    except OSError:
        return None
    return status if stat.S_ISREG(status.st_mode) and os.access(file, os.R_OK) else None


def _objection(root: Path, one: _Found) -> str:
    if one.size > LARGEST[one.kind]:
        return f"it has {one.size:,} bytes"
    if one.kind == "data" and _SECRET_NAME.search(PurePosixPath(one.path).name.lower()):
        return "it may hold secrets, by its name"
    if one.kind in ("source", "data") and _holds_secrets(root, one.path):
        return "it may hold secrets"
    return ""


def _holds_secrets(root: Path, path: str) -> bool:
    text = _head(root, path, LARGEST["source"]).decode(errors="replace")
    return KEY_SHAPES.search(text) is not None or "PRIVATE KEY-----" in text or bool(new_secrets({}, {path: text}))


def _within_limits(found: Sequence[_Found], left_out: dict[str, str]) -> list[_Found]:
    """Return what fits, code before data; the rest is left out."""
    order = ("source", "metadata", "compiled", "data")
    taken: list[_Found] = []
    size = 0
    for one in sorted(found, key=lambda one: (order.index(one.kind), one.path)):
        if len(taken) == MOST_FILES:
            left_out[one.path] = f"{MOST_FILES} files are taken already"
        elif size + one.size > MOST_BYTES:
            left_out[one.path] = f"{MOST_BYTES // 1024**2} MB are taken already"
        else:
            taken.append(one)
            size += one.size
    return sorted(taken, key=lambda one: one.path)
