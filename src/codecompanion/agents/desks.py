"""Lays out the desk of an agent: what its tools work with, bound to the run."""

from codecompanion.agents.kit import AgentKit
from codecompanion.agents.work_copy import WorkCopy
from codecompanion.domain.checks import SuiteReport
from codecompanion.domain.errors import LimitReached
from codecompanion.domain.state import Running
from codecompanion.execution.toolbox import Toolbox
from codecompanion.tools.desk import Desk


def desk_for(tools: Toolbox, kit: AgentKit, state: Running, copy: WorkCopy, *, base: SuiteReport | None) -> Desk:
    """Return the desk of an agent that works in a copy. `base` is what the tests said before any change, None without tests."""
    assert state.profile is not None
    outlook = copy.outlook

    def time_left_s() -> float:
        try:
            return tools.deadline.left_s(purpose="the tool ran")
        except LimitReached:
            return 0.0

    return Desk(
        root=copy.root,
        profile=state.profile,
        sandbox=kit.sandbox,
        checks=tools.checks,
        passing=base.passing if base else (),
        failing=state.measured.failing if state.measured else (),
        mode=state.request.permission_mode,
        may_edit=copy.may_edit,
        record_command=copy.record_command,
        ask=kit.ask,
        approve=copy.approvals.approve,
        time_left_s=time_left_s,
        redact=tools.redact,
        on_test=tools.hearing.on_test,
        list_paths=outlook.paths,
        symbols=outlook.symbols,
        repo_map=outlook.map,
        recall=kit.recall,
        apply_edits=copy.apply_edits,
        changed_paths=copy.changed_paths,
    )
