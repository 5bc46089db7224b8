"""`resume`: go on with a run."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from codecompanion.cli.options import (
    Format,
    Json,
    MaxBudget,
    OutputFormat,
    Quiet,
    Run,
    Timeout,
    WeakSandbox,
    load_settings,
    with_app,
)

if TYPE_CHECKING:
    from codecompanion.cli.invocation import Invocation
    from codecompanion.wiring import App


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(resume)


def resume(
    context: typer.Context,
    run_id: Run = "last",
    *,
    output_format: Format = OutputFormat.TEXT,
    as_json: Json = False,
    choose: Annotated[
        str | None,
        typer.Option("--choose", metavar="OPTION", help="Your answer, when the run waits for one.", show_default=False),
    ] = None,
    timeout: Timeout = None,
    max_budget_usd: MaxBudget = None,
    allow_weak_sandbox: WeakSandbox = None,
    quiet: Quiet = False,
) -> int:
    """Go on with a run that was paused, interrupted or killed."""
    wanted = OutputFormat.JSON if as_json and output_format is OutputFormat.TEXT else output_format
    invocation: Invocation = context.obj
    flags = {"allow_weak_sandbox": allow_weak_sandbox, "max_budget_usd": max_budget_usd, "timeout_s": timeout}

    async def job(app: "App") -> int:
        from functools import partial

        from codecompanion.cli.watch import attach_to
        from codecompanion.cli.working import work_on
        from codecompanion.runs.find import find_run, view_run
        from codecompanion.runs.resuming import is_queued, requeue
        from codecompanion.runs.resuming import resume as resume_run

        invocation.run_id = await find_run(app.store, run_id, inside=Path.cwd())
        repo = (await view_run(app.store, invocation.run_id)).request.repo
        # The project's own limits hold wherever its run is resumed from.
        project_app = replace(app, settings=load_settings(Path(repo), flags).settings)
        raised = project_app.settings.max_budget_usd if max_budget_usd is not None else None
        longer = project_app.settings.timeout_s if timeout is not None else None
        if is_queued((await app.orchestrator.load(invocation.run_id)).state):
            await requeue(app, invocation.run_id, max_budget_usd=raised, timeout_s=longer, choice=choose or "")
            return await attach_to(app, invocation, wanted, quiet=quiet)
        go = partial(resume_run, max_budget_usd=raised, timeout_s=longer, choice=choose or "")
        return await work_on(project_app, await project_app.sandbox(), invocation, wanted, quiet=quiet, go=go)

    return with_app(None, flags, job)
