"""What a run remembers of each fact: the pure, total other half of the rules in `workflow`."""

from typing import assert_never

from codecompanion.domain.advising import begun
from codecompanion.domain.chat import (
    evolve_chat,
    is_chat,
    with_first_tree,
)
from codecompanion.domain.claiming import (
    evolve_claiming,
    gets_further,
    out_of_queue,
    trusted_again,
    without_worker,
)
from codecompanion.domain.errors import PARKED_CODE
from codecompanion.domain.events import (
    AgentSaid,
    ApprovalGiven,
    ApprovalRequested,
    ArtifactProduced,
    BaseMeasured,
    BranchDelivered,
    CandidateJoined,
    ChecksCompleted,
    CommandExecuted,
    Fact,
    IgnoredFilesBrought,
    ModelChosen,
    PatchApplied,
    PatchRevalidated,
    PatchUndone,
    PlanAccepted,
    RepoProfiled,
    ReviewCompleted,
    RunCancelled,
    RunClaimed,
    RunCompleted,
    RunFailed,
    RunForked,
    RunPaused,
    RunQueued,
    RunReleased,
    RunResumed,
    RunStarted,
    SearchCompleted,
    Snapshotted,
    TaskCompleted,
    TaskFailed,
    TaskStarted,
    TeamCalled,
    ToolIntended,
    TournamentDecided,
    TournamentStarted,
    TreeInspected,
    TreeSnapshotted,
    TreesPacked,
    TurnStopped,
    TurnUndone,
    UserSaid,
    UsersFilesSeen,
)
from codecompanion.domain.ledgers import ItemProgress, ProgressLedger, TaskStatus
from codecompanion.domain.permission import PermissionMode
from codecompanion.domain.state import (
    Ended,
    Measured,
    NotStarted,
    Proof,
    Running,
    State,
    tree_label,
)
from codecompanion.domain.team import AUTO
from codecompanion.domain.tournament import contestant, evolve_contest


def evolve(state: State, fact: Fact) -> State:
    """Return the state after a fact. It never refuses; a fact that means nothing in this state changes nothing."""
    match state:
        case NotStarted():
            return begun(fact) if isinstance(fact, RunStarted) else state
        case Running(queue=queue):
            after = _evolve_running(state, fact)
            # Only a run that has lost workers is compared, which takes time.
            suspect = queue is not None and queue.lost and isinstance(after, Running) and gets_further(state, after, fact)
            return trusted_again(after) if suspect and isinstance(after, Running) else after
        case Ended() if isinstance(fact, RunQueued | RunClaimed | RunReleased):
            return state
        case Ended(run=run):
            after = _evolve_running(run, fact)
            return state.model_copy(update={"run": after}) if isinstance(after, Running) else state
        case _:
            assert_never(state)


def _evolve_running(state: Running, fact: Fact) -> Running | Ended:  # noqa: C901, PLR0911, PLR0912 - one line a fact
    match fact:
        case CommandExecuted() | ToolIntended() | TreesPacked():  # for speed: frequent, and nothing below asks for them
            return state
        case RunQueued() | RunClaimed() | RunReleased():
            return evolve_claiming(state, fact)
        case IgnoredFilesBrought():
            return state.model_copy(update={"brought": fact})
        case TournamentStarted() | CandidateJoined() | TournamentDecided():
            return evolve_contest(state, fact)
        case TreeSnapshotted(candidate=candidate):
            return evolve_contest(state, fact) if candidate else _with_tree(state, fact)
        case RepoProfiled(profile=profile):
            return state.model_copy(update={"profile": profile})
        case BaseMeasured(counts=counts, failing=failing, flaky=flaky):
            measured = Measured(counts=counts, failing=failing, flaky=flaky)
            return state.model_copy(update={"measured": measured})
        case TreeInspected(findings=findings):
            return state.model_copy(update={"findings": sum(findings.values())})
        case PlanAccepted(ledger=ledger):
            progress = ProgressLedger(items=tuple(ItemProgress(item=item) for item in ledger.items))
            return state.model_copy(update={"plan": fact, "progress": progress})
        case TaskStarted(task_id=task_id, attempt=attempt):
            return _with_task(state, task_id, status=TaskStatus.IN_PROGRESS, attempt=attempt)
        case SearchCompleted():
            return _with_search(state, fact)
        case ArtifactProduced(artifact_type=kind):
            return state.model_copy(update={"artifacts": tuple(sorted({*state.artifacts, kind}))})
        case ChecksCompleted(task_id=task_id):
            return state if contestant(state, task_id) else _with_proof(state, fact)
        case UserSaid() | AgentSaid() | TurnStopped() | TurnUndone() | ModelChosen():
            return evolve_chat(state, fact)
        case BranchDelivered() | PatchApplied() if is_chat(state):
            return evolve_chat(state, fact)
        case TaskCompleted(task_id=task_id):
            return _with_task(state, task_id, status=TaskStatus.COMPLETED)
        case TaskFailed(task_id=task_id, reason=reason, final=final):
            return _with_task(state, task_id, status=TaskStatus.FAILED if final else TaskStatus.PENDING, reason=reason)
        case TeamCalled(tree=tree):
            anew = {"plan": None, "progress": ProgressLedger(), "plausible": None, "proof": None}
            return state.model_copy(update={**anew, "called": True, "head": tree})
        case ApprovalRequested(subject=subject, waits=True, options=options):
            return state.model_copy(update={"awaiting": subject, "options": options})
        case ApprovalGiven():
            return _with_approval(state, fact)
        case ReviewCompleted(accepted=accepted):
            return state if accepted else state.model_copy(update={"reviews": state.reviews + 1})
        case UsersFilesSeen():
            return state.model_copy(update={"users_files": fact})
        case PatchRevalidated(passed=passed):
            return state.model_copy(update={"holds": passed})
        case BranchDelivered(branch=branch):
            return state.model_copy(update={"branch": branch})
        case PatchApplied(paths=paths, merged=merged):
            return state.model_copy(update={"applied": paths, "applied_merged": merged})
        case PatchUndone():
            return state.model_copy(update={"applied": None})
        case RunPaused(code=code):
            return without_worker(state.model_copy(update={"paused": True}), parked=code == PARKED_CODE)
        case RunResumed():
            request = state.request.model_copy(update=fact.limits())
            return trusted_again(state.model_copy(update={"paused": False, "request": request}))
        case RunForked(model=model):
            return out_of_queue(state) if model == state.request.model else _taken_over(state, model)
        case RunCompleted(status=status, exit_code=exit_code):
            return Ended(run=out_of_queue(state), outcome=status, exit_code=exit_code)
        case RunFailed(exit_code=exit_code):
            return Ended(run=out_of_queue(state), outcome="error", exit_code=exit_code)
        case RunCancelled():
            return Ended(run=out_of_queue(state), outcome="cancelled", exit_code=1)
        case _:
            return state


