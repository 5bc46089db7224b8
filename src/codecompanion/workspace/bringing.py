"""Keep ignored files that a run's worktree needs as a commit of their own, beside the trees of the run."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import PurePosixPath

import anyio

from codecompanion.workspace.git import Git, split_paths
from codecompanion.workspace.ignored_files import OF_SECRETS, Choice, Ignored, choose_ignored, holds_settings
from codecompanion.workspace.repository import Repository, with_user_excludes
from codecompanion.workspace.tree_entries import Entry, index_info
from codecompanion.workspace.trees import commit_tree, read_commit, temporary_index

_MESSAGE = "Files that git ignores and the project's code needs"


async def find_needed(found: Repository, commit: str) -> Choice:
    """Return which of the files that git ignores in the user's folder the code of a commit needs.

    Files of settings that git does not have are left out, whether it ignores them or not.
    """
    git = await with_user_excludes(found.users)
    ignored = await git.paths("ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory")
    tracked = await found.ours.paths("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit)
    choice = await anyio.to_thread.run_sync(choose_ignored, found.root, ignored, frozenset(tracked))
    settings = [(path, OF_SECRETS) for path in await untracked_settings(git)]
    return replace(choice, left_out=tuple(sorted({*choice.left_out, *settings})))


async def untracked_settings(git: Git) -> list[str]:
    """Return the files of settings (`.env` and the like) in the user's folder that git neither has nor ignores."""
    found = await git.paths("ls-files", "-z", "--others", "--exclude-standard")
    return [path for path in found if holds_settings(path)]


async def record_needed(found: Repository, files: Sequence[Ignored], base: str) -> tuple[str, tuple[str, ...]]:
    """Record files of the user's folder as a commit on `base`; return its id, and the id of each file's content."""
    named = "".join(f"{one.path}\n" for one in files).encode(errors="surrogateescape")
    blobs = (await found.users.run("hash-object", "-w", "--no-filters", "--stdin-paths", stdin=named)).decode().split()
    modes = ("100755" if one.executable else "100644" for one in files)
    entries = [Entry(mode, blob, one.path) for mode, blob, one in zip(modes, blobs, files, strict=True)]
    async with temporary_index(found.ours) as lent:
        await lent.run("update-index", "-z", "--index-info", stdin=index_info(entries))
        tree = await lent.line("write-tree")
    date = (await read_commit(found.ours, base)).date
    return await commit_tree(found.ours, tree, parent=base, message=_MESSAGE, date=date), tuple(blobs)


async def brought_paths(beside: Git) -> frozenset[str]:
    """Return the paths that an index of brought files holds, none when there is no such index."""
    if beside.index is None or not beside.index.exists():
        return frozenset()
    return frozenset(split_paths(await beside.run("ls-files", "-z")))


def beside_tracked(brought: Iterable[str], tracked: AbstractSet[str]) -> frozenset[str]:
    """Return those brought files that stand in the way of no tracked one, which comes first."""
    folders = {str(above) for path in tracked for above in PurePosixPath(path).parents}
    return frozenset(
        path
        for path in brought
        if path not in tracked and path not in folders and tracked.isdisjoint(map(str, PurePosixPath(path).parents))
    )
