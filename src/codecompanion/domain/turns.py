"""What changes where a run is: a few of its many events."""

TURNS = frozenset(
    {
        *("RunStarted", "RunForked", "RunQueued", "RunClaimed", "RunReleased", "RunPaused", "RunResumed"),
        *("ApprovalRequested", "ApprovalGiven", "RunCompleted", "RunFailed", "RunCancelled"),
    }
)
"""The types of events that say that a run begins, waits, is taken, goes on or ends: those of the log's index `turns`."""
