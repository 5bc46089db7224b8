"""A folder for each worker on a machine: its worktrees are its own, and a lock in it tells that its process lives.

Two workers never write to the same files, also when one of them was thought dead and comes back.
"""

import fcntl
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from anyio import to_thread

from codecompanion.domain.errors import CodeCompanionError, EnvironmentBroken
from codecompanion.runs.find import view_run
from codecompanion.wiring import App

LOCK = "lock"
WORKTREES = "worktrees"


@dataclass(frozen=True, slots=True)
class WorkerHome:
    """The folder of one worker, under `STATE/workers`."""

    worker: str
    folder: Path

    @property
    def worktrees(self) -> Path:
        """Where its worktrees are."""
        return self.folder / WORKTREES

    def repository(self, run_id: str) -> Path:
        """Return where the copy of a run's repository is, or would be."""
        return self.folder / "repositories" / run_id

    def forget_repository(self, run_id: str) -> None:
        """Remove the copy of a run's repository, if there is one."""
        _remove(self.repository(run_id))

    def is_dead(self, worker: str) -> bool:
        """Return whether another worker was one of this machine, in this state folder, and its process has ended.

        False when that cannot be said: then its silence decides.
        """
        lock = self.folder.parent / worker / LOCK
        with suppress(OSError), lock.open("rb") as file:
            return _take(file)
        return False


@asynccontextmanager
async def worker_home(app: App, worker: str) -> AsyncGenerator[WorkerHome]:
    """Make the folder of a worker, and remove it at the end; those of workers that were killed are removed as well.

    Raises:
        EnvironmentBroken: It cannot be made.
    """
    folder = app.settings.state_dir / "workers" / worker
    try:
        folder.mkdir(mode=0o700, parents=True)
        file = (folder / "unlocked").open("wb")
        _take(file)
        (folder / "unlocked").rename(folder / LOCK)
    except OSError as error:
        raise EnvironmentBroken(f"the folder {str(folder)!r} cannot be made", cause=str(error)) from error
    with file:
        for other in folder.parent.iterdir():
            await _sweep(app, other)
        try:
            yield WorkerHome(worker, folder)
        finally:
            await to_thread.run_sync(_remove, folder)


def _take(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


async def _sweep(app: App, folder: Path) -> None:
    """Remove what a killed worker left, git's notes of its worktrees included."""
    with suppress(OSError), (folder / LOCK).open("rb") as file:
        if not _take(file):
            return
        await app.roster.leave(folder.name)
        workspace = app.workspace_in(folder / WORKTREES)
        for worktree in (folder / WORKTREES).glob("[!.]*"):
            with suppress(CodeCompanionError):  # its repository may be gone
                await workspace.remove(worktree.name, Path((await view_run(app.store, worktree.name)).request.repo))
        await to_thread.run_sync(_remove, folder)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
