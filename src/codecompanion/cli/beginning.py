"""Begins a run that was asked for at the command line, or leaves it to the workers."""

from pathlib import Path

from codecompanion.cli.failure import say
from codecompanion.cli.invocation import Invocation
from codecompanion.cli.options import OutputFormat, print_json
from codecompanion.cli.quote import quote_line
from codecompanion.cli.telling import Telling
from codecompanion.cli.working import work_on
from codecompanion.domain.counting import counted
from codecompanion.domain.team import AUTO, BUILTIN
from codecompanion.ports import RepositoryState
from codecompanion.runs.find import view_run
from codecompanion.runs.queueing import queue_run
from codecompanion.runs.starting import Ask, checked_model, checked_objective, repository_for, start
from codecompanion.runs.work import work
from codecompanion.wiring import App


async def begin(app: App, folder: Path, ask: Ask, invocation: Invocation, how: Telling) -> int:
    """Begin a run in a folder's repository, follow it to its end, show its result, and return its exit code."""
    if how.dry_run:
        from codecompanion.cli.dry_run import show_plan

        return await show_plan(app, ask, await repository_for(app, folder), how.wanted)
    checked_model(app, checked_objective(ask.objective))
    repository = await repository_for(app, folder)
    if how.detach:
        return await _leave_to_workers(app, ask, repository, invocation, how)
    sandbox = await app.sandbox()
    _say_what_is_left_out(repository, include_uncommitted=ask.include_uncommitted)
    invocation.run_id = await start(app, ask, repository)
    await _say_who_works(app, invocation.run_id)
    if app.settings.model != BUILTIN:
        await _say_quote(app, invocation.run_id, quiet=how.quiet)
    return await work_on(app, sandbox, invocation, how.wanted, quiet=how.quiet, go=work)


async def _leave_to_workers(app: App, ask: Ask, repository: RepositoryState, invocation: Invocation, how: Telling) -> int:
    _say_what_is_left_out(repository, include_uncommitted=ask.include_uncommitted)
    invocation.run_id = await queue_run(app, ask, repository)
    if how.wanted is OutputFormat.TEXT:
        print(invocation.run_id)
        if not how.quiet:
            say(f"left to the workers; follow it with: codecompanion attach {invocation.run_id}")
    else:
        print_json({"schema_version": 1, "type": "queued", "run_id": invocation.run_id})
    return 0


async def _say_quote(app: App, run_id: str, *, quiet: bool) -> None:
    from codecompanion.runs.quoting import give_quote

    given = await give_quote(app, run_id)
    if given is not None and not quiet:
        say(quote_line(given.model_dump(mode="json")))


def _say_what_is_left_out(repository: RepositoryState, *, include_uncommitted: bool) -> None:
    if repository.dirty and not include_uncommitted:
        count = len(repository.dirty)
        note = f"note: working on HEAD ({repository.head[:10]}); {count} uncommitted {'path is' if count == 1 else 'paths are'}"
        say(f"{note} not part of it (--include-uncommitted takes them as base)")
    if repository.submodules:
        kept = counted(len(repository.submodules), "submodule stays", "submodules stay")
        say(f"note: {kept} empty in the run's worktree")


async def _say_who_works(app: App, run_id: str) -> None:
    """Say when the builtin mind works alone although a router was asked for."""
    if app.settings.model == AUTO and (await view_run(app.store, run_id)).request.model == BUILTIN:
        say("note: the builtin mind does this alone, at no cost: its tools suffice, or no language model can be asked")
