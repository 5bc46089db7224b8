"""The builtin mind goes first where a router chooses: it costs nothing. What it does not solve, a team is called for."""

from pathlib import Path

from codecompanion.domain.commands import Command, Record
from codecompanion.domain.events import CascadeStepped, TeamCalled
from codecompanion.domain.routes import CascadeStep
from codecompanion.domain.state import Running
from codecompanion.domain.team import BUILTIN, Role
from codecompanion.execution.toolbox import Toolbox

SEARCH_SHARE = 0.25
"""Of a run's time, the builtin mind may take this part before the team has its turn."""


async def begin_with_builtin(tools: Toolbox, task_id: str) -> None:
    """Record that the builtin mind goes first, and why."""
    step = CascadeStepped(
        decision_id=f"{tools.run_id}:{task_id}:1:{Role.DEBUGGER.value}",
        task_id=task_id,
        attempt=1,
        role=Role.DEBUGGER,
        step=CascadeStep.BUILTIN,
        model=BUILTIN,
        reason="tests fail, and the builtin mind searches for a repair at no cost",
        cost_usd=0.0,
    )
    await tools.journal.derive(f"cascade:{task_id}:1", Record(step))


async def call_team(tools: Toolbox, state: Running) -> None:
    """Put the files back as they were on the base, and let a team go on."""

    async def effect() -> Command:
        assert state.base is not None
        await tools.workspace.restore(tools.run_id, Path(state.request.repo), state.base.commit)
        reason = "; ".join(entry.reason for entry in state.progress.items if entry.reason)
        return Record(TeamCalled(reason=reason, tree=state.base))

    await tools.journal.once("call-team", effect)
