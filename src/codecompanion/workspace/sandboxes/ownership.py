"""Lets a sandbox that root starts run under a user id that owns nothing else.

bubblewrap started by root is no boundary: root inside is root for the files of the host. So root becomes `SANDBOX_UID` first.
"""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

# Among the ids that Debian keeps for itself and gives to nobody (65000-65533), and below 65536 so that containers map it.
SANDBOX_UID = 65333


def give_all(folders: Iterable[Path]) -> None:
    """Make folders and all in them belong to the sandbox; links are not followed.

    A file with a second name is skipped, because the other name may lie outside. What already belongs to the sandbox is
    not touched, so that doing it again costs a walk only.
    """
    for folder in folders:
        os.chown(folder, SANDBOX_UID, SANDBOX_UID, follow_symlinks=False)
        for _, inner, files, descriptor in os.fwalk(folder):
            for name in (*inner, *files):
                _give_entry(name, descriptor)


def _give_entry(name: str, descriptor: int) -> None:
    found = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
    shared = found.st_nlink > 1 and not stat.S_ISDIR(found.st_mode)
    if found.st_uid != SANDBOX_UID and not shared:
        os.chown(name, SANDBOX_UID, SANDBOX_UID, dir_fd=descriptor, follow_symlinks=False)


def closed_folders(paths: Iterable[Path]) -> set[Path]:
    """Return, for real paths, the folders above them that the sandbox cannot pass; of nested ones only the outermost."""
    return {folder for path in paths if (folder := _outermost_closed(path)) is not None}


def _outermost_closed(path: Path) -> Path | None:
    return next((folder for folder in reversed(path.parents) if not folder.stat().st_mode & stat.S_IXOTH), None)
