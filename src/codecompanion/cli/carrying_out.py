"""Carries out an objective: for `run`, and for the agents that are runs."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from codecompanion.cli.invocation import Invocation
from codecompanion.cli.options import with_app
from codecompanion.cli.telling import Telling

if TYPE_CHECKING:
    from codecompanion.wiring import App


def carry_out(
    invocation: Invocation,
    folder: Path,
    flags: dict[str, Any],
    objective: str,
    how: Telling,
    *,
    include_uncommitted: bool = False,
    apply: bool = False,
) -> int:
    """Start a run in a folder's repository, follow it to its end, show its result, and return its exit code.

    `flags` are settings of this call; None leaves one as it is set elsewhere.
    """

    async def job(app: "App") -> int:
        from codecompanion.cli.beginning import begin
        from codecompanion.runs.starting import Ask

        ask = Ask(objective, include_uncommitted=include_uncommitted, apply=apply)
        return await begin(app, folder, ask, invocation, how)

    return with_app(folder, flags, job)
