"""How the turns of a chat are shown: what the agent says on stdout, all else on stderr; or one line of JSON each."""

from typing import Any

from codecompanion.cli.failure import say, text_of
from codecompanion.cli.harmless import harmless
from codecompanion.cli.options import print_json
from codecompanion.domain.errors import CodeCompanionError
from codecompanion.runs.chat_turns import Turned

NAMES_SHOWN = 5
GAVE_UP = 1


def show_turn(turned: Turned, run_id: str | None, *, as_json: bool) -> int:
    """Show how a turn ended and return the exit code that it stands for."""
    if as_json:
        print_json(_turn_json(turned, run_id))
    else:
        _show_text(turned)
    if turned.error is not None:
        return turned.error.exit_code
    refuted = turned.checks is not None and not turned.checks.passed
    return GAVE_UP if turned.status == "gave_up" or refuted else 0


def _show_text(turned: Turned) -> None:
    if turned.text:
        print(harmless(turned.text), flush=True)
    for file in turned.files:
        say(f"  {file.action} {file.path} (+{file.lines_added} -{file.lines_removed})")
    if said := _of_checks(turned):
        say(f"  {said}")
    if turned.status == "stopped":
        say("  stopped; what was changed until then is kept, /undo takes it back")
    if turned.error is not None:
        say(text_of(turned.error.code, turned.error.what, turned.error.cause, turned.error.fix))


def _of_checks(turned: Turned) -> str:
    checks = turned.checks
    if checks is None:
        return "" if not turned.files else "the tests were not run on these files"
    counts = checks.counts
    if not checks.passed:
        against = (*checks.integrity, *checks.new_findings, *checks.broken, *checks.still_failing)
        more = len(against) - NAMES_SHOWN
        names = ", ".join(against[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
        return f"the whole suite: {counts.passed} pass; against it: {names or 'it did not end'}"
    if not counts.passed:
        return "no test ran, so nothing proves the change"
    return f"the whole suite: {counts.passed} pass, and nothing that passed before fails"


def _turn_json(turned: Turned, run_id: str | None) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "type": "turn",
        "run_id": run_id,
        "turn": turned.turn,
        "status": turned.status,
        "text": turned.text,
        "files_changed": [file.model_dump(mode="json") for file in turned.files],
        "checks": turned.checks.model_dump(mode="json") if turned.checks else None,
        "cost_usd": f"{turned.cost_usd:f}",
        "error": _error_json(turned.error),
    }


def _error_json(error: CodeCompanionError | None) -> dict[str, str] | None:
    return None if error is None else {"code": error.code, "what": error.what, "cause": error.cause, "fix": error.fix}


def say_failure(error: CodeCompanionError, *, as_json: bool, command: str | None = None) -> int:
    """Show what was refused, and return its exit code. `command` is what was typed, None for words to the agent."""
    say(text_of(error.code, error.what, error.cause, error.fix))
    if as_json:
        print_json({"schema_version": 1, "type": "command", "command": command, "error": _error_json(error)})
    return error.exit_code


def show_answer(text: str, command: str, *, as_json: bool, **fields: object) -> None:
    """Show what came of a command: as text, or its fields as JSON."""
    if as_json:
        print_json({"schema_version": 1, "type": "command", "command": command, "error": None, **fields})
    elif text:
        print(harmless(text), flush=True)
