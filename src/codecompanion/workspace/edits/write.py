"""Write what files become, all or none."""

import stat
from collections.abc import Sequence
from pathlib import Path

from codecompanion.workspace.edits.folder_files import refuse_symlinks
from codecompanion.workspace.edits.work import FileResult
from codecompanion.workspace.file_changes import FileChange, change_files


def write_results(root: Path, results: Sequence[FileResult]) -> None:
    """Write the results in a folder, or nothing when one cannot be written.

    Raises:
        PolicyRefused: A path leaves the folder or goes through a symlink; nothing was changed.
        EnvironmentBroken: The disk refuses it; nothing was changed.
    """
    for result in results:
        refuse_symlinks(root, result.path)
    change_files(root, [FileChange(result.path, result.after, _mode(root, result)) for result in results])


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
