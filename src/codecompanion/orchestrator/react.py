"""What comes next: a pure function of the state, so that a run goes on after a crash as if nothing had happened."""

from codecompanion.domain.advising import is_advice
from codecompanion.domain.artifacts import ArtifactType
from codecompanion.domain.chat import is_chat, open_turn
from codecompanion.domain.events import RunStatus
from codecompanion.domain.ledgers import ItemProgress, TaskStatus
from codecompanion.domain.permission import PermissionMode
from codecompanion.domain.state import Measured, Running, State, tree_label
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
from codecompanion.domain.team import WRITERS
from codecompanion.domain.tidying import WorkKind


def react(state: State) -> Step | None:
    """Return the next step of a run; None when it has not begun, waits for a person or is over."""
    if not isinstance(state, Running) or state.paused or state.awaiting is not None:
        return None
    if is_chat(state):
        under_way = open_turn(state)
        return None if under_way is None else _know(state) or _converse(state, under_way)
    if is_advice(state):
        return _know_the_project(state) or _advise(state.progress.items[0])
    return _know(state) or _leave_as_it_is(state) or _work(state) or _call_team(state) or _hand_over(state)


def _converse(state: Running, under_way: ItemProgress) -> Step:
    if state.turns[-1].conversation_sha256 is not None:
        return VerifyTree(under_way.item.item_id, under_way.attempt)
    return _ask(under_way)


def _advise(task: ItemProgress) -> Step:
    match task.status:
        case TaskStatus.COMPLETED:
            return Finish("answered")
        case TaskStatus.FAILED:
            return Finish("failed")
        case _:
            return _ask(task)


def _ask(task: ItemProgress) -> AskAgent:
    return AskAgent(task.item.item_id, task.attempt if task.status is TaskStatus.IN_PROGRESS else task.attempt + 1)


def _know_the_project(state: Running) -> Step | None:
    if state.base is None:
        return PrepareTree()
    return ProfileProject() if state.profile is None else None


def _know(state: Running) -> Step | None:
    if (step := _know_the_project(state)) is not None:
        return step
    if state.measured is None:
        return MeasureBase()
    tidying = not state.with_agents and state.request.kind is not WorkKind.REPAIR
    if tidying and state.findings is None:
        return InspectBase()
    return None if state.plan is not None or is_chat(state) else _plan(state, state.measured)


def _plan(state: Running, measured: Measured) -> Step:
    if state.request.kind is WorkKind.REPAIR:
        there_is_work = bool(measured.failing)
    else:
        there_is_work = state.with_agents or bool(state.findings)
    return MakePlan() if there_is_work else Finish("nothing_to_do")


def _leave_as_it_is(state: Running) -> Step | None:
    """Return the step of a team whose writers are through and changed nothing: there is nothing to review or to deliver."""
    if not state.with_agents or state.base is None or state.head is None or state.head.tree != state.base.tree:
        return None
    writers = [entry for entry in state.progress.items if entry.item.role in WRITERS]
    if any(entry.status is not TaskStatus.COMPLETED for entry in writers):
        return None
    return WriteReport() if ArtifactType.EVAL_REPORT not in state.artifacts else Finish("nothing_to_do")


def _work(state: Running) -> Step | None:
    if state.request.permission_mode is PermissionMode.PLAN and state.with_agents:
        return AskForApproval()
    statuses = {entry.item.item_id: entry.status for entry in state.progress.items}
    for entry in state.progress.items:
        ready = all(statuses[other] is TaskStatus.COMPLETED for other in entry.item.depends_on)
        if ready and entry.status in (TaskStatus.PENDING, TaskStatus.IN_PROGRESS):
            return _work_on(state, entry)
    return None


def _work_on(state: Running, entry: ItemProgress) -> Step:
    task_id = entry.item.item_id
    attempt = entry.attempt if entry.status is TaskStatus.IN_PROGRESS else entry.attempt + 1
    if state.with_agents:
        made = state.head is not None and state.head.label == tree_label(task_id, attempt)
        return VerifyTree(task_id, attempt) if made and entry.item.role in WRITERS else AskAgent(task_id, attempt)
    if state.plausible is None:
        return SearchRepair(task_id, attempt)
    if state.head is None or state.head.label != tree_label(task_id, attempt):
        return PatchTree(task_id, attempt)
    return VerifyTree(task_id, attempt)


def _is_revalidated(state: Running) -> bool:
    files = state.users_files
    return files is not None and (files.merged is None or state.holds is not None)


def _call_team(state: Running) -> Step | None:
    unsolved = any(entry.status is not TaskStatus.COMPLETED for entry in state.progress.items)
    return CallTeam() if unsolved and state.may_call_team else None


def _hand_over(state: Running) -> Step:
    solved = all(entry.status is TaskStatus.COMPLETED for entry in state.progress.items)
    if solved and state.request.revalidate and not _is_revalidated(state):
        return RevalidateChange()
    if ArtifactType.EVAL_REPORT not in state.artifacts:
        return WriteReport()
    if not solved:
        return Finish("failed")
    if state.branch is None:
        return DeliverChange()
    if state.request.apply and state.applied is None:
        return ApplyChange()
    return Finish(_status(state))


def _status(state: Running) -> RunStatus:
    if state.with_agents and state.proof is not None and not state.proof.counts.passed:
        return "unverified"
    return "partial" if state.findings else "verified"
