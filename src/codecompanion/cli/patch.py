"""`apply`, `undo`, `cancel`: what is to become of a run."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from codecompanion.cli.options import Json, Run, print_json, with_app

if TYPE_CHECKING:
    from codecompanion.wiring import App


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command()(apply)
    app.command()(undo)
    app.command()(cancel)


def apply(run_id: Run = "last", *, as_json: Json = False) -> int:
    """Bring a verified run's change into your files, uncommitted."""

    async def job(app: "App") -> int:
        from codecompanion.runs.find import find_run
        from codecompanion.runs.patch import apply_run

        found = await find_run(app.store, run_id, inside=Path.cwd())
        _tell("applied", found, await apply_run(app, found), as_json=as_json)
        return 0

    return with_app(None, {}, job)


def undo(run_id: Run = "last", *, as_json: Json = False) -> int:
    """Take a run's change out of your files again; its branch stays."""

    async def job(app: "App") -> int:
        from codecompanion.runs.find import find_run
        from codecompanion.runs.patch import undo_run

        found = await find_run(app.store, run_id, inside=Path.cwd())
        _tell("undone", found, await undo_run(app, found), as_json=as_json)
        return 0

    return with_app(None, {}, job)


def cancel(run_id: Run, *, as_json: Json = False) -> int:
    """End a paused or killed run for good and remove its worktree, also one that an ended run left."""

    async def job(app: "App") -> int:
        from codecompanion.runs.cancelling import cancel as cancel_run
        from codecompanion.runs.find import find_run

        found = await find_run(app.store, run_id, inside=Path.cwd())
        was_going_on = await cancel_run(app, found)
        if as_json:
            print_json({"schema_version": 1, "type": "cancelled", "run_id": found, "had_ended": not was_going_on})
        else:
            print(f"{'cancelled' if was_going_on else 'had ended, its worktree is removed'}: run {found}", file=sys.stderr)
        return 0

    return with_app(None, {}, job)


def _tell(what: str, run_id: str, paths: tuple[str, ...], *, as_json: bool) -> None:
    if as_json:
        print_json({"schema_version": 1, "type": what, "run_id": run_id, "paths": paths})
        return
    for path in paths:
        print(path)
    files = f"{len(paths)} {'file' if len(paths) == 1 else 'files'}"
    print(f"{what}: {files} of run {run_id}", file=sys.stderr)
