"""Walks a folder without git, leaves out what git would and what `.agentsignore` names, and remembers what it saw.

A folder is listed again when its times have changed; both follow from every name that comes, goes or becomes something else, as
POSIX asks. A change may go unseen when it comes right behind another one, as times are kept in steps, of 2 s where they are
coarsest (FAT): so the times of a folder are believed when it was listed a while after them.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec

from codecompanion.workspace.retrieval.ignoring import IGNORE_FILE, Specs, ignored, spec_of

SETTLED_NS = 5_000_000_000
"""A folder that was listed so long after its last change is not listed again before the next one."""


@dataclass(frozen=True, slots=True)
class Folder:
    """What a folder holds (names; those of folders end in "/"), the patterns that hold there, and the paths they leave."""

    entries: tuple[str, ...]
    specs: Specs
    files: tuple[str, ...]
    folders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Walk:
    """What a walk came past.

    Attributes:
        paths: The files (relative, POSIX), in order; also what is no plain file.
        folders: The folders by their paths, "" or ending in "/".
        stamps: Of each the stamp that it had when it was listed, "" when it had just changed.
        unwanted: The patterns of `.agentsignore`.
    """

    paths: tuple[str, ...]
    folders: Mapping[str, Folder]
    stamps: Mapping[str, str]
    unwanted: GitIgnoreSpec | None


_NOWHERE = Walk((), {}, {}, None)


def walk(root: Path, now_ns: int, before: Walk | None = None) -> Walk:
    """Walk a folder; `before` is an earlier walk through it. `now_ns` is counted from the epoch, as the times of folders are.

    Raises:
        BadInput: An ignore file has a pattern that cannot be read.
    """
    unwanted = spec_of(root, IGNORE_FILE)
    known = before if before and before.unwanted is unwanted else _NOWHERE
    folders: dict[str, Folder] = {}
    stamps: dict[str, str] = {}
    left: list[tuple[str, Specs]] = [("", ())]
    while left:
        prefix, above = left.pop()
        folder = known.folders.get(prefix)
        stamps[prefix] = stamp = _stamp(root, prefix, now_ns - SETTLED_NS)
        unchanged = folder is not None and stamp and stamp == known.stamps[prefix]
        entries = folder.entries if folder and unchanged else _entries(root, prefix)
        # To look for the file in each of many thousand folders costs more than all else.
        own = spec_of(root, f"{prefix}.gitignore") if ".gitignore" in entries else None
        specs = (*above, (prefix, own)) if own else above
        if folder is None or folder.entries != entries or folder.specs != specs:
            folder = _folder(prefix, entries, specs, unwanted)
        folders[prefix] = folder
        left += [(below, specs) for below in folder.folders]
    same = folders == known.folders
    paths = known.paths if same else tuple(sorted(path for folder in folders.values() for path in folder.files))
    return Walk(paths, folders, stamps, unwanted)


def _stamp(root: Path, prefix: str, settled_ns: int) -> str:
    try:
        status = os.lstat(f"{root}/{prefix}")
    except OSError:
        return ""
    if max(status.st_mtime_ns, status.st_ctime_ns) > settled_ns:
        return ""
    return f"{status.st_mtime_ns}:{status.st_ctime_ns}:{status.st_ino}:{status.st_dev}"


def _entries(root: Path, prefix: str) -> tuple[str, ...]:
    try:
        with os.scandir(f"{root}/{prefix}") as found:
            return tuple([f"{entry.name}/" if entry.is_dir(follow_symlinks=False) else entry.name for entry in found])
    except OSError:
        return ()  # a folder that cannot be read holds nothing for us


def _folder(prefix: str, entries: tuple[str, ...], specs: Specs, unwanted: GitIgnoreSpec | None) -> Folder:
    paths = [prefix + name for name in entries if name not in (".git", ".git/")]
    kept = [path for path in paths if not ignored(path, specs)]
    files = [path for path in kept if not path.endswith("/") and is_wanted(path, unwanted)]
    return Folder(entries, specs, tuple(files), tuple(path for path in kept if path.endswith("/")))


def is_wanted(path: str, unwanted: GitIgnoreSpec | None) -> bool:
    """Return whether a file is looked at: its name is text, and `.agentsignore` does not name it."""
    return _is_text(path) and not (unwanted and unwanted.match_file(path))


def _is_text(path: str) -> bool:
    # A name that is no UTF-8 could be neither stored nor shown.
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
