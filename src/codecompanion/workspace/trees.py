"""Turn files into git trees and commits, and commits into files, without the user's index."""

import os
import re
import stat
import tempfile
from collections.abc import AsyncGenerator, Iterable
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import anyio

from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.workspace.git import Git, join_paths

AUTHOR = "CodeCompanion <noreply@codecompanion.invalid>"
_NAME, _EMAIL = AUTHOR.removesuffix(">").split(" <")
_COMMITTED = re.compile(rb"^committer .* (\d+) ([+-]\d{4})$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Commit:
    """What a commit says. `date` is git's own form, "SECONDS ZONE"."""

    tree: str
    parents: tuple[str, ...]
    date: str


async def read_commit(git: Git, commit: str) -> Commit:
    """Return what a commit says."""
    text = await git.run("cat-file", "commit", commit)
    header = text.partition(b"\n\n")[0]
    fields = [line.split(b" ", 1) for line in header.split(b"\n") if b" " in line]
    date = _COMMITTED.search(header)
    if date is None:
        raise EnvironmentBroken(f"commit {commit} has no committer")
    return Commit(
        tree=next(value for name, value in fields if name == b"tree").decode(),
        parents=tuple(value.decode() for name, value in fields if name == b"parent"),
        date=f"@{date[1].decode()} {date[2].decode()}",
    )


async def commit_tree(git: Git, tree: str, *, parent: str, message: str, date: str) -> str:
    """Make a commit of ours and return its id, which depends on the arguments only. `date` is "@SECONDS ZONE"."""
    trailer = f"Co-authored-by: {AUTHOR}"
    text = message if trailer in message else f"{message.rstrip()}\n\n{trailer}\n"
    identity = {
        f"GIT_{role}_{part}": value
        for role in ("AUTHOR", "COMMITTER")
        for part, value in (("NAME", _NAME), ("EMAIL", _EMAIL), ("DATE", date))
    }
    return await git.line("commit-tree", "-p", parent, tree, stdin=text.encode(errors="replace"), env=identity)


@asynccontextmanager
async def temporary_index(git: Git) -> AsyncGenerator[Git]:
    """Lend git an index of its own, empty at first, that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="codecompanion-index-") as folder:
        yield replace(git, index=Path(folder, "index"))


async def record_files(git: Git, *, largest: int | None = None, without: AbstractSet[str] = frozenset()) -> str:
    """Bring the index up to the files, ignored ones left out, and return the id of its tree.

    Files of more than `largest` bytes stay as they are in the index; None is no limit. So do those in `without`, and virtual
    environments that somebody forgot to ignore.

    `git add -A` would do the same, but it looks into folders with a `.git` and obeys the configuration it finds there.
    """
    listed = await git.paths("ls-files", "-z", "--others", "--modified", "--deleted", "--deduplicate", "--exclude-standard")
    # In order, so that a file that became a folder leaves before the folder's files come.
    known = await anyio.to_thread.run_sync(_recordable, git.cwd, sorted(_without_environments(listed) - without), largest)
    await git.run("update-index", "-z", "--add", "--remove", "--replace", "--stdin", stdin=join_paths(known))
    return await git.line("write-tree")


def _without_environments(listed: Iterable[str]) -> set[str]:
    paths = set(listed)
    folders = tuple(path.removesuffix("pyvenv.cfg") for path in paths if path.endswith("/pyvenv.cfg"))
    return {path for path in paths if not path.startswith(folders)}


def _recordable(root: Path, listed: Iterable[str], largest: int | None) -> list[str]:
    # A name that ends with a slash is a repository within; its files are not ours to record.
    return [path for path in listed if not path.endswith("/") and _is_recordable(root / path, largest)]


def _is_recordable(path: Path, largest: int | None) -> bool:
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True  # it was removed, and that is to be recorded
    if stat.S_ISREG(found.st_mode):
        return os.access(path, os.R_OK) and (largest is None or found.st_size <= largest)
    return stat.S_ISLNK(found.st_mode) or stat.S_ISDIR(found.st_mode)


async def write_out(git: Git, commit: str, folder: Path) -> None:
    """Write the files of a commit into an empty folder."""
    async with temporary_index(git.on(folder)) as lent:
        await lent.run("read-tree", commit)
        await lent.run("checkout-index", "--all", "--force", "--quiet")
