"""The entry point: the verbs, and the one edge where errors become exit codes."""

import os
import sys
import traceback
from typing import Annotated

import typer

from codecompanion.cli import audit, doctor, look, patch, rewind, work
from codecompanion.cli import config as config_verbs
from codecompanion.cli.failure import show
from codecompanion.domain.errors import BadInput, CodeCompanionError, first_leaf

INTERRUPTED = 130

app = typer.Typer(
    name="codecompanion",
    help="A team of AI agents that changes a git repository and can prove, replay and price every step.",
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
        from importlib import metadata

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
    """Run the command line and end the process with the exit code that docs/CLI.md lists."""
    sys.exit(_exit_code(sys.argv[1:] or ["--help"]))


def _exit_code(argv: list[str]) -> int:
    try:
        code = app(args=argv, standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader of our output has gone; what is left in the buffer must not fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the one edge where errors become exit codes
        if "--debug" in argv:
            traceback.print_exc()
        return show(_explained(error, argv), argv)
    return code if isinstance(code, int) else 0


def _explained(error: Exception, argv: list[str]) -> CodeCompanionError:
    if isinstance(error, CodeCompanionError):
        return error
    if isinstance(error, typer.TyperException):
        verbs = [word for word in argv[:1] if word.isalpha()] if "command" not in error.format_message() else []
        return BadInput(error.format_message().rstrip("."), fix=" ".join(["codecompanion", *verbs, "--help shows how"]))
    return CodeCompanionError(
        f"a fault of CodeCompanion: {first_leaf(error)!r}", fix="run it again with --debug and report what it prints"
    )
