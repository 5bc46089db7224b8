"""One process of this machine at a time works on a run."""

import fcntl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from codecompanion.domain.errors import CommandRefused, EnvironmentBroken


def is_taken(run_id: str) -> CommandRefused:
    """Return what to say when another process holds a run."""
    return CommandRefused(f"another process is working on run {run_id}", fix="wait for it, or stop it and resume the run")


@dataclass(frozen=True, slots=True)
class FileLocks:
    """`RunLocks` in a folder, one file a run. The kernel lets go when a process ends, however it ends."""

    folder: Path

    @asynccontextmanager
    async def hold(self, run_id: str) -> AsyncGenerator[None]:
        """Hold a run; see `RunLocks.hold`."""
        path = self.folder / f"{run_id}.lock"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = path.open("w", encoding="utf-8")
        except OSError as error:
            raise EnvironmentBroken(f"the lock {str(path)!r} cannot be made", cause=str(error)) from error
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise is_taken(run_id) from error
            yield
