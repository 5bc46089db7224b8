"""`run` and `resume`: do the work and show how far it is."""

import json
import sys
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from codecompanion.cli.failure import say, text_of
from codecompanion.cli.harmless import harmless
from codecompanion.cli.invocation import Invocation
from codecompanion.cli.options import (
    HERE,
    Critical,
    Fallback,
    Folder,
    Format,
    Json,
    MaxBudget,
    Model,
    NoTests,
    OutputFormat,
    Permission,
    Profile,
    Python,
    Quiet,
    Reviewer,
    Run,
    Settle,
    Team,
    TestCommand,
    Timeout,
    Tournament,
    Uncommitted,
    WeakSandbox,
    load_settings,
    print_json,
    with_app,
)
from codecompanion.domain.counting import counted
from codecompanion.domain.errors import BadInput, CodeCompanionError

BUILTIN = "builtin"

if TYPE_CHECKING:
    from codecompanion.ports import RepositoryState, Sandbox
    from codecompanion.runs.work import Ask
    from codecompanion.wiring import App

Go = Callable[..., Awaitable[None]]
"""Works on a run: `runs.work.work` or `resume`."""

PAUSED_EXIT_CODE = 130
A_PERSON_IS_NEEDED = 3
NOT_SOLVED = "CC-1001"
"""That no repair was found is no fault; the report says it better."""


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command()(run)
    app.command()(resume)


def run(
    context: typer.Context,
    objective: Annotated[str | None, typer.Argument(help="What to do; '-' reads it from stdin.", show_default=False)] = None,
    *,
    file: Annotated[
        Path | None, typer.Option("--file", "-f", help="Read the objective from a file.", show_default=False)
    ] = None,
    cwd: Folder = HERE,
    model: Model = None,
    profile: Profile = None,
    critical: Critical = None,
    team: Team = None,
    reviewer: Reviewer = None,
    fallback: Fallback = None,
    tournament: Tournament = None,
    settle: Settle = None,
    permission_mode: Permission = None,
    output_format: Format = OutputFormat.TEXT,
    as_json: Json = False,
    apply: Annotated[bool, typer.Option("--apply", help="Bring a verified change into your files, uncommitted.")] = False,
    include_uncommitted: Uncommitted = False,
    timeout: Timeout = None,
    max_budget_usd: MaxBudget = None,
    test_command: TestCommand = None,
    allow_no_tests: NoTests = None,
    python: Python = None,
    allow_weak_sandbox: WeakSandbox = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Makes the search repeatable.", show_default=False)] = None,
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="Leave it to the workers, print the run's id and return.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done and do nothing.")] = False,
    quiet: Quiet = False,
    _print: Annotated[bool, typer.Option("--print", "-p", help="Only print the result (the same as --quiet).")] = False,
) -> int:
    """Change the repository until the objective is met, and deliver a verified branch."""
    wanted = OutputFormat.JSON if as_json and output_format is OutputFormat.TEXT else output_format
    invocation: Invocation = context.obj
    text = _objective(objective, file)
    flags = {
        "model": model,
        "profile": profile,
        "critical": critical,
        "team": team,
        "reviewer": reviewer[0] if reviewer else None,
        "reviewers": tuple(reviewer) if reviewer and len(reviewer) > 1 else None,
        "settle": settle,
        "fallback_models": tuple(fallback) if fallback else None,
        "tournament": tuple(tournament) if tournament else None,
        "permission_mode": permission_mode,
        "timeout_s": timeout,
        "max_budget_usd": max_budget_usd,
        "test_command": test_command,
        "allow_no_tests": allow_no_tests,
        "python": python,
        "allow_weak_sandbox": allow_weak_sandbox,
        "seed": seed,
    }

    if detach and apply:
        raise BadInput("--apply does not go with --detach", fix="when the run has ended: codecompanion apply RUN")
    how = Telling(wanted, quiet=quiet or _print, dry_run=dry_run, detach=detach)
    return carry_out(invocation, cwd, flags, text, how, include_uncommitted=include_uncommitted, apply=apply)


@dataclass(frozen=True, slots=True)
class Telling:
    """How the user hears of a run. A `dry_run` shows what would be done and does nothing; `detach` leaves it to the workers."""

    wanted: OutputFormat
    quiet: bool = False
    dry_run: bool = False
    detach: bool = False


