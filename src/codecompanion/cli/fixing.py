"""`agents run fixer`: a run for the failing tests."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from codecompanion.cli.carrying_out import carry_out
from codecompanion.cli.failure import say
from codecompanion.cli.invocation import Invocation
from codecompanion.cli.options import load_settings
from codecompanion.cli.telling import Telling
from codecompanion.domain.errors import BadInput

OBJECTIVE = "fix the failing tests"
BUILTIN = "builtin"


def fix(invocation: Invocation, folder: Path, flags: dict[str, Any], how: Telling) -> int:
    """Start the run and return its exit code; without a model, say what one would add."""
    from codecompanion.agents.maintenance.catalogue import AGENTS

    if load_settings(folder, flags).settings.model == BUILTIN and not how.quiet:
        say(f"fixer: the builtin mind searches for a repair, without a model; {AGENTS['fixer'].with_a_model} (-m MODEL)")
    return carry_out(invocation, folder, flags, OBJECTIVE, how)


def refuse_what_asks_a_model(given: Mapping[str, object]) -> None:
    """Refuse options that the agents without a model do not have.

    Raises:
        BadInput: One was given.
    """
    _refuse(
        given,
        "{option} is for fixer, bug-triage and pr-preparer: the other agents ask no model",
        "leave it out, or name one of these",
    )


def refuse_what_only_a_report_has(agent: str, given: Mapping[str, object]) -> None:
    """Refuse options that a run does not have.

    Raises:
        BadInput: One was given.
    """
    _refuse(given, f"{{option}} is not for {agent}, which is a run", "leave it out")


def _refuse(given: Mapping[str, object], what: str, fix: str) -> None:
    for option, value in given.items():
        if value not in (None, False):
            raise BadInput(what.format(option=option), fix=fix)
