"""Topics of the bus, and which facts each of them tells of."""

TASKS = "cc.tasks"
"""What there is to do: runs and tasks that begin, wait, go on and end."""
ARTIFACTS = "cc.artifacts"
"""What was made and handed over."""
REVIEWS = "cc.reviews"
"""What was judged."""
METRICS = "cc.metrics"
"""What was called and paid, and every other fact."""
TOPICS = (TASKS, ARTIFACTS, REVIEWS, METRICS)
APPENDED = "appended"
"""Within one process: a run has grown."""

_TYPES = {
    TASKS: (
        *("RunStarted", "RunForked", "RunPaused", "RunResumed", "RunCompleted", "RunFailed", "RunCancelled"),
        *("PlanAccepted", "TaskStarted", "TaskCompleted", "TaskFailed"),
        *("ApprovalRequested", "ApprovalGiven", "UserSaid", "RunQueued", "RunClaimed", "RunReleased"),
    ),
    ARTIFACTS: (
        "ArtifactProduced",
        "HandoffMade",
        "TreeSnapshotted",
        "TreesPacked",
        "BranchDelivered",
        "PatchApplied",
        "PatchUndone",
    ),
    REVIEWS: (
        *("ReviewCompleted", "ChecksCompleted", "IntegrityExamined", "ConsensusReached", "JudgeVoted", "CrossTested"),
        *("ConflictFound", "ConflictResolved", "TournamentDecided", "PatchRevalidated"),
    ),
}
_TOPIC_OF = {event_type: topic for topic, types in _TYPES.items() for event_type in types}


def topic_of(event_type: str) -> str:
    """Return the topic that tells of an event; also of a type that this program does not know."""
    return _TOPIC_OF.get(event_type, METRICS)
