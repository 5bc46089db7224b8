"""The rules of a run: `decide` says what follows from a command, `evolution.evolve` remembers it. Both are pure and total.

    NotStarted ── StartRun ──> Running ── CompleteRun | FailRun | CancelRun ──> Ended

Within Running the work has an order (base tree, profile, measurement, plan, then each task's attempts, then delivery),
and the two promises of the product are rules here: a run is "verified" (or "partial") only when checks passed on the very tree
that was delivered, and a result of an attempt that was superseded is refused.
"""

from typing import assert_never

from codecompanion.domain.advising import is_advice
from codecompanion.domain.chat import (
    decide_answer,
    decide_chat,
    decide_chat_application,
    decide_chat_delivery,
    is_chat,
)
from codecompanion.domain.claiming import decide_claiming
from codecompanion.domain.commands import (
    INTERRUPTED,
    AcceptPlan,
    ApplyPatch,
    CancelRun,
    ChooseModel,
    ClaimRun,
    Command,
    CompleteRun,
    DeliverBranch,
    FailRun,
    Finding,
    ForkRun,
    PauseRun,
    QueueRun,
    Record,
    RecordAll,
    ReleaseRun,
    ResumeRun,
    Say,
    StartRun,
    StartTask,
    StopTurn,
    UndoPatch,
    UndoTurn,
)
from codecompanion.domain.counting import counted
from codecompanion.domain.errors import CommandRefused
from codecompanion.domain.events import (
    AgentSaid,
    ApprovalGiven,
    BaseMeasured,
    BranchDelivered,
    CascadeStepped,
    ChecksCompleted,
    Fact,
    HandoffMade,
    PatchApplied,
    PatchRevalidated,
    PlanAccepted,
    ReviewCompleted,
    RunCancelled,
    RunCompleted,
    RunForked,
    RunPaused,
    RunReleased,
    RunResumed,
    SearchCompleted,
    TaskCompleted,
    TaskFailed,
    TaskStarted,
    TeamCalled,
    UsersFilesSeen,
)
from codecompanion.domain.evolution import evolve
from codecompanion.domain.ledgers import ItemProgress, TaskStatus
from codecompanion.domain.routes import CascadeStep
from codecompanion.domain.state import (
    AGENT_ATTEMPTS,
    CASCADE_ATTEMPTS,
    INITIAL,
    MAX_ATTEMPTS,
    Ended,
    NotStarted,
    Running,
    State,
    progress_of,
)
from codecompanion.domain.team import MAX_REVIEWS, WRITERS
from codecompanion.domain.tidying import WorkKind, remain
from codecompanion.domain.tournament import decide_candidate, is_of_candidate

__all__ = ["INITIAL", "State", "decide", "evolve"]


def decide(state: State, command: Command) -> list[Fact]:
    """Return the facts that follow from a command; none when it has been carried out already.

    Raises:
        CommandRefused: The rules do not allow the command in this state.
    """
    match state:
        case NotStarted():
            return _decide_before_start(command)
        case Running():
            return _decide_running(state, command)
        case Ended():
            return _decide_ended(state, command)
        case _:
            assert_never(state)


def _decide_before_start(command: Command) -> list[Fact]:
    if isinstance(command, StartRun):
        return [command.request] if command.queued is None else [command.request, command.queued]
    raise CommandRefused(f"{type(command).__name__} before the run has started")


def _decide_running(state: Running, command: Command) -> list[Fact]:  # noqa: C901, PLR0911, PLR0912 - a line a command
    match command:
        case StartRun(request=request):
            return _again(request == state.request, "the run has started with another request")
        case ResumeRun():
            return _decide_resumption(state, command)
        case QueueRun() | ClaimRun() | ReleaseRun():
            return decide_claiming(state, command)
        case PauseRun(reason) if reason == INTERRUPTED and state.queue is not None and state.queue.worker:
            return [RunReleased(number=state.queue.claim, reason=reason)]
        case PauseRun(reason):
            return [] if state.paused else [RunPaused(reason=reason)]
        case CancelRun(reason):
            return [RunCancelled(reason=reason)]
        case FailRun(failure):
            return [failure]
        case ForkRun(parent, at_version, parent_hash, model):
            return [RunForked(parent=parent, at_version=at_version, parent_hash=parent_hash, model=model)]
        case _ if state.paused:
            raise CommandRefused(f"{type(command).__name__} while the run is paused", fix="resume it first")
        case Record(finding):
            return _decide_finding(state, finding)
        case RecordAll(findings):
            return [fact for finding in findings for fact in _decide_finding(state, finding)]
        case AcceptPlan(plan):
            return _decide_plan(state, plan)
        case StartTask(task_id, worker, attempt):
            return _decide_start_task(state, task_id, worker, attempt)
        case DeliverBranch(delivery):
            return decide_chat_delivery(state, delivery) if is_chat(state) else _decide_delivery(state, delivery)
        case ApplyPatch(application):
            return decide_chat_application(state, command) if is_chat(state) else _decide_application(state, application)
        case Say() | StopTurn() | UndoTurn() | ChooseModel():
            return decide_chat(state, command)
        case UndoPatch():
            raise CommandRefused("the run has not ended: there is nothing to undo")
        case CompleteRun(status, exit_code, summary):
            return _decide_end(state, RunCompleted(status=status, exit_code=exit_code, summary=summary))
        case _:
            assert_never(command)


