"""How far this machine saw a log go: one line of a file in the state folder, for each log."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from codecompanion.domain.heads import Head

SIZE = 512
"""Bytes of the line: a write of so few is one piece for all processes of a machine."""


class SeenHead:
    """The newest event that any process of this machine saw acknowledged, as far as it could be written down.

    It is written without a sync, since that may not cost an append anything: a killed process loses nothing, and a machine that
    loses its power only knows less. So nothing here raises for want of the file.

    Args:
        folder: Where the file is.
        log: What the log is called.
    """

    def __init__(self, folder: Path, log: str) -> None:
        self._path = folder / hashlib.sha256(log.encode()).hexdigest()[:16]
        self._file: int | None = None
        self._own: Head | None = None

    def read(self) -> Head | None:
        """Return the newest event that was seen, by this process or another; None when nothing is known."""
        known = [head for head in (self._own, self._written()) if head is not None]
        return max(known, key=lambda head: head.position, default=None)

    def note(self, head: Head) -> None:
        """Remember an event, unless a newer one was seen already."""
        if self._own is not None and self._own.position >= head.position:
            return
        self._own = head
        written = self._written()
        if written is None or written.position < head.position:
            line = f"{head.position} {head.version} {head.hash} {head.stream_id}"
            with suppress(OSError):
                os.pwrite(self._opened(), line.encode()[: SIZE - 1].ljust(SIZE - 1) + b"\n", 0)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _opened(self) -> int:
        if self._file is None:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self._file

    def _written(self) -> Head | None:
        try:
            words = os.pread(self._opened(), SIZE, 0).decode(errors="replace").split(maxsplit=3)
            position, version, digest, stream_id = words
            return Head(int(position), stream_id.rstrip(), int(version), digest)
        except (OSError, ValueError):  # there is none, or it is none of ours
            return None
