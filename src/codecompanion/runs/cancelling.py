"""End a run for good."""

from pathlib import Path

from codecompanion.domain.commands import CancelRun
from codecompanion.domain.state import Ended
from codecompanion.runs.find import view_run
from codecompanion.runs.resuming import is_queued
from codecompanion.wiring import App


async def cancel(app: App, run_id: str) -> bool:
    """End a run for good and remove its worktree; return whether it had not ended before.

    A run that was killed right after its end has left its worktree: then that is all there is to do.

    Raises:
        CommandRefused: It has ended and left nothing, or another process is working on it. Workers need not be asked: the one
            that works on it notices.
    """
    if is_queued((await app.orchestrator.load(run_id)).state):
        await app.orchestrator.handle(run_id, CancelRun("the user cancelled it"), actor="user")
        return True
    async with app.locks.hold(run_id):
        has_left_files = isinstance((await app.orchestrator.load(run_id)).state, Ended) and app.workspace.path(run_id).exists()
        if not has_left_files:
            await app.orchestrator.handle(run_id, CancelRun("the user cancelled it"), actor="user")
        view = await view_run(app.store, run_id)
        if isinstance((await app.orchestrator.load(run_id)).state, Ended):
            await app.workspace.remove(run_id, Path(view.request.repo))  # every tree it had is kept by a ref
        return not has_left_files
