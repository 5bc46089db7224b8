"""Runs that were taken out of the log."""

from codecompanion.domain.events.fact import Fact


class RunArchived(Fact):
    """A run was written to a file, which was verified; the run may leave the log now.

    `head_hash` is that of its last event and stands for its whole history; `events` and `blobs` count what is in the file.
    """

    run_id: str
    file: str
    events: int
    blobs: int
    head_hash: str


class RunRemoved(Fact):
    """A run that was archived has left the log."""

    run_id: str
