"""The repository and the worktrees that are changed in the user's stead."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class RepositoryState:
    """A user's repository as it stands. `branch` is None on a detached HEAD; `dirty` lists changed and untracked paths."""

    root: Path
    head: str
    branch: str | None
    dirty: tuple[str, ...] = ()
    submodules: tuple[str, ...] = ()
    in_progress: str | None = None


@dataclass(frozen=True, slots=True)
class Tree:
    """A recorded tree: its git object id, the commit that holds it, and the ref that keeps it."""

    tree: str
    commit: str
    ref: str


@dataclass(frozen=True, slots=True)
class Brought:
    """Files that git ignores and a worktree needs: (path, git's id of the content, bytes), and (path, why) of those left out.

    `commit` holds them; None when there are none.
    """

    commit: str | None
    files: tuple[tuple[str, str, int], ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class UsersFiles:
    """The user's files as they are, and with a change merged in.

    `changed` are the paths in which they differ from where the change starts, `conflicts` those that cannot be merged.
    `users` and `merged` are None when nothing differs or there is a conflict.
    """

    changed: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    users: Tree | None = None
    merged: Tree | None = None


Side = Literal["onto", "change"]
"""Whose lines a merge keeps where both changed them."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What a three-way merge came to: the merged tree, or the paths in which both sides changed the same lines."""

    tree: Tree | None
    conflicts: tuple[str, ...] = ()


class Workspace(Protocol):
    """The run's own git worktree, under the state folder, never inside the user's tree."""

    def path(self, run_id: str) -> Path:
        """Return where the run's worktree is, whether it exists or not."""
        ...

    async def inspect(self, folder: Path) -> RepositoryState:
        """Look at the repository that holds a folder.

        Raises:
            BadInput: The folder is missing, not in a repository, in a bare one, or in one without commits.
            EnvironmentBroken: git is missing or too old.
        """
        ...

    async def prepare(self, run_id: str, repo: Path, commit: str, *, include_uncommitted: bool = False) -> Tree:
        """Make the worktree of a run at a commit (with the user's uncommitted changes on top, if asked) and record its tree.

        Calling it again gives the same worktree back, reset to that tree. The user's index and files are not touched.
        """
        ...

    async def gather(self, run_id: str, repo: Path, commit: str) -> Brought:
        """Keep the user's files that git ignores and the code of a commit needs, and lay them into the run's worktree."""
        ...

    async def bring(self, run_id: str, repo: Path, commit: str) -> None:
        """Lay files that `gather` kept, also for another run, into the worktree whenever it is restored from now on.

        They belong to no recorded tree; where a tree has a file of its own, that comes first.
        """
        ...

    async def write(self, run_id: str, files: Mapping[str, bytes]) -> None:
        """Replace whole files of the worktree, all or none, keeping their modes.

        Raises:
            PolicyRefused: A path leaves the worktree, goes through a symlink or into `.git`.
        """
        ...

    async def snapshot(self, run_id: str, repo: Path, *, version: int, parent: str, message: str) -> Tree:
        """Record the worktree's files (ignored ones left out) as a commit on `parent`.

        It is kept under `refs/codecompanion/RUN/VERSION`.
        """
        ...

    async def restore(self, run_id: str, repo: Path, commit: str) -> None:
        """Make the worktree equal to a recorded commit; it is made anew when it is gone."""
        ...

    async def combine(self, run_id: str, repo: Path, *, version: str, base: str, head: str, paths: AbstractSet[str]) -> Tree:
        """Record the tree of one commit with some paths as they are in another; the worktree is left alone."""
        ...

    async def export(self, repo: Path, commit: str, folder: Path) -> None:
        """Write a recorded tree into a new folder."""
        ...

    async def changed_texts(self, repo: Path, before: str, after: str) -> tuple[dict[str, str], dict[str, str]]:
        """Return the texts of the files in which two commits differ, by path, before and after; binary files are left out.

        A file that is new is missing before, one that is deleted is missing after.
        """
        ...

    async def diff(self, repo: Path, before: str, after: str) -> str:
        """Return the unified diff between two commits, "" when they are equal."""
        ...

    async def deliver(self, repo: Path, *, branch: str, commit: str, base: str, message: str, date: datetime) -> str:
        """Create a branch with one commit on `base` that has the tree of `commit`; return the commit's id.

        Calling it again with the same arguments gives the same commit. An existing other branch is never moved.
        """
        ...

    async def apply(self, repo: Path, before: str, after: str) -> tuple[str, ...]:
        """Bring the change between two commits into the user's working tree, uncommitted, all or none; return the paths.

        Raises:
            PolicyRefused: The user changed one of these files meanwhile; nothing was written.
        """
        ...

    async def users_files(self, run_id: str, repo: Path, *, before: str, after: str) -> UsersFiles:
        """Record the user's files as they are now, and the same with the change between two commits merged in.

        Neither the user's files nor the index nor the worktree is touched.
        """
        ...

    async def merge(
        self, run_id: str, repo: Path, *, before: str, after: str, onto: str, version: int, keep: Side | None = None
    ) -> Merged:
        """Make the worktree the merge of the change between two commits into another one, and record its tree.

        With `keep` the lines of one side are kept where both changed them; without, a conflict changes nothing. The tree is
        kept under `refs/codecompanion/RUN/VERSION`.
        """
        ...

    async def remove(self, run_id: str, repo: Path) -> None:
        """Remove the worktree, and those of its candidates (RUN-c1, RUN-c2, ...); the recorded trees stay."""
        ...

    async def forget(self, run_id: str, repo: Path) -> None:
        """Remove the worktree and the recorded trees of what is to leave nothing."""
        ...
