"""Shows what came of a run."""

from typing import Any

from codecompanion.cli.failure import say, text_of
from codecompanion.cli.harmless import harmless
from codecompanion.cli.invocation import Invocation
from codecompanion.cli.options import OutputFormat, print_json
from codecompanion.cli.report import report_text

PAUSED_EXIT_CODE = 130
A_PERSON_IS_NEEDED = 3
NOT_SOLVED = "CC-1001"
"""That no repair was found is no fault; the report says it better."""


def show_result(result: dict[str, Any], invocation: Invocation, wanted: OutputFormat) -> int:
    """Show a run's result and return the exit code that stands for it."""
    error = result["error"]
    if error is not None and error["code"] != NOT_SOLVED:
        say(text_of(error["code"], error["what"], error["cause"], error["fix"]))
    if wanted is OutputFormat.TEXT:
        print(harmless(report_text(result)))
    else:
        print_json(result)
    invocation.told = True
    if result["status"] == "waiting":
        return A_PERSON_IS_NEEDED
    return PAUSED_EXIT_CODE if result["exit_code"] is None else result["exit_code"]
