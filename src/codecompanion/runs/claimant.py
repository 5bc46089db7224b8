"""Which runs a worker may take now, and how it takes one."""

import logging
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from codecompanion.domain.commands import ClaimRun
from codecompanion.domain.errors import CommandRefused
from codecompanion.domain.events import RunPaused
from codecompanion.orchestrator.orchestrator import Claim, EventSourcedOrchestrator
from codecompanion.ports import Roster
from codecompanion.runs.queue import Entry, Queue, next_of

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Claimant:
    """A worker, as far as it claims runs.

    Args:
        worker: Its id.
        queue: What it knows of the log.
        orchestrator: Without a claim.
        roster: Who is alive. Being wrong about that costs time and nothing else: what the dead conclude is refused.
        is_dead: Whether a worker is known to have ended, however lately it was heard.
        most_lost: A run that has lost so many workers in a row without getting any further is paused; None is no limit.
    """

    worker: str
    queue: Queue
    orchestrator: EventSourcedOrchestrator
    roster: Roster
    is_dead: Callable[[str], bool] = lambda _worker: False
    most_lost: int | None = None

    async def free(self, under_way: AbstractSet[str], not_here: AbstractSet[str] = frozenset()) -> list[Entry]:
        """Return the runs that may be taken, the next one first.

        `under_way` are those that this worker works on, `not_here` those that it cannot.
        """
        entries = [one for one in self.queue.ready() if one.run_id not in not_here]
        if all(one.run_id in under_way for one in entries):
            return []
        alive = {one.worker for one in await self.roster.present() if one.holds and not self.is_dead(one.worker)}
        return next_of([self._as_it_is(one, under_way) for one in entries], alive | {self.worker})

    def _as_it_is(self, entry: Entry, under_way: AbstractSet[str]) -> Entry:
        """Return a run that is ours by the log, and that we stopped working on because the database was away, as a free one."""
        left = entry.worker == self.worker and entry.run_id not in under_way
        return replace(entry, worker="") if left else entry

    async def claim(self, entry: Entry) -> Claim | None:
        """Take a run; return None when another worker was faster, it does not wait any more, or it was paused now."""
        number = entry.claim + 1
        command = ClaimRun(self.worker, number, self.most_lost)
        try:
            events = await self.orchestrator.handle(entry.run_id, command, actor=f"worker:{self.worker}")
        except CommandRefused:
            return None
        if events and events[-1].type == RunPaused.__name__:
            _log.warning("run %s is paused (%s): %s", entry.run_id, events[-1].data["code"], events[-1].data["reason"])
            return None
        return Claim(entry.run_id, self.worker, number)

    def has_lost(self, claim: Claim) -> bool:
        """Return whether a run was ended or paused by others, or taken by another worker, as far as the queue knows."""
        entry = self.queue.entry(claim.run_id)
        return entry is None or (entry.worker, entry.claim) != (claim.worker, claim.number)
