"""Bring a result to the user: as a branch, or as uncommitted changes."""

import os
import tempfile
from datetime import datetime
from pathlib import Path

import anyio

from codecompanion.domain.errors import BadInput, PolicyRefused
from codecompanion.workspace.file_changes import FileChange, change_files
from codecompanion.workspace.git import Git, join_paths, resolve_commit
from codecompanion.workspace.repository import Repository
from codecompanion.workspace.tree_entries import ABSENT, Entry, changed_entries, index_info
from codecompanion.workspace.trees import commit_tree, read_commit, temporary_index


async def deliver_branch(found: Repository, branch: str, *, commit: str, base: str, message: str, date: datetime) -> str:
    """Create a branch with one commit on `base` that has the tree of `commit`. See `ports.Workspace.deliver`."""
    git = found.ours
    if (await git.ask("check-ref-format", f"refs/heads/{branch}")).exit_code or branch.startswith("-"):
        raise BadInput(f"{branch!r} is no branch name")
    tree = (await read_commit(git, await resolve_commit(git, commit))).tree
    stamp = f"@{int(date.timestamp())} +0000"
    made = await commit_tree(git, tree, parent=await resolve_commit(git, base), message=message, date=stamp)
    await create_branch(git, branch, made)
    return made


async def create_branch(git: Git, branch: str, commit: str) -> None:
    """Create a branch at a commit; nothing happens when it is there.

    Raises:
        PolicyRefused: It exists and is another commit.
    """
    ref = f"refs/heads/{branch}"
    created = await git.ask("update-ref", ref, commit, "0" * len(commit))
    if created.exit_code == 0:
        return
    there = await git.ask("rev-parse", "--verify", "--quiet", ref)
    if there.exit_code or there.line != commit:
        raise PolicyRefused(
            f"the branch {branch!r} cannot be created",
            cause="it exists and is never moved" if there.exit_code == 0 else created.complaint,
            fix="choose another name, or rename the branch that is there",
        )


async def apply_change(found: Repository, before: str, after: str) -> tuple[str, ...]:
    """Bring the change between two commits into the user's files. See `ports.Workspace.apply`."""
    old, new = await changed_entries(found.ours, before, after)
    missing = {entry.path for entry in await _differing(found.users, new)}
    changed = [entry.path for entry in await _differing(found.users, [entry for entry in old if entry.path in missing])]
    if changed:
        raise PolicyRefused(
            f"you changed {', '.join(map(repr, changed))} meanwhile; nothing was written",
            fix="commit or set aside your changes of these files, or take the branch instead",
        )
    wanted = [entry for entry in new if entry.path in missing]
    changes = await _file_changes(found.users, wanted)
    await anyio.to_thread.run_sync(change_files, found.root, changes)
    return tuple(entry.path for entry in new)


async def _differing(git: Git, entries: list[Entry]) -> list[Entry]:
    """Return those entries that the user's files do not equal, whatever the user's index says of them."""
    present = {entry.path: entry for entry in entries if entry.mode != ABSENT}
    async with temporary_index(git) as lent:
        await lent.run("update-index", "-z", "--index-info", stdin=index_info(present.values()))
        await lent.ask("update-index", "-q", "--refresh")
        changed = frozenset(await lent.paths("diff-files", "-z", "--name-only", "--no-ext-diff", "--ignore-submodules=all"))
    return [entry for entry in entries if (entry.path in changed if entry.path in present else _is_file(git.cwd / entry.path))]


def _is_file(path: Path) -> bool:
    return path.is_symlink() or (os.path.lexists(path) and not path.is_dir())


async def _file_changes(git: Git, entries: list[Entry]) -> list[FileChange]:
    """Return the changes that make the user's files equal to the entries, line ends as the project's attributes say."""
    present = [entry for entry in entries if entry.mode != ABSENT]
    gone = [FileChange(entry.path, None) for entry in entries if entry.mode == ABSENT]
    with tempfile.TemporaryDirectory(prefix="codecompanion-apply-") as folder:
        async with temporary_index(git) as lent:
            await lent.run("update-index", "-z", "--index-info", stdin=index_info(present))
            listed = join_paths([entry.path for entry in present])
            await lent.run("checkout-index", "-z", "--stdin", "--force", "--quiet", f"--prefix={folder}/", stdin=listed)
        return gone + [_file_change(Path(folder), entry) for entry in present]


def _file_change(folder: Path, entry: Entry) -> FileChange:
    path, mode = folder / entry.path, int(entry.mode, 8)
    content = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
    return FileChange(entry.path, content, mode)
