"""`chat`: talk with an agent about a repository, with the tools, the log and the budget of a run."""

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from codecompanion.cli.options import (
    HERE,
    Fallback,
    Folder,
    Json,
    MaxBudget,
    Model,
    Permission,
    Python,
    Quiet,
    TestCommand,
    Timeout,
    Uncommitted,
    WeakSandbox,
    load_settings,
)

if TYPE_CHECKING:
    from codecompanion.runs.chat import Chat, Company
    from codecompanion.wiring import App


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(chat)


def chat(
    context: typer.Context,
    *,
    resume: Annotated[
        str | None, typer.Option("--resume", "-r", metavar="RUN", help="Go on with this chat, or 'last'.", show_default=False)
    ] = None,
    cwd: Folder = HERE,
    model: Model = None,
    fallback: Fallback = None,
    permission_mode: Permission = None,
    include_uncommitted: Uncommitted = False,
    timeout: Timeout = None,
    max_budget_usd: MaxBudget = None,
    test_command: TestCommand = None,
    python: Python = None,
    allow_weak_sandbox: WeakSandbox = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Talk about the repository: ask, have it changed, look, undo. /help in it lists what you can type."""
    from anyio.from_thread import start_blocking_portal

    from codecompanion.cli.conversation import Conversation, company_of
    from codecompanion.cli.lines import lines_of
    from codecompanion.cli.weakness import warned_of_weakness
    from codecompanion.wiring import open_app

    flags = {
        "model": model,
        "fallback_models": tuple(fallback) if fallback else None,
        "permission_mode": permission_mode,
        "timeout_s": timeout,
        "max_budget_usd": max_budget_usd,
        "test_command": test_command,
        "python": python,
        "allow_weak_sandbox": allow_weak_sandbox,
    }

    async def prepared(app: "App") -> "tuple[Chat, bool]":
        if resume is None:
            company = company_of(warned_of_weakness(await app.sandbox()), quiet=quiet)
            return await _new(app, cwd, company, include_uncommitted=include_uncommitted)
        return await _old(app, resume, flags, quiet=quiet)

    settings = load_settings(cwd if resume is None else None, flags).settings
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(open_app(settings, os.environ)) as app:
        found, is_open = portal.call(prepared, app)
        return Conversation(portal, found, lines_of(as_json=as_json), context.obj, as_json=as_json).hold(is_open=is_open)


async def _new(app: "App", cwd: Path, company: "Company", *, include_uncommitted: bool) -> "tuple[Chat, bool]":
    from codecompanion.runs.chat import Chat, chat_model
    from codecompanion.runs.starting import repository_for

    model = chat_model(app, app.settings.model)
    repository = await repository_for(app, cwd)
    return Chat(app, company, model, repository, include_uncommitted=include_uncommitted), False


async def _old(app: "App", named: str, flags: dict[str, Any], *, quiet: bool) -> "tuple[Chat, bool]":
    from codecompanion.cli.conversation import company_of, show_last
    from codecompanion.cli.weakness import warned_of_weakness
    from codecompanion.runs.chat import Chat
    from codecompanion.runs.chat_deeds import choose_model
    from codecompanion.runs.find import find_run, view_run

    run_id = await find_run(app.store, named, inside=Path.cwd())
    view = await view_run(app.store, run_id)
    # The project's own limits hold wherever its chat is resumed from.
    app = replace(app, settings=load_settings(Path(view.request.repo), flags).settings)
    repository = await app.workspace.inspect(Path(view.request.repo))
    company = company_of(warned_of_weakness(await app.sandbox()), quiet=quiet)
    chat = Chat(app, company, view.request.model, repository)
    is_open = await chat.resume(run_id, app.settings.max_budget_usd if flags["max_budget_usd"] is not None else None)
    if flags["model"] is not None and not is_open:
        await choose_model(chat, app.settings.model)
    if not quiet:
        show_last(view)
    return chat, is_open
