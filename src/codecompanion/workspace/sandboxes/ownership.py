"""Lets a sandbox that root starts run under a user id that owns nothing else.

bubblewrap started by root is no boundary: root inside is root for the files of the host. So root becomes `SANDBOX_UID` first.
"""

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

# Among the ids that Debian keeps for itself and gives to nobody (65000-65533), and below 65536 so that containers map it.
SANDBOX_UID = 65333

# Deeper than any project; a hostile command can nest folders until every walk runs out of descriptors.
DEPTH = 64


def give_all(folders: Iterable[Path]) -> None:
    """Make folders and what is in them, down to `DEPTH` levels, belong to the sandbox; links are not followed.

    A file with a second name is skipped, because the other name may lie outside. What already belongs to the sandbox is
    not touched, so that doing it again costs a walk only.
    """
    for folder in folders:
        os.chown(folder, SANDBOX_UID, SANDBOX_UID, follow_symlinks=False)
        _enter(str(folder), None, DEPTH)


def _enter(name: str, parent: int | None, levels: int) -> None:
    descriptor = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
    try:
        for entry in os.scandir(descriptor):
            with suppress(FileNotFoundError):  # another command in the same folder has just removed it
                _give(entry, descriptor, levels)
    finally:
        os.close(descriptor)


def _give(entry: "os.DirEntry[str]", parent: int, levels: int) -> None:
    found = entry.stat(follow_symlinks=False)
    is_folder = stat.S_ISDIR(found.st_mode)
    if found.st_uid != SANDBOX_UID and (is_folder or found.st_nlink == 1):
        os.chown(entry.name, SANDBOX_UID, SANDBOX_UID, dir_fd=parent, follow_symlinks=False)
    if is_folder and levels:
        _enter(entry.name, parent, levels - 1)


def closed_folders(paths: Iterable[Path]) -> set[Path]:
    """Return, for real paths, the folders above them that the sandbox cannot pass; of nested ones only the outermost."""
    return {folder for path in paths if (folder := _outermost_closed(path)) is not None}


def _outermost_closed(path: Path) -> Path | None:
    return next((folder for folder in reversed(path.parents) if _is_closed(folder.stat())), None)


def _is_closed(folder: os.stat_result) -> bool:
    passing = stat.S_IXUSR if folder.st_uid == SANDBOX_UID else stat.S_IXOTH
    return not folder.st_mode & passing
