"""`list`, `show`, `diff`: look at runs."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from codecompanion.cli.harmless import harmless
from codecompanion.cli.options import Json, Run, print_json, with_app

if TYPE_CHECKING:
    from codecompanion.orchestrator.projections import RunView
    from codecompanion.wiring import App

OBJECTIVE_WIDTH = 44


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command("list")(list_runs)
    app.command()(show)
    app.command()(diff)


def list_runs(
    *, limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many runs.")] = 20, as_json: Json = False
) -> int:
    """List the runs, the newest first."""

    async def job(app: "App") -> int:
        from codecompanion.domain.errors import LogCorrupt
        from codecompanion.runs.find import known_runs, view_run

        views: list[RunView] = []
        for run_id in (await known_runs(app.store))[:limit]:
            try:
                views.append(await view_run(app.store, run_id))
            except LogCorrupt as error:
                print(f"{run_id}  {error.what}", file=sys.stderr)
        if as_json:
            print_json({"schema_version": 1, "type": "runs", "runs": [_row(view) for view in views]})
        elif views:
            print(harmless("\n".join(_line(view) for view in views)))
        else:
            print('no runs yet: codecompanion run "fix the failing tests"', file=sys.stderr)
        return 0

    return with_app(None, {}, job)


def _row(view: "RunView") -> dict[str, object]:
    return {
        "run_id": view.run_id,
        "status": view.status,
        "exit_code": view.exit_code,
        "objective": view.request.objective,
        "repo": view.request.repo,
        "started_at": view.started_at,
        "duration_s": view.duration_s,
        "events": view.version,
    }


def _line(view: "RunView") -> str:
    objective = " ".join(view.request.objective.split())
    if len(objective) > OBJECTIVE_WIDTH:
        objective = objective[: OBJECTIVE_WIDTH - 3] + "..."
    return f"{view.run_id}  {view.status:<13}  {view.duration_s:7.1f} s  {objective:<{OBJECTIVE_WIDTH}}  {view.request.repo}"


def show(run_id: Run = "last", *, as_json: Json = False) -> int:
    """Show a run's result, its evidence and its change."""

    async def job(app: "App") -> int:
        from codecompanion.cli.report import report_text
        from codecompanion.runs.find import find_run
        from codecompanion.runs.result import result_of

        result = await result_of(app, await find_run(app.store, run_id))
        if as_json:
            print_json(result)
        else:
            print(harmless(report_text(result)))
        return 0

    return with_app(None, {}, job)


def diff(run_id: Run = "last") -> int:
    """Print a run's change as a unified diff, from the log."""

    async def job(app: "App") -> int:
        from codecompanion.runs.find import find_run, view_run
        from codecompanion.runs.rewind import diff_of

        text = await diff_of(app.blobs, await view_run(app.store, await find_run(app.store, run_id)))
        sys.stdout.write(harmless(text) if sys.stdout.isatty() else text)
        if not text:
            print("the run made no change", file=sys.stderr)
        return 0

    return with_app(None, {}, job)
