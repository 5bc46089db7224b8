"""A fact of every type that tells of workers."""

from codecompanion.domain.events import Fact, LossAccepted, RunArchived, RunClaimed, RunReleased, RunRemoved
from histories import PACKED, QUEUED

QUEUE_FACTS: tuple[Fact, ...] = (
    QUEUED,
    RunClaimed(worker="0198c0de-0000-7000-8000-000000000001", number=1),
    RunReleased(number=1, reason="interrupted"),
    PACKED,
    RunArchived(run_id="20261126-101500-ab12", file="/kept/r.tar.gz", events=9, blobs=7, head_hash="9" * 64),
    RunRemoved(run_id="20261126-101500-ab12"),
    LossAccepted(after=490, up_to=500, hashes=("9" * 64,), by="ada", paused=("20261126-101500-ab12",)),
)