def _decide_ended(state: Ended, command: Command) -> list[Fact]:
    match command:
        case ApplyPatch(application):
            return _decide_application(state.run, application)
        case UndoPatch(undoing):
            if state.run.applied is None:
                raise CommandRefused("the patch is not in the working tree: there is nothing to undo")
            return [undoing]
        case _:
            raise CommandRefused(f"{type(command).__name__} after the run has ended ({state.outcome})")


def _decide_resumption(state: Running, command: ResumeRun) -> list[Fact]:
    choice = command.choice
    if choice and choice not in state.options:
        offered = f"the run waits for one of {', '.join(state.options)}" if state.options else "the run waits for no choice"
        raise CommandRefused(f"{choice!r} cannot be chosen", cause=offered)
    resumed = RunResumed(max_budget_usd=command.max_budget_usd, timeout_s=command.timeout_s)
    if state.awaiting is None:
        return [resumed]
    return [resumed, ApprovalGiven(subject=state.awaiting, approved=True, by="user", choice=choice)]


def _again(same: bool, refusal: str) -> list[Fact]:  # noqa: FBT001 - the question is the argument
    """Answer a repeated command: nothing new when it says the same, a refusal when it contradicts."""
    if same:
        return []
    raise CommandRefused(refusal)


def _decide_finding(state: Running, finding: Finding) -> list[Fact]:  # noqa: C901, PLR0911, PLR0912 - one line a finding
    match finding:
        case _ if is_of_candidate(state, finding):
            return decide_candidate(state, finding)
        case ChecksCompleted():
            return _decide_checks(state, finding)
        case SearchCompleted():
            return _decide_search(state, finding)
        case HandoffMade():
            return _decide_handoff(state, finding)
        case AgentSaid():
            return decide_answer(state, finding)
        case ReviewCompleted():
            return _decide_review(state, finding)
        case CascadeStepped(step=CascadeStep.STOP):
            return _decide_stop(state, finding)
        case TeamCalled() if not state.may_call_team:
            raise CommandRefused("there is no team behind the builtin mind")
        case BaseMeasured() if state.base is None:
            raise CommandRefused("a measurement without a base tree")
        case BaseMeasured() if state.measured is not None:
            raise CommandRefused("the base has been measured")
        case UsersFilesSeen() if state.proof is None or not state.proof.passed:
            raise CommandRefused("a change without passing checks is not put on the user's files")
        case PatchRevalidated() if state.users_files is None or state.users_files.merged is None:
            raise CommandRefused("there are no files of the user with the change in them")
        case _:
            return [finding]


def _decide_plan(state: Running, plan: PlanAccepted) -> list[Fact]:
    if is_chat(state):
        raise CommandRefused("a plan for a chat: its tasks are what the person says")
    if is_advice(state):
        raise CommandRefused("a plan for advice, which has one task")
    if state.measured is None:
        raise CommandRefused("a plan before the base was measured")
    if state.plan is not None:
        return _again(plan == state.plan, "another plan has been accepted")
    return [plan]


def _decide_start_task(state: Running, task_id: str, worker: str, attempt: int) -> list[Fact]:
    entry = progress_of(state, task_id)
    if entry.status is TaskStatus.IN_PROGRESS and entry.attempt == attempt:
        return []
    if entry.status is not TaskStatus.PENDING or attempt != entry.attempt + 1:
        raise CommandRefused(f"attempt {attempt} of task {task_id!r}, which is {entry.status} at attempt {entry.attempt}")
    return [TaskStarted(task_id=task_id, worker=worker, attempt=attempt)]


def _decide_search(state: Running, search: SearchCompleted) -> list[Fact]:
    entry = progress_of(state, search.task_id)
    if search.plausible:
        return [search]
    reason = _why_nothing(search) if state.request.kind is WorkKind.REPAIR else _why_all_is_left(state)
    return [search, TaskFailed(task_id=search.task_id, attempt=entry.attempt, reason=reason, final=True)]


def _decide_stop(state: Running, stop: CascadeStepped) -> list[Fact]:
    entry = progress_of(state, stop.task_id)
    if entry.status is not TaskStatus.PENDING or entry.attempt != stop.attempt - 1:
        at = f"which is {entry.status} at attempt {entry.attempt}"
        raise CommandRefused(f"a stop before attempt {stop.attempt} of {stop.task_id!r}, {at}")
    return [stop, TaskFailed(task_id=stop.task_id, attempt=entry.attempt, reason=entry.reason or stop.reason, final=True)]


def _decide_handoff(state: Running, handoff: HandoffMade) -> list[Fact]:
    entry = _at_work(state, handoff.task_id, handoff.attempt)
    if not handoff.accepted:
        final = _no_more_tries(state, entry)
        return [handoff, TaskFailed(task_id=handoff.task_id, attempt=entry.attempt, reason=handoff.reason, final=final)]
    if handoff.role in WRITERS:
        return [handoff]
    return [handoff, TaskCompleted(task_id=handoff.task_id, attempt=entry.attempt)]


