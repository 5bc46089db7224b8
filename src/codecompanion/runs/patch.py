"""Bring a run's change into the user's working tree, and take it out again."""

from pathlib import Path

from codecompanion.domain.commands import ApplyPatch, UndoPatch
from codecompanion.domain.errors import CommandRefused
from codecompanion.domain.events import PatchUndone, Snapshotted
from codecompanion.domain.state import Ended
from codecompanion.execution.delivering import bring_to_user
from codecompanion.runs.elsewhere import bring_home
from codecompanion.runs.find import view_run
from codecompanion.wiring import App


async def apply_run(app: App, run_id: str) -> tuple[str, ...]:
    """Apply a verified run's change, uncommitted, and return the changed paths. Doing it twice changes nothing more.

    Raises:
        CommandRefused: The run has no verified change.
        PolicyRefused: The user changed one of the files meanwhile.
    """
    ended, _, _ = await _change(app, run_id)
    if ended.run.branch is None:
        raise CommandRefused(f"run {run_id} has no verified change to apply", fix=f"see codecompanion show {run_id}")
    application = await bring_to_user(app.workspace, ended.run)
    if ended.run.applied is None:
        await app.orchestrator.handle(run_id, ApplyPatch(application), actor="user")
    return application.paths


async def undo_run(app: App, run_id: str) -> tuple[str, ...]:
    """Take a run's change out of the working tree and return the paths; the branch stays.

    Raises:
        CommandRefused: It was not applied.
        PolicyRefused: The user changed one of the files since.
    """
    ended, base, head = await _change(app, run_id)
    if ended.run.applied is None:
        raise CommandRefused(
            f"the change of run {run_id} is not in the working tree: there is nothing to undo",
            fix=f"to drop its branch: git branch -D {ended.run.branch}" if ended.run.branch else "",
        )
    files = ended.run.users_files
    if ended.run.applied_merged and files is not None and files.users is not None and files.merged is not None:
        base, head = files.users, files.merged
    paths = await app.workspace.apply(Path(ended.run.request.repo), head.commit, base.commit)
    await app.orchestrator.handle(run_id, UndoPatch(PatchUndone(paths=paths)), actor="user")
    return paths


async def _change(app: App, run_id: str) -> tuple[Ended, Snapshotted, Snapshotted]:
    await bring_home(app, await view_run(app.store, run_id))
    state = (await app.orchestrator.load(run_id)).state
    if not isinstance(state, Ended):
        raise CommandRefused(f"run {run_id} has not ended", fix=f"codecompanion resume {run_id}")
    if state.run.base is None or state.run.head is None:
        raise CommandRefused(f"run {run_id} ended before it made a change")
    return state, state.run.base, state.run.head
