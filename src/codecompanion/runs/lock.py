"""One process at a time works on a run."""

import fcntl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from codecompanion.domain.errors import CommandRefused, EnvironmentBroken


@contextmanager
def run_lock(state_dir: Path, run_id: str) -> Generator[None]:
    """Hold the run for this process; the kernel lets go when the process ends, however it ends.

    Raises:
        CommandRefused: Another process is working on the run.
        EnvironmentBroken: The lock file cannot be made.
    """
    path = state_dir / "locks" / f"{run_id}.lock"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = path.open("w", encoding="utf-8")
    except OSError as error:
        raise EnvironmentBroken(f"the lock {str(path)!r} cannot be made", cause=str(error)) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandRefused(
                f"another process is working on run {run_id}", fix="wait for it, or stop it and resume the run"
            ) from error
        yield
