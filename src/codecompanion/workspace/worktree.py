"""Keep the files of a run in a git worktree of its own.

The commands of a run may do anything to the worktree, its `.git` file included. So git is never led by what stands
there: it is told the repository's own folder and an index that lies beside the worktree, where no command reaches it.
"""

import os
import re
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

import anyio

from codecompanion.domain.errors import BadInput, EnvironmentBroken, PolicyRefused
from codecompanion.ports import Brought, Merged, RepositoryState, Side, Tree, UsersFiles
from codecompanion.safe_open import write_file
from codecompanion.workspace.bringing import beside_tracked, brought_paths, find_needed, record_needed, untracked_settings
from codecompanion.workspace.changed_texts import texts_of_change
from codecompanion.workspace.delivery import apply_change, deliver_branch
from codecompanion.workspace.file_changes import FileChange, change_files
from codecompanion.workspace.folder_trees import keep_only, make_accessible, remove_special_files, remove_tree
from codecompanion.workspace.git import Git, join_paths, resolve_commit
from codecompanion.workspace.merging import Conflicts, changed_paths, commit_with, merge_change
from codecompanion.workspace.os_errors import is_full, os_errors_explained
from codecompanion.workspace.repository import Repository, inspect, locate, with_user_excludes
from codecompanion.workspace.run_lock import run_lock
from codecompanion.workspace.tree_entries import changed_entries
from codecompanion.workspace.trees import (
    commit_tree,
    read_commit,
    record_files,
    temporary_index,
    write_out,
)
from codecompanion.workspace.unified_diff import unified_diff

LARGEST_LOOKED_AT = 5_000_000
"""In bytes: what the user has lying about is recorded to try a change on it, but data of any size would fill the repository."""
OnCommit = Callable[[str, str], Awaitable[None]]
_BESIDE = ("index", "brought")
"""What lies beside the worktree of a run for as long as there is one."""
_RUN_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]*")


