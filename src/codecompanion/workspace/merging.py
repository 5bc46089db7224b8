"""Merge a change into other files than those it was made on, without touching any file."""

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from codecompanion.ports import Side
from codecompanion.workspace.git import Git, split_paths
from codecompanion.workspace.tree_entries import ABSENT, Entry, changed_entries, index_info
from codecompanion.workspace.trees import commit_tree, read_commit, temporary_index

_FILES = ("100644", "100755")


@dataclass(frozen=True, slots=True)
class Conflicts:
    """The paths that cannot be merged."""

    paths: tuple[str, ...]


async def changed_paths(git: Git, before: str, after: str) -> tuple[str, ...]:
    """Return the paths in which two commits differ, sorted."""
    return tuple(sorted(split_paths(await git.run("diff-tree", "-r", "-z", "--name-only", "--no-renames", before, after))))


async def merge_change(git: Git, before: str, after: str, onto: str, *, keep: Side | None = None) -> str | Conflicts:
    """Return a commit on `onto` that has the change between two commits too, or where both change the same lines.

    With `keep` there are no conflicts: where both change the same lines, those of `onto` or of the change are kept.
    """
    old, new = await changed_entries(git, before, after)
    merged = [await _merged(git, b, a, await _entry(git, onto, a.path), keep) for b, a in zip(old, new, strict=True)]
    conflicts = tuple(a.path for a, entry in zip(new, merged, strict=True) if entry is None)
    if conflicts:
        return Conflicts(conflicts)
    return await commit_with(git, onto, [entry for entry in merged if entry], "The change, merged into the user's files")


async def commit_with(git: Git, onto: str, entries: Iterable[Entry], message: str) -> str:
    """Return a commit on another, with some of its paths replaced."""
    async with temporary_index(git) as lent:
        await lent.run("read-tree", onto)
        await lent.run("update-index", "-z", "--index-info", stdin=index_info(entries))
        tree = await lent.line("write-tree")
    date = (await read_commit(git, onto)).date
    return await commit_tree(git, tree, parent=onto, message=message, date=date)


async def _entry(git: Git, commit: str, path: str) -> Entry:
    listed = split_paths(await git.run("ls-tree", "-z", "--full-tree", commit, "--", path))
    if not listed:
        return Entry(ABSENT, "0" * 40, path)
    mode, _, blob = listed[0].partition("\t")[0].split(" ")
    return Entry(mode, blob, path)


async def _merged(git: Git, before: Entry, after: Entry, users: Entry, keep: Side | None) -> Entry | None:
    """Return what a path becomes, None when both sides changed it, git cannot merge them, and neither is to be kept."""
    kept = {None: None, "onto": users, "change": after}[keep]
    if users.blob == before.blob:
        return after
    if users == after:
        return users
    if not all(entry.mode in _FILES for entry in (before, after, users)):
        return kept
    with tempfile.TemporaryDirectory(prefix="codecompanion-merge-") as folder:
        names = [Path(folder, name) for name in ("users", "before", "after")]
        for name, entry in zip(names, (users, before, after), strict=True):
            name.write_bytes(await git.run("cat-file", "blob", entry.blob))
        favour = {None: (), "onto": ("--ours",), "change": ("--theirs",)}[keep]
        result = await git.ask("merge-file", "-p", "--quiet", *favour, *map(str, names))
    if result.exit_code:
        return kept
    return Entry(users.mode, await git.line("hash-object", "-w", "--stdin", stdin=result.stdout), users.path)
