"""From a fact to the data of an event, and back, whatever version wrote it."""

from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from codecompanion.domain.envelope import Event
from codecompanion.domain.errors import LogCorrupt
from codecompanion.domain.events.access import RequestTaken, TokenCreated, TokenRevoked, TokenUsed
from codecompanion.domain.events.archive import RunArchived, RunRemoved
from codecompanion.domain.events.budgets import BudgetAlerted, BudgetReserved, BudgetSettled, CostSaved, QuoteGiven
from codecompanion.domain.events.conversation import AgentSaid, ModelChosen, TurnStopped, TurnUndone, UserSaid
from codecompanion.domain.events.delivery import (
    ApprovalGiven,
    ApprovalRequested,
    BranchDelivered,
    PatchApplied,
    PatchRevalidated,
    PatchUndone,
    UsersFilesSeen,
)
from codecompanion.domain.events.fact import Fact, UnknownFact
from codecompanion.domain.events.judging import (
    CandidateJoined,
    CandidateLost,
    ConflictFound,
    ConflictResolved,
    ConsensusReached,
    CrossTested,
    JudgeVoted,
    ReviewCompleted,
    TournamentDecided,
    TournamentStarted,
)
from codecompanion.domain.events.learning import ArmReset, OutcomeCorrected, OutcomeRecorded
from codecompanion.domain.events.model_calls import (
    CascadeStepped,
    ModelCallCompleted,
    ModelCallFailed,
    ModelCallReserved,
    ModelSwitched,
    RouteChosen,
    TeamCalled,
)
from codecompanion.domain.events.runs import (
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
    TreesPacked,
)
from codecompanion.domain.events.tasks import (
    ArtifactProduced,
    ChecksCompleted,
    HandoffMade,
    IntegrityExamined,
    PlanAccepted,
    SearchCompleted,
    TaskCompleted,
    TaskFailed,
    TaskStarted,
    TestsSeparated,
)
from codecompanion.domain.events.tools import CanaryTripped, McpServerFailed, McpServersSeen, ToolCompleted, ToolIntended
from codecompanion.domain.events.trees import (
    BaseMeasured,
    CommandExecuted,
    IgnoredFilesBrought,
    RepoProfiled,
    TreeInspected,
    TreeSnapshotted,
)
from codecompanion.domain.tidying import WorkKind

FACTS: dict[str, type[Fact]] = {
    fact.__name__: fact
    for fact in (
        RunStarted,
        TreeSnapshotted,
        IgnoredFilesBrought,
        RepoProfiled,
        CommandExecuted,
        BaseMeasured,
        TreeInspected,
        PlanAccepted,
        TaskStarted,
        SearchCompleted,
        ArtifactProduced,
        ChecksCompleted,
        TaskCompleted,
        TaskFailed,
        ToolIntended,
        RouteChosen,
        CascadeStepped,
        TeamCalled,
        ModelCallReserved,
        ModelCallCompleted,
        ModelCallFailed,
        ModelSwitched,
        ToolCompleted,
        CanaryTripped,
        McpServersSeen,
        McpServerFailed,
        HandoffMade,
        IntegrityExamined,
        UserSaid,
        AgentSaid,
        TurnStopped,
        TurnUndone,
        ModelChosen,
        TestsSeparated,
        TournamentStarted,
        CandidateLost,
        CrossTested,
        CandidateJoined,
        ConflictFound,
        ConflictResolved,
        JudgeVoted,
        ConsensusReached,
        TournamentDecided,
        ReviewCompleted,
        ApprovalRequested,
        ApprovalGiven,
        UsersFilesSeen,
        PatchRevalidated,
        BranchDelivered,
        PatchApplied,
        PatchUndone,
        RunQueued,
        RunClaimed,
        RunReleased,
        TreesPacked,
        RunPaused,
        RunResumed,
        RunForked,
        RunCompleted,
        RunFailed,
        RunCancelled,
        RunArchived,
        RunRemoved,
        BudgetReserved,
        BudgetSettled,
        CostSaved,
        QuoteGiven,
        BudgetAlerted,
        TokenCreated,
        TokenRevoked,
        TokenUsed,
        RequestTaken,
        OutcomeRecorded,
        OutcomeCorrected,
        ArmReset,
    )
}

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
Upcasters = dict[tuple[str, int], Upcaster]

UPCASTERS: Upcasters = {
    ("RunStarted", 1): lambda data: {"kind": WorkKind.REPAIR, **data},
    ("RunStarted", 2): lambda data: {"team": None, **data},
    ("ChecksCompleted", 1): lambda data: {"new_findings": (), **data},
    ("ChecksCompleted", 2): lambda data: {"integrity": (), **data},
}
"""(type, schema version) -> the function that makes the data of the next version."""


def upcast(type_name: str, version: int, data: dict[str, Any], upcasters: Upcasters = UPCASTERS) -> dict[str, Any]:
    """Return data as the newest known version of its type has it."""
    while (step := upcasters.get((type_name, version))) is not None:
        data, version = step(data), version + 1
    return data


def decode(event: Event) -> Fact:
    """Return the fact an event holds; a type or version newer than this code is an UnknownFact.

    Raises:
        LogCorrupt: The data does not fit its type.
    """
    known = FACTS.get(event.type)
    if known is None or event.schema_version > known.schema_version:
        return UnknownFact(type=event.type)
    data = event.data
    if event.schema_version < known.schema_version:
        data = upcast(event.type, event.schema_version, data)
    try:
        return known.model_validate(data)
    except ValidationError as error:
        raise LogCorrupt(event.stream_id, event.version, f"{event.type} has an unreadable shape") from error


def encode(fact: Fact) -> dict[str, Any]:
    """Return the plain JSON data of a fact."""
    return fact.model_dump(mode="json")