def _decide_review(state: Running, review: ReviewCompleted) -> list[Fact]:
    entry = _at_work(state, review.task_id, review.attempt)
    if review.accepted:
        return [review, TaskCompleted(task_id=review.task_id, attempt=entry.attempt)]
    final = state.reviews >= MAX_REVIEWS
    reason = _held_against(review, review.findings)
    failed = TaskFailed(task_id=review.task_id, attempt=entry.attempt, reason=reason, final=final)
    if final:
        return [review, failed]
    back = [progress_of(state, task_id) for task_id in review.reviewed]
    return [review, failed, *(_sent_back(review, one) for one in back)]


def _sent_back(review: ReviewCompleted, entry: ItemProgress) -> TaskFailed:
    task_id = entry.item.item_id
    reason = _held_against(review, review.concerns.get(task_id, review.findings))
    return TaskFailed(task_id=task_id, attempt=entry.attempt, reason=reason, final=False)


def _held_against(review: ReviewCompleted, findings: tuple[str, ...]) -> str:
    return f"the review gives {review.score} of 100: {'; '.join(findings) or 'no finding of enough confidence'}"


def _at_work(state: Running, task_id: str, attempt: int) -> ItemProgress:
    entry = progress_of(state, task_id)
    if entry.status is not TaskStatus.IN_PROGRESS or entry.attempt != attempt:
        raise CommandRefused(f"a result of attempt {attempt} of {task_id!r}, which is {entry.status} at {entry.attempt}")
    return entry


def _no_more_tries(state: Running, entry: ItemProgress) -> bool:
    if state.routed and entry.item.role in WRITERS:
        return entry.attempt >= CASCADE_ATTEMPTS  # the cascade says when it is over
    # A change that a review sent back has its tries anew.
    return entry.attempt >= AGENT_ATTEMPTS * (1 + state.reviews)


def _why_all_is_left(state: Running) -> str:
    return f"{remain(state.findings or 0)}, none has a safe fix"


def _why_nothing(search: SearchCompleted) -> str:
    if search.flaky and not search.candidates_tried:
        return "the failing tests are flaky: they passed when they were run again"
    if not search.candidates_tried:
        return "no edit could be tried: the failing tests do not fail, or do not load, in the search's own process"
    return "every candidate was tried" if search.exhausted else "the time was used up"


def _decide_checks(state: Running, checks: ChecksCompleted) -> list[Fact]:
    entry = _at_work(state, checks.task_id, checks.attempt)
    if state.head is None or state.head.tree != checks.tree:
        raise CommandRefused("checks of a tree that is not the run's current one")
    if checks.passed:
        return [checks, TaskCompleted(task_id=checks.task_id, attempt=checks.attempt)]
    if is_chat(state):
        final = True  # what comes next is for the person to say
    elif state.with_agents:
        final = _no_more_tries(state, entry)
    else:
        final = checks.attempt >= min(state.plausible or 0, MAX_ATTEMPTS)
    reason = _against(checks, state.request.kind)
    return [checks, TaskFailed(task_id=checks.task_id, attempt=checks.attempt, reason=reason, final=final)]


def _against(checks: ChecksCompleted, kind: WorkKind) -> str:
    if checks.integrity:
        return f"the tests say less than before: {'; '.join(checks.integrity)}"
    if kind is WorkKind.CHANGE and checks.new_findings:
        return "; ".join(checks.new_findings)
    if kind in (WorkKind.REPAIR, WorkKind.CHANGE, WorkKind.CHAT):
        return f"{counted(len(checks.broken), 'test')} broken, {len(checks.still_failing)} still failing"
    if not checks.broken and not checks.new_findings:
        return "no finding went away"
    return f"its fixes break {counted(len(checks.broken), 'test')} and bring {counted(len(checks.new_findings), 'new finding')}"


def _decide_delivery(state: Running, delivery: BranchDelivered) -> list[Fact]:
    if state.branch is not None:
        return _again(delivery.branch == state.branch, "another branch has been delivered")
    if state.proof is None or not state.proof.passed:
        raise CommandRefused("a delivery without passing checks")
    if state.proof.tree != delivery.tree:
        raise CommandRefused("the delivered tree is not the one that passed its checks")
    return [delivery]


def _decide_application(state: Running, application: PatchApplied) -> list[Fact]:
    if state.branch is None:
        raise CommandRefused("there is no verified change to apply", fix="only a run with the status verified has one")
    if state.applied is not None:
        return _again(application.paths == state.applied, "the change has been applied")
    return [application]


def _decide_end(state: Running, end: RunCompleted) -> list[Fact]:
    if end.status in ("verified", "partial") and state.branch is None:
        raise CommandRefused("a run is not verified without a delivered branch")
    if end.status == "answered" and not is_advice(state):
        raise CommandRefused("a run that was to change something does not end with an answer")
    return [end]