def _with_tree(state: Running, fact: TreeSnapshotted) -> Running:
    snapshotted = Snapshotted(label=fact.label, tree=fact.tree, commit=fact.commit)
    update = {"head": snapshotted, "base": state.base or snapshotted, "turns": with_first_tree(state.turns, snapshotted)}
    return state.model_copy(update=update)


def _with_proof(state: Running, checks: ChecksCompleted) -> Running:
    proof = Proof(tree=checks.tree, counts=checks.counts, passed=checks.passed)
    proven = (*state.proven, checks.tree) if checks.passed and is_chat(state) else state.proven
    return state.model_copy(update={"proof": proof, "proven": proven})


def _with_approval(state: Running, fact: ApprovalGiven) -> Running:
    if not fact.approved:
        return state
    if fact.subject != state.awaiting:
        return state.model_copy(update={"approved": (*state.approved, *fact.paths)})
    answered = state.model_copy(update={"awaiting": None, "options": ()})
    if state.request.permission_mode is not PermissionMode.PLAN:
        return answered
    # A plan that is approved is carried out: from here on the ordinary mode holds.
    request = state.request.model_copy(update={"permission_mode": PermissionMode.DEFAULT})
    return answered.model_copy(update={"request": request})


def _taken_over(state: Running, model: str) -> Running:
    """Return the state for another model: what it did not begin it does anew, on the files as they are."""
    # Whoever names a model wants that one; only a router lets the builtin mind go first.
    first = state.request.builtin_first and (model == AUTO or state.called)
    request = state.request.model_copy(update={"model": model, "builtin_first": first})
    taken_over = out_of_queue(state).model_copy(update={"request": request, "takeovers": state.takeovers + 1, "contest": None})
    for entry in state.progress.items:
        made = state.head is not None and state.head.label == tree_label(entry.item.item_id, entry.attempt)
        if entry.status is TaskStatus.IN_PROGRESS and not made:
            taken_over = _with_task(taken_over, entry.item.item_id, status=TaskStatus.PENDING)
    return taken_over


def _with_search(state: Running, fact: SearchCompleted) -> Running:
    measured = state.measured
    if measured is not None and fact.flaky:
        failing = tuple(test_id for test_id in measured.failing if test_id not in fact.flaky)
        flaky = tuple(test_id for test_id in measured.failing if test_id in fact.flaky)
        measured = measured.model_copy(update={"failing": failing, "flaky": (*measured.flaky, *flaky)})
    return state.model_copy(update={"plausible": fact.plausible, "measured": measured})


def _with_task(
    state: Running, task_id: str, *, status: TaskStatus, attempt: int | None = None, reason: str | None = None
) -> Running:
    changes = {"status": status, "attempt": attempt, "reason": reason}
    update = {name: value for name, value in changes.items() if value is not None}
    items = tuple(entry.model_copy(update=update) if entry.item.item_id == task_id else entry for entry in state.progress.items)
    return state.model_copy(update={"progress": ProgressLedger(items=items)})
