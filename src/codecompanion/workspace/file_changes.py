"""Change several files of a folder, all or none, never following a symlink out of it."""

import os
import stat
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from codecompanion.domain.errors import PolicyRefused
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
            _change(root, Path(stage), changes)
    except (IsADirectoryError, NotADirectoryError, FileExistsError) as error:
        raise PolicyRefused("a file and a folder stand in each other's way", cause=str(error)) from error
    except OSError as error:
        raise broken_by(error) from error


def _change(root: Path, stage: Path, changes: Sequence[FileChange]) -> None:
    # Removals first: a file may make room for a folder.
    ordered = sorted(changes, key=lambda change: change.content is not None)
    staged = [_staged(root, stage / f"new{n}", change) for n, change in enumerate(ordered)]
    with ExitStack() as undo:
        for n, change in enumerate(ordered):
            target = root / change.path
            if change.content is not None:
                _make_folders(root, target.parent, undo)
            _keep(target, stage / f"old{n}", undo)
            if change.content is None:
                _remove(root, target, undo)
            else:
                staged[n].replace(target)
        undo.pop_all()


def _staged(root: Path, staged: Path, change: FileChange) -> Path:
    if change.content is None:
        return staged
    if change.mode is not None and stat.S_ISLNK(change.mode):
        staged.symlink_to(os.fsdecode(change.content))
        return staged
    staged.write_bytes(change.content)
    staged.chmod(stat.S_IMODE(change.mode) if change.mode is not None else _mode(root / change.path))
    return staged


def _mode(target: Path) -> int:
    with suppress(OSError):
        found = target.lstat().st_mode
        if stat.S_ISREG(found):
            return stat.S_IMODE(found)
    return 0o644


def _keep(target: Path, backup: Path, undo: ExitStack) -> None:
    if os.path.lexists(target) and not (target.is_dir() and not target.is_symlink()):
        # A hard link, so that going back needs no room on a full disk.
        os.link(target, backup, follow_symlinks=False)
        undo.callback(backup.replace, target)
    else:
        undo.callback(_discard, target)


def _discard(target: Path) -> None:
    if target.is_symlink() or target.is_file():
        target.unlink()


def _remove(root: Path, target: Path, undo: ExitStack) -> None:
    target.unlink(missing_ok=True)
    for folder in _folders(root, target.parent):
        try:
            folder.rmdir()
        except OSError:
            return
        undo.callback(folder.mkdir)


def _make_folders(root: Path, folder: Path, undo: ExitStack) -> None:
    for missing in reversed([above for above in _folders(root, folder) if not above.exists()]):
        missing.mkdir()
        undo.callback(missing.rmdir)


def _folders(root: Path, folder: Path) -> Iterable[Path]:
    return [above for above in (folder, *folder.parents) if above.is_relative_to(root) and above != root]