class GitWorkspace:
    """Worktrees below one folder, `WORKTREES/RUN_ID`. Each has one writer at a time. See `ports.Workspace`.

    What the disk refuses is `EnvironmentBroken`, in every method.

    Args:
        worktrees: The folder.
        stand_in: A repository that stands for every one that is named, None for none: those are on another machine.
        on_commit: Hears the ref and the commit of each tree and branch, before the caller does.
    """

    def __init__(self, worktrees: Path, *, stand_in: Path | None = None, on_commit: OnCommit | None = None) -> None:
        self._worktrees = Path(os.path.realpath(worktrees))
        self._stand_in = stand_in
        self._on_commit = on_commit

    def path(self, run_id: str) -> Path:
        """Return where the run's worktree is, whether it exists or not.

        Raises:
            BadInput: The id cannot name a folder.
        """
        if not _RUN_ID.fullmatch(run_id):
            raise BadInput(f"{run_id!r} is no run id")
        return self._worktrees / run_id

    def _existing(self, run_id: str) -> Path:
        root = self.path(run_id)
        if root.is_symlink() or not root.is_dir():
            raise EnvironmentBroken(f"the worktree of run {run_id} is gone", fix="restore it from a recorded commit")
        return root

    @os_errors_explained
    async def inspect(self, folder: Path) -> RepositoryState:
        """Look at the repository that holds a folder."""
        return await inspect(folder)

    @os_errors_explained
    async def prepare(self, run_id: str, repo: Path, commit: str, *, include_uncommitted: bool = False) -> Tree:
        """Make the worktree of a run, or the same one again, and record its tree as `refs/codecompanion/RUN/base`."""
        async with self._locked(run_id, repo) as found:
            start = await resolve_commit(found.users, commit)
            base = await self._base(found, run_id, start, uncommitted=include_uncommitted)
            tree = await self._recorded(found, run_id, "base", base)
            ready = False
            try:
                await self._reset(found, run_id, base)
                ready = True
            finally:
                if not ready:
                    with anyio.CancelScope(shield=True):
                        await self._discard(found, run_id)
            return tree

    @asynccontextmanager
    async def _locked(self, run_id: str, repo: Path) -> AsyncGenerator[Repository]:
        found = await self._locate(repo)
        async with run_lock(self._beside(run_id, "lock")) as held:
            yield replace(found, ours=replace(found.ours, inherited=(held,)))

    async def _locate(self, repo: Path) -> Repository:
        return await locate(self._stand_in or repo)

    def _beside(self, run_id: str, kind: str) -> Path:
        """Return where something of a run lies that its commands must not reach."""
        return self._worktrees / f".{kind}" / self.path(run_id).name

    async def _base(self, found: Repository, run_id: str, commit: str, *, uncommitted: bool) -> str:
        if not uncommitted:
            return commit
        before = await found.ours.ask("rev-parse", "--verify", "--quiet", f"refs/codecompanion/{run_id}/base")
        if before.exit_code == 0 and commit in (await read_commit(found.ours, before.line)).parents:
            return before.line
        return await commit_uncommitted(found, commit)

    async def _recorded(self, found: Repository, run_id: str, version: str, commit: str) -> Tree:
        ref = f"refs/codecompanion/{run_id}/{version}"
        # A run has one writer, so a lock on its ref is one that a killed git left.
        (found.common_dir / f"{ref}.lock").unlink(missing_ok=True)
        await found.ours.run("update-ref", ref, commit)
        await self._tell(ref, commit)
        return Tree(tree=(await read_commit(found.ours, commit)).tree, commit=commit, ref=ref)

    async def _tell(self, ref: str, commit: str) -> None:
        if self._on_commit is not None:
            await self._on_commit(ref, commit)

    @os_errors_explained
    async def gather(self, run_id: str, repo: Path, commit: str) -> Brought:
        """Keep the ignored files that the code of a commit needs as `refs/codecompanion/RUN/brought`, and bring them."""
        async with self._locked(run_id, repo) as found:
            choice = await find_needed(found, commit)
            if not choice.taken:
                return Brought(None, (), choice.left_out)
            made, blobs = await record_needed(found, choice.taken, commit)
            await self._bring(found, run_id, made)
            await self._reset(found, run_id, commit)
            files = tuple((one.path, blob, one.size) for one, blob in zip(choice.taken, blobs, strict=True))
            return Brought(made, files, choice.left_out)

    @os_errors_explained
    async def bring(self, run_id: str, repo: Path, commit: str) -> None:
        """Lay the files of a commit that `gather` made beside whatever tree is restored from now on."""
        async with self._locked(run_id, repo) as found:
            await self._bring(found, run_id, await resolve_commit(found.ours, commit))

    async def _bring(self, found: Repository, run_id: str, commit: str) -> None:
        await self._recorded(found, run_id, "brought", commit)
        index = self._beside_git(found, run_id).index
        # Not from within the worktree, which may be gone.
        await replace(found.ours, index=index).run("read-tree", "--reset", commit)

    def _beside_git(self, found: Repository, run_id: str) -> Git:
        """Return git with the index of the files that lie beside the recorded ones."""
        index = self._beside(run_id, "brought")
        index.parent.mkdir(parents=True, exist_ok=True)
        index.with_name(f"{index.name}.lock").unlink(missing_ok=True)
        return found.ours.on(self.path(run_id), index)

    @os_errors_explained
    async def write(self, run_id: str, files: Mapping[str, bytes]) -> None:
        """Replace whole files of the worktree, all or none, keeping their modes.

        Raises:
            PolicyRefused: A path leaves the worktree, is or goes through a symlink, or lies in `.git`.
            EnvironmentBroken: The worktree is gone, or the disk is full.
        """
        root = self._existing(run_id)
        for path in files:
            if (root / path).is_symlink():
                raise PolicyRefused(f"{path!r} is a symlink")
        changes = [FileChange(path, content) for path, content in files.items()]
        await anyio.to_thread.run_sync(change_files, root, changes)

    @os_errors_explained
    async def snapshot(self, run_id: str, repo: Path, *, version: int, parent: str, message: str) -> Tree:
        """Record the worktree's files as a commit on `parent`, dated like it, so that equal files give an equal id.

        Raises:
            EnvironmentBroken: The worktree is gone.
        """
        root = self._existing(run_id)
        async with self._locked(run_id, repo) as found:
            await anyio.to_thread.run_sync(make_accessible, root)
            await anyio.to_thread.run_sync(remove_special_files, root)
            git = await self._git(found, run_id)
            brought = await brought_paths(self._beside_git(found, run_id))
            # Also when the change takes a line out of .gitignore, they are none of it.
            tree = await record_files(
                git, without=brought - frozenset(await git.paths("ls-files", "-z")) if brought else brought
            )
            date = (await read_commit(found.ours, parent)).date
            commit = await commit_tree(found.ours, tree, parent=parent, message=message, date=date)
            return await self._recorded(found, run_id, str(version), commit)

    @os_errors_explained
    async def restore(self, run_id: str, repo: Path, commit: str) -> None:
        """Make the worktree equal to a recorded commit, without any other file; it is made anew when it is gone."""
        async with self._locked(run_id, repo) as found:
            await self._reset(found, run_id, await resolve_commit(found.ours, commit))

    @os_errors_explained
    async def combine(self, run_id: str, repo: Path, *, version: str, base: str, head: str, paths: AbstractSet[str]) -> Tree:
        """Record the tree of `base` with some paths as they are in `head`, as `refs/codecompanion/RUN/VERSION`."""
        async with self._locked(run_id, repo) as found:
            _, changed = await changed_entries(found.ours, base, head)
            made = await commit_with(found.ours, base, [entry for entry in changed if entry.path in paths], "The tests alone")
            return await self._recorded(found, run_id, version, made)

    @os_errors_explained
    async def export(self, repo: Path, commit: str, folder: Path) -> None:
        """Write a recorded tree into a new folder.

        Raises:
            BadInput: The folder is not empty or cannot be written, or there is no such commit.
        """
        found = await self._locate(repo)
        await resolve_commit(found.ours, commit)
        await write_out(found.ours, commit, _new_folder(folder))

    @os_errors_explained
    async def diff(self, repo: Path, before: str, after: str) -> str:
        """Return the unified diff between two commits, "" when they are equal; `git apply` takes it."""
        found = await self._locate(repo)
        return await unified_diff(found.ours, await resolve_commit(found.ours, before), await resolve_commit(found.ours, after))

    @os_errors_explained
    async def changed_texts(self, repo: Path, before: str, after: str) -> tuple[dict[str, str], dict[str, str]]:
        """Return the texts of the files in which two commits differ, by path, before and after; binary files are left out."""
        found = await self._locate(repo)
        return await texts_of_change(found.ours, before, after)

    @os_errors_explained
    async def deliver(self, repo: Path, *, branch: str, commit: str, base: str, message: str, date: datetime) -> str:
        """Create a branch with one commit on `base` that has the tree of `commit`; return the commit's id.

        Raises:
            BadInput: The name is no branch name.
            PolicyRefused: The branch exists and is another commit.
        """
        found = await self._locate(repo)
        made = await deliver_branch(found, branch, commit=commit, base=base, message=message, date=date)
        await self._tell(f"refs/heads/{branch}", made)
        return made

    @os_errors_explained
    async def apply(self, repo: Path, before: str, after: str) -> tuple[str, ...]:
        """Bring the change between two commits into the user's working tree, uncommitted, all or none; return the paths.

        Files that are as in `after` already are left alone. `apply(repo, after, before)` undoes it.
        """
        return await apply_change(await self._locate(repo), before, after)

    @os_errors_explained
    async def users_files(self, run_id: str, repo: Path, *, before: str, after: str) -> UsersFiles:
        """Record the user's files as they are now, and the same with the change between two commits merged in."""
        async with self._locked(run_id, repo) as found:
            head = await resolve_commit(found.users, "HEAD")
            users = await commit_uncommitted(found, head, largest=LARGEST_LOOKED_AT)
            changed = await changed_paths(found.ours, before, users)
            if not changed:
                return UsersFiles()
            merged = await merge_change(found.ours, before, after, users)
            if isinstance(merged, Conflicts):
                return UsersFiles(changed, merged.paths)
            ours = await self._recorded(found, run_id, "users", users)
            return UsersFiles(changed, (), ours, await self._recorded(found, run_id, "merged", merged))

    @os_errors_explained
    async def merge(
        self, run_id: str, repo: Path, *, before: str, after: str, onto: str, version: int, keep: Side | None = None
    ) -> Merged:
        """Make the worktree the merge of the change between two commits into another one, and record its tree."""
        async with self._locked(run_id, repo) as found:
            merged = await merge_change(found.ours, before, after, onto, keep=keep)
            if isinstance(merged, Conflicts):
                return Merged(None, merged.paths)
            tree = await self._recorded(found, run_id, str(version), merged)
            await self._reset(found, run_id, merged)
            return Merged(tree)

    @os_errors_explained
    async def remove(self, run_id: str, repo: Path) -> None:
        """Remove the worktree, and those of its candidates; the recorded trees stay."""
        candidates = sorted(
            path.name for path in self._worktrees.glob(f"{run_id}-c*") if path.name[len(run_id) + 2 :].isdigit()
        )
        for place in (run_id, *candidates):
            if not self._has_left(place):
                continue  # to ask git for it would take longer than a short run
            async with self._locked(place, repo) as found:
                await self._discard(found, place)

    @os_errors_explained
    async def forget(self, run_id: str, repo: Path) -> None:
        """Remove the worktree and the recorded trees of what is to leave nothing."""
        await self.remove(run_id, repo)
        async with self._locked(run_id, repo) as found:
            refs = await found.ours.run("for-each-ref", "--format=delete %(refname)", f"refs/codecompanion/{run_id}")
            await found.ours.run("update-ref", "--stdin", stdin=refs)

    def _has_left(self, run_id: str) -> bool:
        """Return whether anything is there to be removed: the index is the last that goes."""
        return any(map(_is_there, (self.path(run_id), *map(partial(self._beside, run_id), _BESIDE))))

    async def _git(self, found: Repository, run_id: str) -> Git:
        index = self._beside(run_id, "index")
        index.parent.mkdir(parents=True, exist_ok=True)
        index.with_name(f"{index.name}.lock").unlink(missing_ok=True)
        return found.ours.on(self.path(run_id), index)

    async def _reset(self, found: Repository, run_id: str, commit: str) -> None:
        root = self.path(run_id)
        admin = await anyio.to_thread.run_sync(_admin_folder, found.common_dir, root)
        if admin is None or root.is_symlink() or not root.is_dir():
            admin = await self._create(found, run_id, commit)
        await anyio.to_thread.run_sync(make_accessible, root)
        git = await self._git(found, run_id)
        await git.run("read-tree", "--reset", commit)
        tracked = frozenset(await git.paths("ls-files", "-z"))
        beside = self._beside_git(found, run_id)
        brought = beside_tracked(await brought_paths(beside), tracked)
        await anyio.to_thread.run_sync(keep_only, root, tracked | brought)
        await anyio.to_thread.run_sync(write_file, root, ".git", os.fsencode(f"gitdir: {admin}\n"))
        await git.run("checkout-index", "--all", "--force", "--index", "--quiet")
        if brought:
            listed = join_paths(sorted(brought))
            await beside.run("checkout-index", "-z", "--stdin", "--force", "--index", "--quiet", stdin=listed)

    async def _create(self, found: Repository, run_id: str, commit: str) -> Path:
        root = self.path(run_id)
        await anyio.to_thread.run_sync(remove_tree, root)
        root.parent.mkdir(parents=True, exist_ok=True)
        # Twice forced: what a killed run left of its entry is replaced although it is locked.
        reason = f"CodeCompanion run {run_id}"
        await found.ours.run(
            "worktree", "add", "--force", "--force", "--detach", "--lock", "--reason", reason, "--", str(root), commit
        )
        admin = Path(os.fsdecode((root / ".git").read_bytes()).removeprefix("gitdir: ").rstrip("\n"))
        index = self._beside(run_id, "index")
        index.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(admin / "index", index)
        return admin

    async def _discard(self, found: Repository, run_id: str) -> None:
        root = self.path(run_id)
        await anyio.to_thread.run_sync(remove_tree, root)
        await found.ours.ask("worktree", "remove", "--force", "--force", "--", str(root))
        for kind in _BESIDE:
            self._beside(run_id, kind).unlink(missing_ok=True)


