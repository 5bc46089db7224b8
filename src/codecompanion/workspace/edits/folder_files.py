"""The files of a folder as a mapping from path to bytes, read when they are asked for."""

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from codecompanion.domain.errors import BadInput, PolicyRefused
from codecompanion.safe_open import read_file
from codecompanion.workspace.edits.paths import is_gits_own
from codecompanion.workspace.os_errors import broken_by

_SKIPPED = {"node_modules", "__pycache__", ".venv", ".tox", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
MAX_BYTES = 20 * 1024**2


class FolderFiles(Mapping[str, bytes]):
    """Maps relative POSIX paths to contents. Iterating walks the folder once; `in` and reading look at the one file.

    Raises:
        BadInput: The folder is none.
        PolicyRefused: A file is a symlink, lies behind one, or is no regular file.
        EnvironmentBroken: The disk refuses it.
    """

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            raise BadInput(f"{str(root)!r} is no folder", fix="give a folder with -C")
        self.root = root.resolve()
        self._paths: tuple[str, ...] | None = None

    def __getitem__(self, path: str) -> bytes:
        if path not in self:
            raise KeyError(path)
        file = self.root / path
        try:
            found = file.lstat()
            if not stat.S_ISREG(found.st_mode):
                raise PolicyRefused(f"{path!r} is no regular file")
            if found.st_size > MAX_BYTES:
                raise PolicyRefused(f"{path!r} is larger than {MAX_BYTES // 1024**2} MiB")
            return read_file(self.root, path, most_bytes=MAX_BYTES)
        except OSError as error:
            raise broken_by(error) from error

    def __contains__(self, path: object) -> bool:
        if not isinstance(path, str):
            return False
        refuse_symlinks(self.root, path)
        try:
            return stat.S_ISREG((self.root / path).lstat().st_mode)
        except (OSError, ValueError):
            return False

    def __iter__(self) -> Iterator[str]:
        if self._paths is None:
            self._paths = tuple(self._walked())
        return iter(self._paths)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def executable(self, path: str) -> bool:
        """Whether the owner may execute a file."""
        try:
            return bool((self.root / path).lstat().st_mode & stat.S_IXUSR)
        except OSError:
            return False

    def _walked(self) -> Iterator[str]:
        for folder, folders, files in os.walk(self.root):
            folders[:] = sorted(name for name in folders if name not in _SKIPPED and not is_gits_own(name))
            within = Path(folder).relative_to(self.root)
            for name in sorted(files):
                if not Path(folder, name).is_symlink():
                    yield (within / name).as_posix()


def refuse_symlinks(root: Path, path: str) -> None:
    """Check that no part of a relative path is a symlink.

    Raises:
        PolicyRefused: One is.
    """
    parts = path.split("/")
    for depth in range(1, len(parts) + 1):
        try:
            if root.joinpath(*parts[:depth]).is_symlink():
                raise PolicyRefused(
                    f"{path!r} goes through the symlink {'/'.join(parts[:depth])!r}", fix="name the file itself"
                )
        except (OSError, ValueError):
            return
