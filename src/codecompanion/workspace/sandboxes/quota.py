"""Notices when a command fills the disk.

Neither a bind mount nor Landlock has a size. Asking the file system how much is free costs next to nothing, so that is done
often; only when it has less by more than the command may write are the command's folders looked through.
"""

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import anyio.to_thread

POLL_S = 0.05
BLOCK_BYTES = 512
CLOCK_S = 0.02
"""A file's time may lie so far before the clock's: the kernel stamps files at its ticks."""


@dataclass(frozen=True, slots=True)
class _Free:
    size: int
    files: int


@dataclass(slots=True)
class Quota:
    """How much may be new in folders. `exceeded` says what was too much, "" as long as nothing is."""

    folders: tuple[Path, ...]
    written_bytes: int
    written_files: int
    since: float
    exceeded: str = ""
    _before: dict[int, _Free] = field(default_factory=dict[int, _Free])

    @classmethod
    def now(cls, folders: Iterable[Path], *, written_bytes: int, written_files: int) -> "Quota":
        """Return a quota for what is written from now on."""
        quota = cls(tuple(folders), written_bytes, written_files, time.time() - CLOCK_S)
        quota._before = quota._free()
        return quota

    async def wait_until_exceeded(self) -> None:
        """Return when more was written than may be."""
        while not self.exceeded:
            await anyio.sleep(POLL_S)
            if self._may_be_exceeded():
                self.exceeded = await anyio.to_thread.run_sync(self._look)

    def _free(self) -> dict[int, _Free]:
        # Folders come and go: a command may remove one of its own.
        return {device: free for folder in self.folders for device, free in _free(folder)}

    def _may_be_exceeded(self) -> bool:
        return any(self._fell(device, now) for device, now in self._free().items())

    def _fell(self, device: int, now: _Free) -> bool:
        before = self._before.setdefault(device, now)
        return before.size - now.size > self.written_bytes or before.files - now.files > self.written_files

    def _look(self) -> str:
        size = files = 0
        for found in _entries(self.folders):
            if found.st_ctime >= self.since:
                size += found.st_blocks * BLOCK_BYTES
                files += 1
        if size > self.written_bytes:
            return f"it wrote more than {self.written_bytes // 1024**2} MiB"
        if files > self.written_files:
            return f"it wrote more than {self.written_files} files"
        # Somebody else filled the disk: the next look is due when that much is gone again.
        self._before = self._free()
        return ""


def _free(folder: Path) -> Iterator[tuple[int, _Free]]:
    with suppress(OSError):
        found = os.statvfs(folder)
        yield found.f_fsid, _Free(found.f_bavail * found.f_frsize, found.f_ffree)


def _entries(folders: Iterable[Path]) -> Iterator[os.stat_result]:
    """Yield what is known of all files below folders; what vanishes or is closed meanwhile is left out."""
    for folder in folders:
        for _, _, names, descriptor in os.fwalk(folder, onerror=lambda _: None):
            for name in names:
                try:
                    yield os.stat(name, dir_fd=descriptor, follow_symlinks=False)
                except OSError:
                    continue
