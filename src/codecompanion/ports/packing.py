"""A repository on its way to another machine."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PackedRepository:
    """A commit without its history, as bytes; `uncommitted` is one in it with the user's changes on top, None for none."""

    content: bytes
    uncommitted: str | None = None


@dataclass(frozen=True, slots=True)
class PackedCommit:
    """A commit that comes from another machine, and the ref that is to keep it."""

    ref: str
    commit: str
    content: bytes


class Packing(Protocol):
    """Brings repositories to other machines, and what was made there back."""

    async def pack_repository(self, repo: Path, commit: str, *, include_uncommitted: bool) -> PackedRepository:
        """Pack a commit of a repository without its history, and the user's uncommitted changes if they are asked for.

        Raises:
            BadInput: It is too large to be sent.
        """
        ...

    async def unpack_repository(self, packed: PackedRepository, commit: str, folder: Path) -> None:
        """Make a repository in a folder that stands as the packed one did: at the commit, with the uncommitted changes."""
        ...

    async def pack_commit(self, repo: Path, commit: str, without: Sequence[str]) -> bytes:
        """Pack a commit, without what those of `without` have already.

        Raises:
            BadInput: It is too large to be sent.
        """
        ...

    async def take(self, repo: Path, commits: Sequence[PackedCommit]) -> None:
        """Take commits into a repository, in their order, under their refs; taking one twice changes nothing.

        Raises:
            PolicyRefused: A branch is there and is another commit.
        """
        ...

    async def has(self, repo: Path, commit: str) -> bool:
        """Return whether a folder is on this machine, and is a repository that has a commit."""
        ...
