"""`run`: do the work and show how far it is."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from codecompanion.cli.carrying_out import carry_out
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
    Settle,
    Team,
    TestCommand,
    Timeout,
    Tournament,
    Uncommitted,
    WeakSandbox,
)
from codecompanion.cli.telling import Telling
from codecompanion.domain.errors import BadInput

if TYPE_CHECKING:
    from codecompanion.cli.invocation import Invocation


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(run)


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