async def commit_uncommitted(found: Repository, commit: str, *, largest: int | None = None) -> str:
    """Return a commit on another one with the user's files as they are; the same files give the same id.

    Files of settings that were never added, `.env` and the like, are not in it: they hold secrets.
    """
    async with temporary_index(await with_user_excludes(found.users)) as git:
        assert git.index is not None
        with suppress(FileNotFoundError):
            # The user's own index knows which files are unchanged without reading them, and which are not checked out.
            # Its own time stays: git reads again what was changed in the moment in which the index was written.
            shutil.copy2(found.git_dir / "index", git.index)
        tree = await record_files(git, largest=largest, without=frozenset(await untracked_settings(git)))
    date = (await read_commit(found.ours, commit)).date
    return await commit_tree(found.ours, tree, parent=commit, message="Uncommitted changes of the user", date=date)


def _new_folder(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise BadInput(f"{str(folder)!r} is not empty", fix="name a folder that does not exist yet")
    except OSError as error:
        if is_full(error):
            raise
        raise BadInput(f"{str(folder)!r} cannot be used as a folder", cause=str(error), fix="name another folder") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise BadInput(f"{str(folder)!r} cannot be written", fix="name another folder")
    return folder.resolve()


def _is_there(path: Path) -> bool:
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    return True


def _admin_folder(common_dir: Path, root: Path) -> Path | None:
    """Return the folder in which git keeps what it knows of a worktree."""
    for entry in (common_dir / "worktrees").glob("*/gitdir"):
        if os.fsdecode(entry.read_bytes()).rstrip("\n") == str(root / ".git"):
            return entry.parent
    return None
