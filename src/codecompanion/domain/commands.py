"""What may be asked of a run. Time, ids and what the world answered come in as fields and so land in the facts."""

from dataclasses import dataclass
from decimal import Decimal

from codecompanion.domain.events import (
    AgentSaid,
    ApprovalGiven,
    ApprovalRequested,
    ArtifactProduced,
    BaseMeasured,
    BranchDelivered,
    CanaryTripped,
    CandidateJoined,
    CandidateLost,
    CascadeStepped,
    ChecksCompleted,
    CommandExecuted,
    ConflictFound,
    ConflictResolved,
    ConsensusReached,
    CrossTested,
    HandoffMade,
    IgnoredFilesBrought,
    IntegrityExamined,
    JudgeVoted,
    McpServerFailed,
    McpServersSeen,
    ModelCallCompleted,
    ModelCallFailed,
    ModelCallReserved,
    ModelSwitched,
    NetworkRefused,
    PatchApplied,
    PatchRevalidated,
    PatchUndone,
    PlanAccepted,
    RepoProfiled,
    ReviewCompleted,
    RouteChosen,
    RunFailed,
    RunQueued,
    RunStarted,
    RunStatus,
    SearchCompleted,
    TeamCalled,
    TestsSeparated,
    ToolCompleted,
    ToolIntended,
    TournamentDecided,
    TournamentStarted,
    TreeInspected,
    TreeSnapshotted,
    TreesPacked,
    UsersFilesSeen,
)

INTERRUPTED = "interrupted"
"""Why a run pauses whose process was told to stop."""

Finding = (
    TreeSnapshotted
    | TreesPacked
    | IgnoredFilesBrought
    | RepoProfiled
    | CommandExecuted
    | BaseMeasured
    | TreeInspected
    | SearchCompleted
    | ArtifactProduced
    | ChecksCompleted
    | ToolIntended
    | RouteChosen
    | CascadeStepped
    | TeamCalled
    | ModelCallReserved
    | ModelCallCompleted
    | ModelCallFailed
    | ModelSwitched
    | ToolCompleted
    | CanaryTripped
    | McpServersSeen
    | McpServerFailed
    | NetworkRefused
    | HandoffMade
    | IntegrityExamined
    | AgentSaid
    | TestsSeparated
    | TournamentStarted
    | CandidateLost
    | CrossTested
    | CandidateJoined
    | ConflictFound
    | ConflictResolved
    | JudgeVoted
    | ConsensusReached
    | TournamentDecided
    | ReviewCompleted
    | ApprovalRequested
    | ApprovalGiven
    | UsersFilesSeen
    | PatchRevalidated
)
"""What was seen or made while the run goes on; the order of the work decides when each may come."""


@dataclass(frozen=True, slots=True)
class StartRun:
    """Begin a run; `queued` leaves it to the workers."""

    request: RunStarted
    queued: RunQueued | None = None


@dataclass(frozen=True, slots=True)
class QueueRun:
    """Leave a run that was begun to the workers."""

    queued: RunQueued


@dataclass(frozen=True, slots=True)
class ClaimRun:
    """Give a run that waits, or whose worker is dead, to a worker. `number` counts its claims from 1.

    When it has lost `most_lost` workers in a row without getting any further it is paused instead; None is no limit.
    """

    worker: str
    number: int
    most_lost: int | None = None


@dataclass(frozen=True, slots=True)
class ReleaseRun:
    """Let go of a run that is not over."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Record:
    """Keep what was seen or made."""

    finding: Finding


@dataclass(frozen=True, slots=True)
class RecordAll:
    """Keep what was seen together, in this order: all or none."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class AcceptPlan:
    """Fix the work to be done."""

    plan: PlanAccepted


@dataclass(frozen=True, slots=True)
class StartTask:
    """Give a task to a worker. `attempt` counts from 1."""

    task_id: str
    worker: str
    attempt: int


@dataclass(frozen=True, slots=True)
class DeliverBranch:
    """Record the delivered branch; its tree must be the verified one."""

    delivery: BranchDelivered


@dataclass(frozen=True, slots=True)
class ApplyPatch:
    """Record that the change is in the user's working tree.

    `anyway`: the person of a chat wants it although no passing check proves it.
    """

    application: PatchApplied
    anyway: bool = False


@dataclass(frozen=True, slots=True)
class UndoPatch:
    """Record that the change was taken out of the user's working tree."""

    undoing: PatchUndone


@dataclass(frozen=True, slots=True)
class Say:
    """Begin a turn of a chat with what a person says."""

    text: str


@dataclass(frozen=True, slots=True)
class StopTurn:
    """End the turn of a chat that is under way."""

    reason: str


@dataclass(frozen=True, slots=True)
class UndoTurn:
    """Set the files of a chat back to before the last turn that changed them.

    `change` is what the chat still changes then, None for nothing.
    """

    change: ArtifactProduced | None


@dataclass(frozen=True, slots=True)
class ChooseModel:
    """Let another model answer in a chat from here on."""

    model: str


@dataclass(frozen=True, slots=True)
class PauseRun:
    """Stop for now. A run of a worker that is `INTERRUPTED` is released instead: it waits for the next one."""

    reason: str


@dataclass(frozen=True, slots=True)
class ResumeRun:
    """Go on after a pause or a crash; `max_budget_usd` and `timeout_s` are the run's new limits, None for those it has.

    `choice` answers a choice that the run waits for; "" takes what it proposes.
    """

    max_budget_usd: Decimal | None = None
    choice: str = ""
    timeout_s: float | None = None


@dataclass(frozen=True, slots=True)
class ForkRun:
    """Let a copied stream go its own way."""

    parent: str
    at_version: int
    parent_hash: str
    model: str


@dataclass(frozen=True, slots=True)
class CompleteRun:
    """End the run with a result."""

    status: RunStatus
    exit_code: int
    summary: str


@dataclass(frozen=True, slots=True)
class FailRun:
    """End the run with an error."""

    failure: RunFailed


@dataclass(frozen=True, slots=True)
class CancelRun:
    """End the run for good."""

    reason: str


Command = (
    StartRun
    | QueueRun
    | ClaimRun
    | ReleaseRun
    | Record
    | RecordAll
    | AcceptPlan
    | StartTask
    | DeliverBranch
    | ApplyPatch
    | UndoPatch
    | Say
    | StopTurn
    | UndoTurn
    | ChooseModel
    | PauseRun
    | ResumeRun
    | ForkRun
    | CompleteRun
    | FailRun
    | CancelRun
)
