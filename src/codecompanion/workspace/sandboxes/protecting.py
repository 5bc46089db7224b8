"""Keeps what a command would plant for others to believe or to run: git's own files, our configuration, that of the CI.

Where namespaces can, what is there is shown read-only. What is not there cannot be, and Landlock knows no exception within a
folder: so it is remembered before the command and put back after it, before anything outside looks at it.
"""

import os
import stat
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import anyio
import anyio.to_thread

from codecompanion.domain.errors import SandboxLost
from codecompanion.workspace.folder_trees import remove_tree

PROTECTED = (".git", ".codecompanion", ".github")
GIT_PARTS = ("config", "config.worktree", "hooks", "info", "commondir", "gitdir")
"""What git believes and runs. The rest of a `.git` folder is data, and may be gigabytes."""
MOST_BYTES = 16 * 1024**2
"""What a protected place may hold to be remembered: a CI's configuration is far smaller."""

Found = tuple[int, bytes]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A protected place and what was in it, by path: mode and content. Empty when there was nothing."""

    place: Path
    found: dict[Path, Found]

    def put_back(self) -> None:
        """Make the place as it was, if it is not."""
        if self._is_as_it_was():
            return
        _remove(self.place)
        for path, (mode, content) in self.found.items():
            _write(path, mode, content)
        # Inner ones first: a folder may be closed.
        for path, (mode, _) in reversed(self.found.items()):
            if not stat.S_ISLNK(mode):
                path.chmod(stat.S_IMODE(mode))

    def _is_as_it_was(self) -> bool:
        seen = 0
        with suppress(OSError):
            for path, mode in _walk(self.place):
                if path not in self.found or self.found[path] != (mode, _content(path, mode, self.found[path][1])):
                    return False
                seen += 1
            return seen == len(self.found)
        return False


def kept_read_only(folder: Path) -> list[Path]:
    """Return the protected places that are in a folder, and are no symlinks: a mount on one would lie elsewhere."""
    places = (folder / name for name in PROTECTED)
    return [place for place in places if not place.is_symlink() and place.exists()]


@asynccontextmanager
async def protected(folders: Iterable[Path], *, but: Iterable[Path] = ()) -> AsyncGenerator[None]:
    """Put the protected places of folders back, when the context is left, as they were when it was entered.

    Args:
        folders: The folders that a command may change.
        but: Places that something else protects.

    Raises:
        SandboxLost: There is too much in one of them to remember it.
    """
    kept = await anyio.to_thread.run_sync(_remember, tuple(folders), frozenset(but))
    try:
        yield
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(_put_back, kept)


def _remember(folders: tuple[Path, ...], but: frozenset[Path]) -> list[_Kept]:
    places = (folder / name for folder in folders for name in PROTECTED)
    return [kept for place in places if place not in but for kept in _kept(place)]


def _put_back(kept: list[_Kept]) -> None:
    for one in kept:
        one.put_back()


def _kept(place: Path) -> Iterator[_Kept]:
    if place.name == ".git" and place.is_dir() and not place.is_symlink():
        # The folder itself first: a symlink in its place would lead what is put back into it elsewhere.
        yield _KeptFolder(place, {})
        yield from (_Kept(place / part, _contents(place / part)) for part in GIT_PARTS)
    else:
        yield _Kept(place, _contents(place))


class _KeptFolder(_Kept):
    """A folder that must be one, whatever is in it."""

    def put_back(self) -> None:
        """Make it a folder, if it is none."""
        if self.place.is_symlink() or not self.place.is_dir():
            _remove(self.place)
            self.place.mkdir()


def _contents(place: Path) -> dict[Path, Found]:
    found: dict[Path, Found] = {}
    left = MOST_BYTES
    for path, mode in _walk(place):
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)):
            raise SandboxLost(f"{str(path)!r} is no file", cause="a pipe, a socket or a device lies where nobody expects it")
        left -= path.lstat().st_size
        if left < 0:
            raise SandboxLost(
                f"{str(place)!r} cannot be kept as it is", cause=f"it holds more than {MOST_BYTES // 1024**2} MiB"
            )
        found[path] = (mode, _content(path, mode))
    return found


def _walk(place: Path) -> Iterator[tuple[Path, int]]:
    """Yield all that is at a place and below with its mode, outer ones first; links are not followed."""
    try:
        mode = place.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return
    yield place, mode
    if stat.S_ISDIR(mode):
        for path in sorted(place.iterdir()):
            yield from _walk(path)


def _content(path: Path, mode: int, expected: bytes | None = None) -> bytes:
    """Return what a link or a file holds; of a file no more than tells it from what is expected."""
    if stat.S_ISLNK(mode):
        return os.fsencode(path.readlink())
    if not stat.S_ISREG(mode):
        return b""
    with path.open("rb") as file:
        return file.read(-1 if expected is None else len(expected) + 1)


def _remove(place: Path) -> None:
    try:
        remove_tree(place)
    except OSError as error:
        raise SandboxLost(
            f"{str(place)!r} was changed by a command and cannot be put back", cause=str(error), fix=f"remove {str(place)!r}"
        ) from error


def _write(path: Path, mode: int, content: bytes) -> None:
    if stat.S_ISDIR(mode):
        path.mkdir()
    elif stat.S_ISLNK(mode):
        path.symlink_to(os.fsdecode(content))
    else:
        path.write_bytes(content)
