"""`replay` and `fork`: a run's past, and another future for it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from codecompanion.cli.harmless import harmless
from codecompanion.cli.options import Json, Model, Run, print_json, with_app
from codecompanion.domain.counting import counted
from codecompanion.domain.errors import BadInput

if TYPE_CHECKING:
    from codecompanion.domain.envelope import Event
    from codecompanion.wiring import App

DETAIL_WIDTH = 76
TELLING = (
    *("summary", "what", "reason", "objective", "title", "branch", "label", "purpose", "key", "task_id", "parent"),
    *("subject", "text"),
)
"""Which of a fact's data says best what it is about: the first of these that it has."""


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command()(replay)
    app.command()(fork)


def replay(
    run_id: Run = "last",
    *,
    at: Annotated[int | None, typer.Option("--at", min=1, help="Only up to this event.", show_default=False)] = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", help="With --at: write the files as they were into this new folder.", show_default=False),
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Run again from the log alone and compare.")] = False,
    as_json: Json = False,
) -> int:
    """Show a run event by event and the state it led to; with --offline, prove that the log alone leads there."""
    _check_together(at, to, offline=offline)
    folder = None if to is None else to.absolute()

    async def job(app: "App") -> int:
        from codecompanion.runs.find import find_run

        found = await find_run(app.store, run_id)
        if offline:
            return await _offline(app, found, as_json=as_json)
        return await _replay(app, found, at, folder, as_json=as_json)

    return with_app(None, {}, job)


def _check_together(at: int | None, to: Path | None, *, offline: bool) -> None:
    if offline and at is not None:
        raise BadInput("--at does not go with --offline", cause="the whole run is replayed", fix="leave one of them away")
    if to is not None and at is None:
        raise BadInput("--to needs --at", cause="it says of which event the files are written", fix="add --at N")
    if to is not None and not str(to).isprintable():
        raise BadInput(f"--to is {str(to)!r}", cause="it has characters that cannot be shown", fix="name another folder")


async def _offline(app: "App", run_id: str, *, as_json: bool) -> int:
    from codecompanion.runs.rewind import replay_offline

    replayed = await replay_offline(app, run_id)
    if as_json:
        answer = {"events": replayed.events, "state_sha256": replayed.state_sha256, "diff": replayed.diff}
        print_json({"schema_version": 1, "type": "replay", "run_id": run_id, **answer})
        return 0
    sys.stdout.write(harmless(replayed.diff) if sys.stdout.isatty() else replayed.diff)
    print(
        f"replayed {counted(replayed.events, 'event')} offline: the same conclusions, state {replayed.state_sha256}",
        file=sys.stderr,
    )
    return 0


async def _replay(app: "App", run_id: str, at: int | None, to: Path | None, *, as_json: bool) -> int:
    from codecompanion.domain.state import STATE
    from codecompanion.orchestrator.orchestrator import state_hash
    from codecompanion.runs.find import view_run
    from codecompanion.runs.rewind import check_version

    view = await (view_run(app.store, run_id) if at is None else check_version(app, run_id, at))
    commit = view.tree_at(view.version if at is None else at)
    events = await app.store.read(run_id, up_to_version=at)
    state = (await app.orchestrator.load(run_id, at_version=at)).state
    files = None if at is None or commit is None else await _write_files(app, run_id, at, to)
    if as_json:
        shown = {"state": STATE.dump_python(state, mode="json"), "state_sha256": state_hash(state)}
        found = {"tree": commit, "files": None if files is None else str(files)}
        print_json({"schema_version": 1, "type": "replay", "run_id": run_id, "events": len(events), **shown, **found})
        return 0
    for event in events:
        row = f"{event.version:4}  {event.recorded_at[11:23]}  {event.type:<17} {harmless(_detail(event))}"
        print(row[: DETAIL_WIDTH + 40].rstrip())
    print(f"state {state_hash(state)}")
    if at is not None:
        print(f"files {files or 'none: the worktree did not exist yet'}")
    return 0


async def _write_files(app: "App", run_id: str, at: int, to: Path | None) -> Path:
    """Write the files as they were at an event, into the user's new folder or our own old one, and return which."""
    from codecompanion.runs.rewind import export_tree
    from codecompanion.workspace.replacing import replace_folder

    async def write(folder: Path) -> None:
        await export_tree(app, run_id, at, folder)

    if to is not None:
        await write(to)
        return to
    # Written anew each time: a kill may have left half of it, and the user may have changed it since.
    own = (app.settings.state_dir / "replays" / f"{run_id}@{at}").absolute()
    await replace_folder(own, write)
    return own


def _detail(event: "Event") -> str:
    data: dict[str, Any] = event.data
    for name in TELLING:
        if isinstance(data.get(name), str):
            return " ".join(str(data[name]).split())
    return ""


def fork(
    run_id: Run,
    *,
    at: Annotated[int, typer.Option("--at", min=1, help="The event to fork at: everything up to it is shared.")],
    model: Model = None,
    as_json: Json = False,
) -> int:
    """Make a new run out of the first events of another; its files are those of that event."""

    async def job(app: "App") -> int:
        from codecompanion.runs import rewind
        from codecompanion.runs.find import find_run

        child = await rewind.fork(app, await find_run(app.store, run_id), at, model=model)
        if as_json:
            worktree = str(app.workspace.path(child))
            print_json({"schema_version": 1, "type": "fork", "run_id": child, "at": at, "worktree": worktree})
        else:
            print(child)
            print(f"files in {app.workspace.path(child)}; go on with: codecompanion resume {child}", file=sys.stderr)
        return 0

    return with_app(None, {}, job)
