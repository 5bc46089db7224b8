"""The RealExecutionEngine: one function per kind of step."""

from pathlib import Path
from typing import assert_never

from codecompanion.domain.state import Running
from codecompanion.domain.steps import (
    ApplyChange,
    DeliverChange,
    Finish,
    MakePlan,
    MeasureBase,
    PatchTree,
    PrepareTree,
    ProfileProject,
    RevalidateChange,
    SearchRepair,
    Step,
    VerifyTree,
    WriteReport,
)
from codecompanion.execution.delivering import apply_change, deliver_change, finish
from codecompanion.execution.knowing import measure_base, prepare_tree, profile_project
from codecompanion.execution.planning import make_plan
from codecompanion.execution.repairing import patch_tree, search_repair, verify_tree
from codecompanion.execution.reporting import write_report
from codecompanion.execution.revalidating import revalidate_change
from codecompanion.execution.toolbox import Toolbox


class RealExecutionEngine:
    """Does the steps of one run with real tools; it is made for a run and a process, and keeps no state of its own."""

    def __init__(self, tools: Toolbox) -> None:
        self._tools = tools

    async def recover(self, state: Running) -> None:
        """Make the worktree what the log says it is, whatever a crash left behind."""
        if state.head is not None:
            await self._tools.workspace.restore(self._tools.run_id, Path(state.request.repo), state.head.commit)

    async def perform(self, run_id: str, state: Running, step: Step) -> None:  # noqa: C901, PLR0912 - one line a step
        """Do one step of the run."""
        assert run_id == self._tools.run_id
        match step:
            case PrepareTree():
                await prepare_tree(self._tools, state)
            case ProfileProject():
                await profile_project(self._tools, state)
            case MeasureBase():
                await measure_base(self._tools, state)
            case MakePlan():
                await make_plan(self._tools, state)
            case SearchRepair():
                await search_repair(self._tools, state, step)
            case PatchTree():
                await patch_tree(self._tools, state, step)
            case VerifyTree():
                await verify_tree(self._tools, state, step)
            case RevalidateChange():
                await revalidate_change(self._tools, state)
            case WriteReport():
                await write_report(self._tools, state)
            case DeliverChange():
                await deliver_change(self._tools, state)
            case ApplyChange():
                await apply_change(self._tools, state)
            case Finish():
                await finish(self._tools, state, step)
            case _:
                assert_never(step)
