"""Carry a repository to another machine and what was made there back, as git packs.

A repository goes out without its history: the commit that a run begins with, the user's uncommitted changes if they are part
of it, and nothing older. What comes back is what that does not have.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio

from codecompanion.domain.errors import BadInput
from codecompanion.ports import PackedCommit, PackedRepository
from codecompanion.workspace.delivery import create_branch
from codecompanion.workspace.git import Git, resolve_commit
from codecompanion.workspace.os_errors import os_errors_explained
from codecompanion.workspace.repository import locate
from codecompanion.workspace.trees import temporary_index
from codecompanion.workspace.worktree import commit_uncommitted

MAX_PACK_BYTES = 256 * 1024**2
BRANCHES = "refs/heads/"
_SHA256_DIGITS = 64


@dataclass(frozen=True, slots=True)
class GitPacking:
    """`Packing` by git itself. `max_bytes` is how large a pack may be: a database holds it as one value."""

    max_bytes: int = MAX_PACK_BYTES

    @os_errors_explained
    async def pack_repository(self, repo: Path, commit: str, *, include_uncommitted: bool) -> PackedRepository:
        """Pack a commit without its history; see `Packing.pack_repository`."""
        found = await locate(repo)
        start = await resolve_commit(found.users, commit)
        uncommitted = await commit_uncommitted(found, start) if include_uncommitted else None
        content = await self._pack(found.ours, [start, *([uncommitted] if uncommitted else [])], "--no-walk")
        return PackedRepository(content, uncommitted)

    @os_errors_explained
    async def unpack_repository(self, packed: PackedRepository, commit: str, folder: Path) -> None:
        """Make a repository of a pack; see `Packing.unpack_repository`."""
        await anyio.Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        kind = "sha256" if len(commit) == _SHA256_DIGITS else "sha1"
        await Git(cwd=folder).run("init", "--quiet", f"--object-format={kind}")
        git_dir = folder / ".git"
        await anyio.Path(git_dir / "shallow").write_text(f"{commit}\n", encoding="ascii")
        git = Git(cwd=folder, git_dir=git_dir, work_tree=folder)
        await git.run("index-pack", "--stdin", stdin=packed.content)
        await git.run("update-ref", "--no-deref", "HEAD", commit)
        async with temporary_index(git) as files:
            await files.run("read-tree", packed.uncommitted or commit)
            await files.run("checkout-index", "--all", "--force", "--quiet")
        await git.run("read-tree", commit)

    @os_errors_explained
    async def pack_commit(self, repo: Path, commit: str, without: Sequence[str]) -> bytes:
        """Pack what some commits do not have; see `Packing.pack_commit`."""
        found = await locate(repo)
        return await self._pack(found.ours, [commit, *(f"^{known}" for known in without)])

    @os_errors_explained
    async def take(self, repo: Path, commits: Sequence[PackedCommit]) -> None:
        """Take commits into a repository; see `Packing.take`."""
        found = await locate(repo)
        for one in commits:
            await found.ours.run("unpack-objects", "-q", stdin=one.content)
            if one.ref.startswith(BRANCHES):
                await create_branch(found.ours, one.ref.removeprefix(BRANCHES), one.commit)
            else:
                await found.ours.run("update-ref", one.ref, one.commit)

    @os_errors_explained
    async def has(self, repo: Path, commit: str) -> bool:
        """Return whether a folder is a repository that has a commit; see `Packing.has`."""
        try:
            await resolve_commit((await locate(repo)).ours, commit)
        except BadInput:
            return False
        return True

    async def _pack(self, git: Git, revisions: Sequence[str], *options: str) -> bytes:
        listed = (await git.run("rev-list", "--objects", *options, "--stdin", stdin="\n".join(revisions).encode())).splitlines()
        ids = b"".join(line.split(b" ", 1)[0] + b"\n" for line in listed)
        sizes = await git.run("cat-file", "--batch-check=%(objectsize:disk)", "--buffer", stdin=ids)
        size = sum(map(int, sizes.split()))
        if size > self.max_bytes:
            raise BadInput(
                f"the files have {size // 1024**2:,} MiB when they are packed, more than the {self.max_bytes // 1024**2:,} MiB"
                " that are sent to workers",
                fix="run it here without --detach, or leave large files out of the repository",
            )
        return await git.run("pack-objects", "--stdout", "-q", stdin=ids)
