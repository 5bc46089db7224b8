"""What the user wants forgotten: ids in a file of its own, so that they outlive the memory, which can be made again.

The ids are hashes; nothing of what was forgotten can be read from them.
"""

import hashlib
import os
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from codecompanion.domain.errors import EnvironmentBroken

_ID = re.compile(r"[0-9a-f]{64}")


def forgotten_run(run_id: str) -> str:
    """Return what stands in the file for a run of which nothing is to be remembered."""
    return hashlib.sha256(f"run\n{run_id}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The file at a path, one id a line. It is written only while the memory's writers are kept out."""

    path: Path

    def ids(self) -> frozenset[str]:
        """Return all ids; a line that a crash cut off is none.

        Raises:
            EnvironmentBroken: The file cannot be read.
        """
        try:
            return frozenset(_ID.findall(self.path.read_text("ascii", errors="replace")))
        except FileNotFoundError:
            return frozenset()
        except OSError as error:
            raise EnvironmentBroken(f"{str(self.path)!r} cannot be read", cause=str(error)) from error

    def add(self, ids: Collection[str]) -> None:
        """Write ids down; they are on the disk when it returns.

        Raises:
            EnvironmentBroken: The file cannot be written.
        """
        try:
            file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                os.write(file, "".join(f"\n{note_id}" for note_id in sorted(ids)).encode() + b"\n")
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            raise EnvironmentBroken(f"{str(self.path)!r} cannot be written", cause=str(error)) from error
