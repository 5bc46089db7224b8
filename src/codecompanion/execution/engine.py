"""The RealExecutionEngine: one function per kind of step."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from codecompanion.domain.candidates import place_of
from codecompanion.domain.state import Running
from codecompanion.domain.steps import (
    ApplyChange,
    AskAgent,
    AskForApproval,
    CallTeam,
    DeliverChange,
    Finish,
    InspectBase,
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
from codecompanion.domain.tidying import WorkKind
from codecompanion.execution.agent_work import AgentWork
from codecompanion.execution.calling_team import call_team
from codecompanion.execution.delivering import apply_change, deliver_change, finish
from codecompanion.execution.knowing import measure_base, prepare_tree, profile_project
from codecompanion.execution.planning import ask_for_approval, make_plan
from codecompanion.execution.repairing import patch_tree, search_repair, verify_tree
from codecompanion.execution.reporting import write_report
from codecompanion.execution.revalidating import revalidate_change
from codecompanion.execution.tidy_reporting import report_tidying
from codecompanion.execution.tidying import inspect_base, plan_tidying, revalidate_tidied, tidy, verify_tidied
from codecompanion.execution.tidying import measure_base as measure_base_of_tidying
from codecompanion.execution.toolbox import Toolbox


@dataclass(frozen=True, slots=True)
class _Work:
    """The steps in which the kinds of work differ."""

    measure_base: Callable[[Toolbox, Running], Awaitable[None]]
    make_plan: Callable[[Toolbox, Running], Awaitable[None]]
    search: Callable[[Toolbox, Running, SearchRepair], Awaitable[None]]
    verify: Callable[[Toolbox, Running, VerifyTree], Awaitable[None]]
    revalidate: Callable[[Toolbox, Running], Awaitable[None]]
    report: Callable[[Toolbox, Running], Awaitable[None]]


_REPAIR = _Work(measure_base, make_plan, search_repair, verify_tree, revalidate_change, write_report)
_TIDYING = _Work(measure_base_of_tidying, plan_tidying, tidy, verify_tidied, revalidate_tidied, report_tidying)


class RealExecutionEngine:
    """Does the steps of one run with real tools; it is made for a run and a process, and keeps no state of its own.

    Args:
        tools: The run's toolbox.
        agents: Who does the work when a model answers; None for a run of the builtin mind.
    """

    def __init__(self, tools: Toolbox, agents: AgentWork | None = None) -> None:
        self._tools = tools
        self._agents = agents

    async def recover(self, state: Running) -> None:
        """Begin a sitting: make the worktree what the log says it is, whatever a crash left behind, and give the time anew."""
        self._tools.deadline.begin_anew()
        tools, repo = self._tools, Path(state.request.repo)
        places = [(tools.run_id, state.head)]
        places += [
            (place_of(tools.run_id, one.candidate), one.head) for one in (state.contest.candidates if state.contest else ())
        ]
        for place, head in places:
            if state.brought is not None and state.brought.commit is not None and (head is not None or place == tools.run_id):
                await tools.workspace.bring(place, repo, state.brought.commit)
            if head is not None:
                await tools.workspace.restore(place, repo, head.commit)

    async def perform(self, run_id: str, state: Running, step: Step) -> None:  # noqa: C901, PLR0912 - one line a step
        """Do one step of the run."""
        assert run_id == self._tools.run_id
        work = self._work_of(state)
        match step:
            case PrepareTree():
                await prepare_tree(self._tools, state)
            case ProfileProject():
                await profile_project(self._tools, state)
            case MeasureBase():
                await work.measure_base(self._tools, state)
            case InspectBase():
                await inspect_base(self._tools, state)
            case MakePlan():
                await work.make_plan(self._tools, state)
            case SearchRepair():
                assert isinstance(work, _Work)
                await work.search(self._tools, state, step)
            case AskForApproval():
                await ask_for_approval(self._tools, state)
            case AskAgent():
                await self._team().ask(self._tools, state, step)
            case CallTeam():
                await call_team(self._tools, state)
            case PatchTree():
                await patch_tree(self._tools, state, step)
            case VerifyTree():
                await work.verify(self._tools, state, step)
            case RevalidateChange():
                await work.revalidate(self._tools, state)
            case WriteReport():
                await work.report(self._tools, state)
            case DeliverChange():
                await deliver_change(self._tools, state)
            case ApplyChange():
                await apply_change(self._tools, state)
            case Finish():
                await finish(self._tools, state, step)
            case _:
                assert_never(step)

    def _work_of(self, state: Running) -> "_Work | AgentWork":
        if state.with_agents:
            return self._team()
        return _REPAIR if state.request.kind is WorkKind.REPAIR else _TIDYING

    def _team(self) -> AgentWork:
        assert self._agents is not None
        return self._agents