def carry_out(
    invocation: Invocation,
    folder: Path,
    flags: dict[str, Any],
    objective: str,
    how: Telling,
    *,
    include_uncommitted: bool = False,
    apply: bool = False,
) -> int:
    """Start a run in a folder's repository, follow it to its end, show its result, and return its exit code.

    `flags` are settings of this call; None leaves one as it is set elsewhere.
    """

    async def job(app: "App") -> int:
        from codecompanion.runs.work import Ask, checked_model, checked_objective, repository_for, start, work

        ask = Ask(objective, include_uncommitted=include_uncommitted, apply=apply)
        if how.dry_run:
            return await _show_plan(app, ask, await repository_for(app, folder), how.wanted)
        checked_model(app, checked_objective(objective))
        repository = await repository_for(app, folder)
        if how.detach:
            return await _leave_to_workers(app, ask, repository, invocation, how)
        sandbox = await app.sandbox()
        _say_what_is_left_out(repository, include_uncommitted=include_uncommitted)
        invocation.run_id = await start(app, ask, repository)
        await _say_who_works(app, invocation.run_id)
        if app.settings.model != BUILTIN:
            await _say_quote(app, invocation.run_id, quiet=how.quiet)
        return await _work(app, sandbox, invocation, how.wanted, quiet=how.quiet, go=work)

    return with_app(folder, flags, job)


async def _leave_to_workers(app: "App", ask: "Ask", repository: "RepositoryState", invocation: Invocation, how: Telling) -> int:
    from codecompanion.runs.queueing import queue_run

    _say_what_is_left_out(repository, include_uncommitted=ask.include_uncommitted)
    invocation.run_id = await queue_run(app, ask, repository)
    if how.wanted is OutputFormat.TEXT:
        print(invocation.run_id)
        if not how.quiet:
            say(f"left to the workers; follow it with: codecompanion attach {invocation.run_id}")
    else:
        print_json({"schema_version": 1, "type": "queued", "run_id": invocation.run_id})
    return 0


async def _say_quote(app: "App", run_id: str, *, quiet: bool) -> None:
    from codecompanion.cli.quote import quote_line
    from codecompanion.runs.quoting import give_quote

    given = await give_quote(app, run_id)
    if given is not None and not quiet:
        say(quote_line(given.model_dump(mode="json")))


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
        from codecompanion.runs.find import find_run, view_run
        from codecompanion.runs.work import is_queued, requeue
        from codecompanion.runs.work import resume as resume_run

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
        return await _work(project_app, await project_app.sandbox(), invocation, wanted, quiet=quiet, go=go)

    return with_app(None, flags, job)


def _objective(objective: str | None, file: Path | None) -> str:
    if (objective is None) == (file is None):
        both = "both an objective and a file of it were given" if file else "no objective was given"
        raise BadInput(both, fix='say what to do: codecompanion run "fix the failing tests"')
    try:
        if file is not None:
            return file.read_text(encoding="utf-8")
        return sys.stdin.read() if objective == "-" else str(objective)
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"the objective cannot be read from {str(file) if file else 'stdin'!r}", cause=str(error)) from error


def _say_what_is_left_out(repository: "RepositoryState", *, include_uncommitted: bool) -> None:
    if repository.dirty and not include_uncommitted:
        count = len(repository.dirty)
        note = f"note: working on HEAD ({repository.head[:10]}); {count} uncommitted {'path is' if count == 1 else 'paths are'}"
        say(f"{note} not part of it (--include-uncommitted takes them as base)")
    if repository.submodules:
        kept = counted(len(repository.submodules), "submodule stays", "submodules stay")
        say(f"note: {kept} empty in the run's worktree")


async def _say_who_works(app: "App", run_id: str) -> None:
    """Say when the builtin mind works alone although a router was asked for."""
    from codecompanion.domain.team import AUTO, BUILTIN
    from codecompanion.runs.find import view_run

    if app.settings.model == AUTO and (await view_run(app.store, run_id)).request.model == BUILTIN:
        say("note: the builtin mind does this alone, at no cost: its tools suffice, or no language model can be asked")


