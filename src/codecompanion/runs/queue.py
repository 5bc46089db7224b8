"""Which runs wait for workers, and which of them is next: read from the log, as it grows."""

from collections import Counter
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from codecompanion.domain.claiming import takes_workers
from codecompanion.domain.envelope import Event
from codecompanion.domain.errors import LogCorrupt
from codecompanion.domain.events import RunQueued, RunStarted, decode
from codecompanion.domain.state import Running
from codecompanion.domain.streams import is_run
from codecompanion.orchestrator.orchestrator import EventSourcedOrchestrator
from codecompanion.ports import EventStore

PAGE = 500
TELLING = frozenset(
    {
        *("RunQueued", "RunClaimed", "RunReleased", "RunPaused", "RunResumed", "RunForked"),
        *("RunCompleted", "RunFailed", "RunCancelled", "ApprovalRequested", "ApprovalGiven"),
    }
)
"""The types of events that change where a run of the workers is."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A run that is not over and that workers are to work on.

    `position` is where it was queued: the lower, the longer it waits. `worker` has it, under the claim of this number; "" while
    nobody has. `ready`: it waits for no person. `lost` counts the workers that were lost at it in a row while it got no
    further; `parked`: it waits for a person for that.
    """

    run_id: str
    position: int
    request: RunStarted
    queued: RunQueued
    claim: int
    worker: str
    ready: bool
    lost: int = 0
    parked: bool = False


class Queue:
    """What the log says of the runs that workers are to work on. It is read once, from its beginning, and then as it grows."""

    def __init__(self, store: EventStore, orchestrator: EventSourcedOrchestrator) -> None:
        self._store = store
        self._orchestrator = orchestrator
        self._position = 0
        self._queued: dict[str, tuple[int, RunQueued]] = {}
        self._entries: dict[str, Entry] = {}
        self._changed: set[str] = set()

    async def look(self) -> None:
        """Take in what was appended since the last look."""
        while page := await self._store.read_all(after_position=self._position, limit=PAGE):
            for event in page:
                self._note(event)
            self._position = page[-1].position
        while self._changed:
            run_id = next(iter(self._changed))
            await self._renew(run_id)
            self._changed.discard(run_id)

    def _note(self, event: Event) -> None:
        if event.type not in TELLING or not is_run(event.stream_id):
            return
        if event.type == RunQueued.__name__:
            queued = decode(event)
            assert isinstance(queued, RunQueued)
            self._queued[event.stream_id] = (event.position, queued)
        if event.stream_id in self._queued:
            self._changed.add(event.stream_id)

    async def _renew(self, run_id: str) -> None:
        try:
            state = (await self._orchestrator.load(run_id)).state
        except LogCorrupt:
            state = None  # `audit verify` tells of it, and the other runs go on
        if not isinstance(state, Running) or state.queue is None:
            self._queued.pop(run_id, None)
            self._entries.pop(run_id, None)
            return
        position, queued = self._queued[run_id]
        place, ready = state.queue, takes_workers(state)
        entry = Entry(run_id, position, state.request, queued, place.claim, place.worker, ready, place.lost, place.parked)
        self._entries[run_id] = entry

    def entry(self, run_id: str) -> Entry | None:
        """Return a run; None when it is over, or not one of the workers."""
        return self._entries.get(run_id)

    def entries(self) -> list[Entry]:
        """Return all, the one that waits for longest first."""
        return sorted(self._entries.values(), key=lambda one: one.position)


def next_of(entries: Iterable[Entry], alive: AbstractSet[str]) -> list[Entry]:
    """Return the runs that a worker may take, the next one first; a worker that is not `alive` keeps none from the others.

    Those for whom least is done come first, and among them who waits for longest: nobody's hundred runs keep another's one
    waiting until they are done.
    """
    entries = list(entries)
    under_way = Counter(one.queued.principal for one in entries if one.worker in alive)
    free = [one for one in entries if one.ready and one.worker not in alive]
    return sorted(free, key=lambda one: (under_way[one.queued.principal], one.position))
