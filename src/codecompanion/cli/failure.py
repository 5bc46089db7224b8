"""How an error is shown: what happened, why, and what to do; as JSON on stdout when the caller reads JSON."""

import json
import os
import sys
from collections.abc import Sequence
from typing import TextIO

from codecompanion.cli.harmless import harmless
from codecompanion.cli.invocation import Invocation
from codecompanion.domain.errors import CodeCompanionError, CommandRefused
from codecompanion.runs.refusal import error_result

INTERRUPTED_CODE = "CC-1300"


def wants_json(argv: Sequence[str]) -> bool:
    """Whether the arguments ask for JSON, also when they are otherwise wrong."""
    return "--json" in argv or any(a.removeprefix("--output-format=") in ("json", "stream-json") for a in argv)


def show(error: CodeCompanionError, argv: Sequence[str], invocation: Invocation) -> int:
    """Show an error and return the exit code for it."""
    fix = _fix(error, invocation.run_id)
    say(text_of(error.code, error.what, error.cause, fix))
    if wants_json(argv) and not invocation.told:
        _print_error(error_result(error.code, error.what, error.cause, fix, error.exit_code, run_id=invocation.run_id))
    return error.exit_code


def _fix(error: CodeCompanionError, run_id: str | None) -> str:
    if run_id is None or isinstance(error, CommandRefused):
        return error.fix
    return "; ".join(filter(None, [error.fix, _how_to_go_on(run_id)]))


def _how_to_go_on(run_id: str) -> str:
    return f"go on with: codecompanion resume {run_id}"


def show_interruption(argv: Sequence[str], invocation: Invocation, *, exit_code: int) -> int:
    """Say what became of an interrupted call, unless that has been said, and return the exit code."""
    if invocation.told:
        return exit_code
    what = _interrupted(argv, invocation.run_id)
    say(what)
    if wants_json(argv):
        fix = _how_to_go_on(invocation.run_id) if invocation.run_id else ""
        _print_error(error_result(INTERRUPTED_CODE, what, "", fix, exit_code, run_id=invocation.run_id))
    return exit_code


def _interrupted(argv: Sequence[str], run_id: str | None) -> str:
    if run_id is not None:
        return f"interrupted; {_how_to_go_on(run_id)}"
    return "interrupted: nothing was begun" if argv[0] in ("run", "resume") else "interrupted"


def _print_error(result: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()


def text_of(code: str, what: str, cause: str, fix: str) -> str:
    """Return an error in the three lines every error has; empty ones are left out."""
    lines = [f"error[{code}]: {what}", f"cause: {cause}" if cause else "", f"fix: {fix}" if fix else ""]
    return "\n".join(line for line in lines if line)


def say(text: str) -> None:
    """Write lines to stderr. When nobody reads them any more, that is no reason to stop."""
    try:
        print(harmless(text), file=sys.stderr, flush=True)
    except BrokenPipeError:
        stop_writing(sys.stderr)


def stop_writing(stream: TextIO) -> None:
    """Let go of a stream whose reader has gone: what it is given from now on goes nowhere, also what is flushed at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