async def _work(app: "App", sandbox: "Sandbox", invocation: Invocation, wanted: OutputFormat, *, quiet: bool, go: "Go") -> int:
    import anyio

    from codecompanion.cli.person import TerminalPerson
    from codecompanion.cli.screen import open_screen
    from codecompanion.cli.weakness import warned_of_weakness
    from codecompanion.runs.result import result_of

    run_id = str(invocation.run_id)
    warned_of_weakness(sandbox)
    with open_screen(run_id, quiet=quiet, stream_json=wanted is OutputFormat.STREAM_JSON) as screen:
        try:
            await go(
                app,
                run_id,
                sandbox=sandbox,
                hearing=screen.hearing,
                on_event=screen.on_event,
                person=TerminalPerson(),
            )
        except CodeCompanionError:
            screen.ended()
            await _say_how_to_go_on(app, run_id)
            raise
        except Exception:
            if not await _has_ended(app, run_id):
                raise
            if invocation.debug:
                traceback.print_exc()
        except anyio.get_cancelled_exc_class():
            screen.ended()
            with anyio.CancelScope(shield=True):
                await _show_interrupted(app, invocation, wanted)
            raise
    return show_result(await result_of(app, run_id), invocation, wanted)


async def _say_how_to_go_on(app: "App", run_id: str) -> None:
    from codecompanion.domain.chat import is_chat
    from codecompanion.domain.state import Running

    state = (await app.orchestrator.load(run_id)).state
    if isinstance(state, Running) and state.paused and not is_chat(state):
        say(f"paused; go on with: codecompanion resume {run_id}")


async def _has_ended(app: "App", run_id: str) -> bool:
    from codecompanion.domain.state import Ended

    return isinstance((await app.orchestrator.load(run_id)).state, Ended)


async def _show_interrupted(app: "App", invocation: Invocation, wanted: OutputFormat) -> None:
    from codecompanion.domain.commands import PauseRun
    from codecompanion.runs.result import result_of

    run_id = str(invocation.run_id)
    ended = await _has_ended(app, run_id)
    if not ended:
        # It has paused by itself, unless it was interrupted before its first step.
        await app.orchestrator.handle(run_id, PauseRun("interrupted"), actor="user")
        say(f"paused; go on with: codecompanion resume {run_id}")
    if ended or wanted is not OutputFormat.TEXT:
        show_result(await result_of(app, run_id), invocation, wanted)
    invocation.told = True


def show_result(result: dict[str, Any], invocation: Invocation, wanted: OutputFormat) -> int:
    """Show a run's result and return the exit code that stands for it."""
    from codecompanion.cli.report import report_text

    error = result["error"]
    if error is not None and error["code"] != NOT_SOLVED:
        say(text_of(error["code"], error["what"], error["cause"], error["fix"]))
    if wanted is OutputFormat.TEXT:
        print(harmless(report_text(result)))
    else:
        print_json(result)
    invocation.told = True
    if result["status"] == "waiting":
        return A_PERSON_IS_NEEDED
    return PAUSED_EXIT_CODE if result["exit_code"] is None else result["exit_code"]


async def _show_plan(app: "App", ask: "Ask", repository: "RepositoryState", wanted: OutputFormat) -> int:
    from codecompanion.domain.team import is_teams
    from codecompanion.runs.work import checked_objective, model_of_run

    settings = app.settings
    if is_teams(await model_of_run(app, checked_objective(ask.objective))):
        return await _show_request(app, ask, repository, wanted)
    profile = await app.detector.profile(
        repository.root, home=repository.root, python=settings.python, test_command=settings.test_command
    )
    if wanted is OutputFormat.TEXT:
        print(json.dumps(profile.model_dump(mode="json", exclude_none=True), indent=2))
        say("dry run: nothing was executed and nothing was changed; a run would cost $0.00")
    else:
        print_json({"schema_version": 1, "type": "dry_run", "profile": profile.model_dump(mode="json"), "cost_usd": 0.0})
    return 0


async def _show_request(app: "App", ask: "Ask", repository: "RepositoryState", wanted: OutputFormat) -> int:
    from codecompanion.cli.dry_run import show_first_request
    from codecompanion.cli.screen import open_screen
    from codecompanion.runs.dry_run import first_request

    with open_screen("dry run", quiet=wanted is not OutputFormat.TEXT, stream_json=False) as screen:
        request = await first_request(app, ask, repository, await app.sandbox(), screen.hearing)
    return show_first_request(request, as_json=wanted is not OutputFormat.TEXT)
