"""How an error is shown: what happened, why, and what to do; as JSON on stdout when the caller reads JSON."""

import json
import sys
from collections.abc import Sequence

from codecompanion.domain.errors import CodeCompanionError
from codecompanion.runs.refusal import error_result


def wants_json(argv: Sequence[str]) -> bool:
    """Whether the arguments ask for JSON, also when they are otherwise wrong."""
    return "--json" in argv or any(a.removeprefix("--output-format=") in ("json", "stream-json") for a in argv)


def show(error: CodeCompanionError, argv: Sequence[str]) -> int:
    """Show an error and return the exit code for it."""
    print(text_of(error.code, error.what, error.cause, error.fix), file=sys.stderr)
    if wants_json(argv):
        print(json.dumps(error_result(error.code, error.what, error.cause, error.fix, error.exit_code)))
    return error.exit_code


def text_of(code: str, what: str, cause: str, fix: str) -> str:
    """Return an error in the three lines every error has; empty ones are left out."""
    lines = [f"error[{code}]: {what}", f"cause: {cause}" if cause else "", f"fix: {fix}" if fix else ""]
    return "\n".join(line for line in lines if line)
