"""`attach` and `status`: follow a run that workers work on; see who works on what and what waits."""

from typing import TYPE_CHECKING, Annotated

import typer

from codecompanion.cli.failure import say
from codecompanion.cli.harmless import harmless
from codecompanion.cli.invocation import Invocation
from codecompanion.cli.options import Format, Json, OutputFormat, Quiet, Run, print_json, with_app
from codecompanion.domain.counting import counted
from codecompanion.domain.errors import PARKED_CODE

if TYPE_CHECKING:
    from codecompanion.orchestrator.projections import RunView
    from codecompanion.ports import Attendance
    from codecompanion.runs.queue import Entry
    from codecompanion.runs.watching import Standing
    from codecompanion.wiring import App

OBJECTIVE_WIDTH = 44


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command()(attach)
    app.command()(status)


def attach(
    context: typer.Context,
    run_id: Run = "last",
    *,
    output_format: Format = OutputFormat.TEXT,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Follow a run that others work on, from any machine, to its end; Ctrl-C leaves it alone."""
    wanted = OutputFormat.JSON if as_json and output_format is OutputFormat.TEXT else output_format
    invocation: Invocation = context.obj

    async def job(app: "App") -> int:
        from codecompanion.runs.find import find_run

        invocation.run_id = await find_run(app.store, run_id)
        return await attach_to(app, invocation, wanted, quiet=quiet)

    return with_app(None, {}, job)


async def attach_to(app: "App", invocation: Invocation, wanted: OutputFormat, *, quiet: bool) -> int:
    """Show a run as it goes on, then its result, and return its exit code."""
    import anyio

    from codecompanion.cli.result import show_result
    from codecompanion.cli.screen import open_screen
    from codecompanion.runs.elsewhere import bring_home
    from codecompanion.runs.find import view_run
    from codecompanion.runs.result import result_of
    from codecompanion.runs.watching import watch

    run_id = str(invocation.run_id)
    with open_screen(run_id, quiet=quiet, stream_json=wanted is OutputFormat.STREAM_JSON) as screen:
        await _say_if_nobody_works(app, run_id)
        try:
            await watch(app, run_id, screen.on_event)
        except anyio.get_cancelled_exc_class():
            screen.ended()
            say(f"the run goes on; follow it again with: codecompanion attach {run_id}")
            invocation.told = True
            raise
    view = await view_run(app.store, run_id)
    if not await bring_home(app, view) and view.branch is not None:
        say(f"its branch {view.branch.branch} comes into {view.request.repo} when you attach there")
    return show_result(await result_of(app, run_id), invocation, wanted)


async def _say_if_nobody_works(app: "App", run_id: str) -> None:
    from codecompanion.runs.find import view_run

    waits = (await view_run(app.store, run_id)).status == "queued"
    if waits and not any(one.holds for one in await app.roster.present()):
        say("the run waits, and no worker is there; start one anywhere: codecompanion worker")


def status(
    run_id: Annotated[str | None, typer.Argument(metavar="[RUN]", help="One run; all and the workers if left out.")] = None,
    *,
    as_json: Json = False,
) -> int:
    """Show the workers, and which runs they work on and which wait."""

    async def job(app: "App") -> int:
        from codecompanion.runs.watching import run_row, standing, worker_row

        now = await standing(app)
        if run_id is not None:
            return await _one(app, now, run_id, as_json=as_json)
        if as_json:
            workers, runs = [worker_row(one, now) for one in now.workers], [run_row(one, now) for one in now.entries]
            print_json({"schema_version": 1, "type": "status", "workers": workers, "runs": runs})
        else:
            lines = [*(_worker_line(one, now) for one in now.workers), *(_run_line(one, now) for one in now.entries)]
            print(harmless("\n".join(lines or ["no workers and no runs that wait for one"])))
        return 0

    return with_app(None, {}, job)


async def _one(app: "App", now: "Standing", named: str, *, as_json: bool) -> int:
    from codecompanion.runs.find import find_run, view_run

    view = await view_run(app.store, await find_run(app.store, named))
    entry = next((one for one in now.entries if one.run_id == view.run_id), None)
    if as_json:
        from codecompanion.runs.watching import run_row

        place = None if entry is None else run_row(entry, now)
        row = {"run_id": view.run_id, "status": view.status, "exit_code": view.exit_code, "events": view.version}
        print_json({"schema_version": 1, "type": "status", **row, "queue": place})
    else:
        rest = f"\n{_run_line(entry, now)}" if entry is not None else ""
        print(harmless(f"{view.run_id}  {_summary(view)}{rest}"))
    return 0


def _summary(view: "RunView") -> str:
    said = view.summary.removeprefix(f"{view.status}: ") or counted(view.version, "event")
    return f"{view.status}: {said}"


def _worker_line(worker: "Attendance", now: "Standing") -> str:
    busy = sum(one.worker == worker.worker for one in now.entries)
    heard = f"heard {worker.silent_s:.0f} s ago"
    return f"{worker.worker}  {worker.state:<8}  {busy} of {worker.size}  {heard}  {worker.place}"


def _run_line(entry: "Entry", now: "Standing") -> str:
    objective = " ".join(entry.request.objective.split())[:OBJECTIVE_WIDTH]
    worker = now.worker_of(entry)
    where = f"at {worker.place}" if worker and entry.worker else "waits" if entry.ready else _waits_for_a_person(entry)
    return f"{entry.run_id}  {now.state_of(entry):<8}  {entry.queued.principal}: {objective:<{OBJECTIVE_WIDTH}}  {where}"


def _waits_for_a_person(entry: "Entry") -> str:
    if not entry.parked:
        return "waits for a person"
    return f"waits for a person: its workers die ({PARKED_CODE}); codecompanion resume {entry.run_id}"
