"""Tidy a folder that hostile commands have worked in: odd permissions, odd kinds of files, repositories within."""

import os
import shutil
import stat
import subprocess
from collections.abc import Set as AbstractSet
from errno import EIO
from pathlib import Path

_OURS = stat.S_IRWXU
DEEPEST = 128
LONGEST_BYTES = 2048
"""No project has a folder that deep, or a path within it that long; a hostile command nests until every walk breaks."""
CHMOD, RM = "/bin/chmod", "/bin/rm"


def make_accessible(root: Path) -> None:
    """Let us read and change every folder of a tree, and read its files; symlinks are not followed.

    What lies deeper than `DEEPEST` folders, or behind a path of more than `LONGEST_BYTES`, is removed.
    """
    _allow(root, _OURS)
    for folder, folders, files in os.walk(root):
        if _is_too_deep(Path(folder), root):
            _remove_however_deep(Path(folder))
            folders.clear()
            continue
        for name in folders:
            _allow(Path(folder, name), _OURS)
        for name in files:
            _allow(Path(folder, name), stat.S_IRUSR)


def _is_too_deep(folder: Path, root: Path) -> bool:
    within = folder.relative_to(root)
    return len(within.parts) > DEEPEST or len(os.fsencode(within)) > LONGEST_BYTES


def _remove_however_deep(folder: Path) -> None:
    # Not by Python, which recurses and names whole paths; these two hold folders by descriptors.
    subprocess.run([CHMOD, "-R", "u+rwx", "--", str(folder)], check=False, capture_output=True)
    done = subprocess.run([RM, "-rf", "--", str(folder)], check=False, capture_output=True)
    if done.returncode:
        raise OSError(EIO, done.stderr.decode(errors="replace")[-200:].strip(), str(folder))


def _allow(path: Path, wanted: int) -> None:
    mode = path.lstat().st_mode
    if not stat.S_ISLNK(mode) and mode & wanted != wanted:
        path.chmod(stat.S_IMODE(mode) | wanted)


def remove_tree(path: Path) -> None:
    """Remove a file, a symlink or a folder with all it holds; nothing there is fine."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        make_accessible(path)
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def remove_special_files(root: Path) -> None:
    """Remove what git cannot record: pipes, sockets, devices."""
    for folder, _, files in os.walk(root):
        for path in (Path(folder, name) for name in files):
            if not (path.is_symlink() or path.is_file()):
                path.unlink()


def keep_only(root: Path, wanted: AbstractSet[str]) -> None:
    """Remove every file and folder that is not among the wanted paths (relative, POSIX) or on the way to one."""
    _prune(root, "", wanted, _folders_of(wanted))


def _folders_of(paths: AbstractSet[str]) -> set[str]:
    return {path[:end] for path in paths for end in range(len(path)) if path[end] == "/"}


def _prune(folder: Path, prefix: str, wanted: AbstractSet[str], on_the_way: AbstractSet[str]) -> None:
    with os.scandir(folder) as entries:
        for entry in list(entries):
            relative, is_folder = prefix + entry.name, entry.is_dir(follow_symlinks=False)
            if relative not in (on_the_way if is_folder else wanted):
                remove_tree(Path(entry.path))
            elif is_folder:
                _prune(Path(entry.path), f"{relative}/", wanted, on_the_way)
