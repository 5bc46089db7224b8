"""What git trees have at their paths."""

import os
from collections.abc import Iterable
from dataclasses import dataclass

from codecompanion.domain.errors import PolicyRefused
from codecompanion.workspace.git import Git, resolve_commit, split_paths

ABSENT = "000000"
"""The mode of nothing."""
_SUBMODULE = "160000"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a tree has at a path; "000000" is the mode of nothing."""

    mode: str
    blob: str
    path: str


async def changed_entries(git: Git, before: str, after: str) -> tuple[list[Entry], list[Entry]]:
    """Return what two commits have at the paths in which they differ, side by side.

    Raises:
        PolicyRefused: One of them is a submodule.
    """
    trees = [await resolve_commit(git, before), await resolve_commit(git, after)]
    fields = split_paths(await git.run("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", *trees))
    old: list[Entry] = []
    new: list[Entry] = []
    for described, path in zip(fields[::2], fields[1::2], strict=True):
        old_mode, new_mode, old_blob, new_blob, _ = described.removeprefix(":").split(" ")
        if _SUBMODULE in (old_mode, new_mode):
            raise PolicyRefused(f"{path!r} is a submodule and is not changed in your working tree")
        old.append(Entry(old_mode, old_blob, path))
        new.append(Entry(new_mode, new_blob, path))
    return old, new


def index_info(entries: Iterable[Entry]) -> bytes:
    """Return entries as `git update-index -z --index-info` reads them."""
    return b"".join(f"{entry.mode} {entry.blob}\t".encode() + os.fsencode(entry.path) + b"\0" for entry in entries)
