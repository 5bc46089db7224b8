"""The verbs, and what their parser says in our own words."""

from typing import Annotated

import typer

from codecompanion.cli import (
    agents,
    audit,
    auth,
    budget,
    cache,
    chat,
    cost,
    db,
    dev_server,
    doctor,
    edits,
    learn,
    locate,
    look,
    mcp,
    memory,
    models,
    patch,
    resume,
    rewind,
    router,
    router_stats,
    run,
    sandbox,
    serve,
    trace,
    ui,
    watch,
    worker,
)
from codecompanion.cli import config as config_verbs
from codecompanion.cli.invocation import Invocation
from codecompanion.domain.errors import BadInput

INTERRUPTED = 130

app = typer.Typer(
    name="codecompanion",
    help="A team of AI agents that changes a git repository and can prove, replay and price every step.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
run.register(app)
resume.register(app)
watch.register(app)
chat.register(app)
look.register(app)
patch.register(app)
rewind.register(app)
locate.register(app)
app.add_typer(agents.app, name="agents")
app.add_typer(edits.app, name="patch")
app.add_typer(audit.app, name="audit")
app.add_typer(cache.app, name="cache")
app.add_typer(config_verbs.app, name="config")
app.add_typer(mcp.app, name="mcp")
app.add_typer(db.app, name="db")
app.add_typer(models.app, name="models")
router_stats.register(router.app)
app.add_typer(router.app, name="router")
app.add_typer(learn.app, name="learn")
cost.register(app)
app.add_typer(budget.app, name="budget")
app.add_typer(memory.app, name="memory")
trace.register(app)
doctor.register(app)
app.add_typer(sandbox.app, name="sandbox")
serve.register(app)
worker.register(app)
ui.register(app)
app.add_typer(auth.app, name="auth")
dev_server.register(app)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib import metadata

        print(f"codecompanion {metadata.version('codecompanion')}")
        raise typer.Exit


@app.callback()
def _options(
    _version_wanted: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    _debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    _verbose: Annotated[
        bool, typer.Option("-v", help="Log to stderr what happens; -vv logs more.", show_default=False)
    ] = False,
    _log_format: Annotated[
        str | None, typer.Option("--log-format", metavar="text|json", help="How it is logged.", show_default=False)
    ] = None,
) -> None:
    pass


def obey(argv: list[str], invocation: Invocation) -> int:
    """Do what the arguments say and return the exit code.

    Raises:
        BadInput: They cannot be understood.
        KeyboardInterrupt: The user does not want it any more.
    """
    try:
        code = app(args=argv, obj=invocation, standalone_mode=False)
    except typer.Abort as abort:
        raise KeyboardInterrupt from abort
    except typer.TyperException as error:
        verbs = [word for word in argv[:1] if word.isalpha()] if "command" not in error.format_message() else []
        fix = " ".join(["codecompanion", *verbs, "--help shows how"])
        raise BadInput(error.format_message().rstrip("."), fix=fix) from error
    if code == INTERRUPTED:  # what the parser makes of a KeyboardInterrupt
        raise KeyboardInterrupt
    return code if isinstance(code, int) else 0
