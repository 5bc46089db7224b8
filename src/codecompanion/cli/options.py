"""The options that several verbs share."""

import os
import sys
from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from codecompanion.cli.invocation import LOG_FLAGS

if TYPE_CHECKING:
    from codecompanion.settings import Sourced


class OutputFormat(StrEnum):
    """What is written to stdout."""

    TEXT = "text"
    JSON = "json"
    STREAM_JSON = "stream-json"


Folder = Annotated[Path, typer.Option("--cwd", "-C", help="Work in this folder.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Write JSON to stdout.")]
Format = Annotated[OutputFormat, typer.Option("--output-format", help="What to write to stdout.")]
Run = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, the beginning of one, or 'last'.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        help="Who answers: 'builtin', 'auto' (a router chooses), an alias such as 'sonnet', or PROVIDER:MODEL.",
        show_default=False,
    ),
]
Team = Annotated[
    str | None, typer.Option("--team", help="Who works with the model: solo, standard or full.", show_default=False)
]
Profile = Annotated[
    str | None,
    typer.Option(
        "--profile", help="What money and time are worth to the router: quality, balanced or frugal.", show_default=False
    ),
]
Critical = Annotated[
    bool | None, typer.Option("--critical", help="Let the router try nothing out on this run.", show_default=False)
]
Reviewer = Annotated[
    list[str] | None,
    typer.Option(
        "--reviewer",
        metavar="MODEL",
        help="The model that reviews, by default one of another family that there is a key for; several vote.",
        show_default=False,
    ),
]
Fallback = Annotated[
    list[str] | None,
    typer.Option(
        "--fallback", metavar="MODEL", help="Asked when the model does not answer; may be repeated.", show_default=False
    ),
]
Tournament = Annotated[
    list[str] | None,
    typer.Option(
        "--tournament",
        metavar="MODEL",
        help="Competes for each piece of code; may be repeated. One model competes with that of --model.",
        show_default=False,
    ),
]
Settle = Annotated[
    str | None,
    typer.Option(
        "--settle",
        metavar="WHO",
        help="Who decides when judges or reviewers do not agree: rule (the default), or person.",
        show_default=False,
    ),
]
Permission = Annotated[
    str | None,
    typer.Option(
        "--permission-mode",
        metavar="MODE",
        help="What agents may do unasked: plan, default, accept-edits or auto.",
        show_default=False,
    ),
]
Uncommitted = Annotated[bool, typer.Option("--include-uncommitted", help="Take your uncommitted changes as part of the base.")]
Timeout = Annotated[
    float | None, typer.Option("--timeout", help="Seconds the run may take; a resumed run has them anew.", show_default=False)
]
MaxBudget = Annotated[
    str | None,
    typer.Option(
        "--max-budget-usd", metavar="USD", help="What models may cost the run, in US dollars; 0: nothing.", show_default=False
    ),
]
TestCommand = Annotated[
    str | None, typer.Option("--test-command", help="How the tests are run, if detection is wrong.", show_default=False)
]
NoTests = Annotated[
    bool | None,
    typer.Option(
        "--allow-no-tests",
        help="Let agents work although the tests cannot be run; the result is then unverified.",
        show_default=False,
    ),
]
Python = Annotated[
    str | None, typer.Option("--python", help="The interpreter that runs the project's tests.", show_default=False)
]
WeakSandbox = Annotated[
    bool | None,
    typer.Option("--allow-weak-sandbox", help="Run even where no real sandbox can be had. Dangerous.", show_default=False),
]

HERE = Path()


def with_app(folder: Path | None, flags: dict[str, Any], job: Callable[..., Awaitable[int]], *, log_level: str = "") -> int:
    """Open the app with the settings of a folder's project and flags, do a job with it, and return its exit code.

    `log_level` is from where on it logs to stderr when nobody says otherwise, "" for nothing.
    """
    import anyio

    from codecompanion.cli.logging_up import logged
    from codecompanion.observability.trace_context import inside as inside_trace
    from codecompanion.observability.trace_context import read_traceparent
    from codecompanion.wiring import open_app

    async def inside() -> int:
        settings = load_settings(folder, flags).settings
        async with open_app(settings, os.environ) as app:
            with (
                logged(settings, app.redactor.text, log_level),
                inside_trace(read_traceparent(os.environ.get("TRACEPARENT", ""))),
            ):
                return await job(app)

    return anyio.run(inside)


def load_settings(folder: Path | None, flags: dict[str, Any]) -> "Sourced":
    """Return the settings in force for the repository that holds a folder; None stands for no project.

    Raises:
        BadInput: A source cannot be used.
    """
    from codecompanion.settings import Sourced, project_root

    project = None if folder is None else project_root(folder)
    return Sourced.load(os.environ, project=project, flags={**LOG_FLAGS.get({}), **flags})


def print_json(value: object) -> None:
    """Write one JSON value on one line of stdout."""
    import json

    sys.stdout.write(json.dumps(value, default=str) + "\n")
    sys.stdout.flush()
