"""Change several files of a folder, all or none, never following a symlink out of it."""

import os
import stat
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from errno import ELOOP, EXDEV
from pathlib import Path

from codecompanion.domain.errors import PolicyRefused
from codecompanion.safe_open import folder_of, write_file
from codecompanion.workspace.os_errors import broken_by


@dataclass(frozen=True, slots=True)
class FileChange:
    """What a file becomes.

    `path` is relative and POSIX. `content` None removes it. `mode` None keeps the file's mode, 0o644 for a new one;
    with `stat.S_IFLNK` the content is where a symlink points.
    """

    path: str
    content: bytes | None
    mode: int | None = None


def require_inside(root: Path, path: str) -> None:
    """Check that a relative path stays in a folder, out of every `.git`, and passes through no symlink.

    Raises:
        PolicyRefused: It does not.
    """
    parts = path.split("/")
    if not path or path.startswith("/") or "\0" in path or any(part in ("", ".", "..") for part in parts):
        raise PolicyRefused(f"{path!r} is outside the workspace")
    if any(part.casefold() == ".git" for part in parts):
        raise PolicyRefused(f"{path!r} is git's own")
    for depth in range(1, len(parts)):
        if root.joinpath(*parts[:depth]).is_symlink():
            raise PolicyRefused(f"{path!r} goes through the symlink {'/'.join(parts[:depth])!r}")


def change_files(root: Path, changes: Sequence[FileChange]) -> None:
    """Make all changes, or none when one fails. Folders are made as needed, emptied ones removed.

    Raises:
        PolicyRefused: A path leaves the folder, or a folder with other files stands in its way; nothing was changed.
        EnvironmentBroken: The files cannot be written; nothing was changed.
    """
    for change in changes:
        require_inside(root, change.path)
    try:
        with tempfile.TemporaryDirectory(prefix=".codecompanion-", dir=root, ignore_cleanup_errors=True) as stage:
            _change(root, Path(stage).name, changes)
    except (IsADirectoryError, NotADirectoryError, FileExistsError) as error:
        raise PolicyRefused("a file and a folder stand in each other's way", cause=str(error)) from error
    except OSError as error:
        if error.errno in {ELOOP, EXDEV}:
            raise PolicyRefused("a folder became a symlink while files were written", cause=str(error)) from error
        raise broken_by(error) from error


# The check of the paths can be outrun. So nothing below is done by a path from the root: each call is given a descriptor of the
# folder, which was reached without following a link.


def _change(root: Path, stage: str, changes: Sequence[FileChange]) -> None:
    # Removals first: a file may make room for a folder.
    ordered = sorted(changes, key=lambda change: change.content is not None)
    for n, change in enumerate(ordered):
        _put_aside(root, f"{stage}/new{n}", change)
    with ExitStack() as undo:
        for n, change in enumerate(ordered):
            if change.content is not None:
                _make_folders(root, change.path, undo)
            _keep(root, change.path, f"{stage}/old{n}", undo)
            if change.content is None:
                _remove(root, change.path, undo)
            else:
                _move(root, f"{stage}/new{n}", change.path)
        undo.pop_all()


def _put_aside(root: Path, staged: str, change: FileChange) -> None:
    if change.content is None:
        return
    if change.mode is not None and stat.S_ISLNK(change.mode):
        with folder_of(root, staged) as (folder, name):
            os.symlink(os.fsdecode(change.content), name, dir_fd=folder)
        return
    write_file(root, staged, change.content, mode=_mode(root, change))


def _mode(root: Path, change: FileChange) -> int:
    wanted = _kind(root, change.path) if change.mode is None else change.mode | stat.S_IFREG
    return stat.S_IMODE(wanted) if wanted is not None and stat.S_ISREG(wanted) else 0o644


def _kind(root: Path, path: str) -> int | None:
    """Return the type and the mode of what is at a path, None when there is nothing."""
    try:
        with folder_of(root, path) as (folder, name):
            return os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None


def _keep(root: Path, path: str, backup: str, undo: ExitStack) -> None:
    found = _kind(root, path)
    if found is None or stat.S_ISDIR(found):
        undo.callback(_discard, root, path)
        return
    with folder_of(root, path) as (folder, name), folder_of(root, backup) as (aside, kept):
        # A hard link, so that going back needs no room on a full disk.
        os.link(name, kept, src_dir_fd=folder, dst_dir_fd=aside, follow_symlinks=False)
    undo.callback(_move, root, backup, path)


def _move(root: Path, source: str, target: str) -> None:
    with folder_of(root, source) as (here, old), folder_of(root, target) as (there, new):
        os.replace(old, new, src_dir_fd=here, dst_dir_fd=there)


def _discard(root: Path, path: str) -> None:
    found = _kind(root, path)
    if found is not None and not stat.S_ISDIR(found):
        _unlink(root, path)


def _unlink(root: Path, path: str) -> None:
    with folder_of(root, path) as (folder, name):
        os.unlink(name, dir_fd=folder)


def _remove(root: Path, path: str, undo: ExitStack) -> None:
    with suppress(FileNotFoundError):
        _unlink(root, path)
    for above in _folders(path):
        try:
            _remove_folder(root, above)
        except OSError:
            return
        undo.callback(_make_folder, root, above)


def _make_folders(root: Path, path: str, undo: ExitStack) -> None:
    for above in reversed(_folders(path)):
        if _kind(root, above) is None:
            _make_folder(root, above)
            undo.callback(_remove_folder, root, above)


def _make_folder(root: Path, path: str) -> None:
    with folder_of(root, path) as (above, name):
        os.mkdir(name, dir_fd=above)


def _remove_folder(root: Path, path: str) -> None:
    with folder_of(root, path) as (above, name):
        os.rmdir(name, dir_fd=above)


def _folders(path: str) -> list[str]:
    """Return the folders that a path passes, the nearest first."""
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(len(parts) - 1, 0, -1)]
