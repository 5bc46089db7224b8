"""The entry point: the verbs, and the one edge where errors become exit codes."""

import os
import sys
import traceback
from importlib import metadata
from typing import Annotated

import click
import typer

from codecompanion.cli import audit, doctor, look, patch, rewind, work
from codecompanion.cli import config as config_verbs
from codecompanion.cli.failure import show
from codecompanion.domain.errors import BadInput, CodeCompanionError

INTERRUPTED = 130

app = typer.Typer(
    name="codecompanion",
    help="A team of AI agents that changes a git repository and can prove, replay and price every step.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
work.register(app)
look.register(app)
patch.register(app)
rewind.register(app)
app.add_typer(audit.app, name="audit")
app.add_typer(config_verbs.app, name="config")
doctor.register(app)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"codecompanion {metadata.version('codecompanion')}")
        raise typer.Exit


@app.callback()
def _options(
    _version_wanted: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    _debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line and end the process with the exit code of DESIGN's table."""
    argv = sys.argv[1:]
    sys.exit(_exit_code(argv))


def _exit_code(argv: list[str]) -> int:
    try:
        done = app(args=argv, standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.exceptions.NoArgsIsHelpError as help_wanted:
        print(help_wanted.format_message())
        return 2
    except click.UsageError as error:
        context = error.ctx
        path = context.command_path if context else "codecompanion"
        return show(BadInput(error.format_message().rstrip("."), fix=f"{path} --help shows how"), argv)
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone; what is left in the buffer must not fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except CodeCompanionError as error:
        if "--debug" in argv:
            traceback.print_exc()
        return show(error, argv)
    except Exception as bug:
        if "--debug" in argv:
            raise
        fault = CodeCompanionError(
            f"a fault of CodeCompanion: {type(bug).__name__}: {bug}", fix="run it again with --debug and report what it prints"
        )
        return show(fault, argv)
    return done if isinstance(done, int) else 0
