"""Which files of a folder are looked at: those git would take, less what `.agentsignore` says."""

import os
import stat
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from anyio import to_thread

from codecompanion.safe_open import read_file
from codecompanion.workspace.git import Git
from codecompanion.workspace.retrieval.ignoring import IGNORE_FILE, spec_of
from codecompanion.workspace.retrieval.walk import Walk, is_wanted, walk

MOST_BYTES = 512 * 1024
"""Of a larger file only the path is known."""
_LOOKED_AT_BYTES = 8192
"""A NUL among the first bytes makes a file binary, as git sees it."""


@dataclass(frozen=True, slots=True)
class Look:
    """The files of a folder at one moment.

    Attributes:
        stamps: The paths (relative, POSIX) in their order, beside each its stamp, which changes when the content does;
            `size_of` reads the size in it. Both are strings, as this is asked again and again for many thousand files: an
            object for each would bring the garbage collection, which then goes through all that a process holds.
        walk: What the next look need not find out again; None where git has told the paths.
    """

    stamps: dict[str, str]
    walk: Walk | None


async def look_at(root: Path, git: Git | None, before: Look | None = None) -> Look:
    """Look which files a folder has; symlinks and what is no plain file are left out.

    Args:
        root: An absolute path; paths are relative to it.
        git: Runs in `root`; None for a folder without a repository, where the `.gitignore` files are read instead.
        before: An earlier look at the same folder.

    Raises:
        BadInput: An ignore file has a pattern that cannot be read.
    """
    if git is None:
        return await to_thread.run_sync(_walked, root, before)
    listed = await git.paths("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return await to_thread.run_sync(_stamped, root, listed)


async def find_files(root: Path, git: Git | None) -> dict[str, str]:
    """Return the files of a folder with their stamps, as `look_at` does."""
    return (await look_at(root, git)).stamps


def size_of(stamp: str) -> int:
    """Return how many bytes a file had when it was given a stamp."""
    return int(stamp.partition(":")[0])


def read_text(root: Path, path: str) -> str | None:
    """Return a file's text; None for one that is too large, binary, or cannot be read. Odd bytes are replaced."""
    try:
        content = read_file(root, path, most_bytes=MOST_BYTES)
    except OSError:
        return None
    if b"\0" in content[:_LOOKED_AT_BYTES]:
        return None
    return content.decode(errors="replace")


def _walked(root: Path, before: Look | None) -> Look:
    found = walk(root, time.time_ns(), before.walk if before else None)
    return Look(_stamps(root, found.paths), found)


def _stamped(root: Path, listed: Iterable[str]) -> Look:
    unwanted = spec_of(root, IGNORE_FILE)
    return Look(_stamps(root, sorted({path for path in listed if is_wanted(path, unwanted)})), None)


def _stamps(root: Path, paths: Iterable[str]) -> dict[str, str]:
    """Return the stamps of the plain files among some paths; others may be gone since they were listed."""
    above, stamps = f"{root}/", dict[str, str]()
    for path in paths:
        try:
            status = os.lstat(above + path)  # a Path for each of many thousand files costs more than the question
        except OSError:
            continue
        if stat.S_ISREG(status.st_mode):
            stamps[path] = f"{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}:{status.st_ino}"
    return stamps
