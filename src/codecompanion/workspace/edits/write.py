"""Write what files become, all or none."""

import stat
from collections.abc import Sequence
from pathlib import Path

from codecompanion.domain.errors import PolicyRefused
from codecompanion.workspace.edits.folder_files import refuse_symlinks
from codecompanion.workspace.edits.work import FileResult
from codecompanion.workspace.file_changes import FileChange, change_files


def write_results(root: Path, results: Sequence[FileResult]) -> None:
    """Write the results in a folder, or nothing when one cannot be written.

    Raises:
        PolicyRefused: A path leaves the folder, goes through a symlink or is no regular file; nothing was changed.
        EnvironmentBroken: The disk refuses it; nothing was changed.
    """
    for result in results:
        refuse_symlinks(root, result.path)
        _refuse_other_than_files(root / result.path, result.path)
    change_files(root, [FileChange(result.path, result.after, _mode(root, result)) for result in results])


def _refuse_other_than_files(path: Path, name: str) -> None:
    """Check that a path is a regular file or nothing: what takes the place of a pipe or a folder removes it unasked."""
    if path.exists() and not path.is_file():
        raise PolicyRefused(f"{name!r} is no regular file", fix="choose another path")


def _mode(root: Path, result: FileResult) -> int | None:
    """Return the mode of a file, None to keep the one it has."""
    if result.after is None:
        return None
    like = root / (result.source or result.path)
    mode = stat.S_IMODE(like.lstat().st_mode) if like.exists() else 0o644
    if result.executable is None:
        return mode if result.source else None
    readers = (mode & 0o444) >> 2
    return mode | readers if result.executable else mode & ~0o111
