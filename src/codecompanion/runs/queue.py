"""Which runs wait for workers, and which of them is next: read from the log, as it grows."""

from collections import Counter
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from codecompanion.domain.claiming import takes_workers
from codecompanion.domain.envelope import Event
from codecompanion.domain.errors import LogCorrupt
from codecompanion.domain.events import RunClaimed, RunQueued, RunReleased, RunStarted, decode
from codecompanion.domain.state import Running, State
from codecompanion.domain.streams import is_run
from codecompanion.domain.workflow import INITIAL
from codecompanion.orchestrator.orchestrator import EventSourcedOrchestrator
from codecompanion.ports import EventStore

PAGE = 500
PLAIN = frozenset({"RunQueued", "RunClaimed", "RunReleased"})
"""Those that mostly say all there is to know."""
ENDING = frozenset({"RunCompleted", "RunFailed", "RunCancelled"})
"""Those after which it is nowhere."""


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
    """What the log says of the runs that workers are to work on: read once, from its beginning, and then as it grows.

    Only the turns of runs are read. What most of them mean is plain from themselves, so that not every worker asks for every
    run again that one of them takes.
    """

    def __init__(self, store: EventStore, orchestrator: EventSourcedOrchestrator) -> None:
        self._store = store
        self._orchestrator = orchestrator
        self._position = 0
        self._queued: dict[str, tuple[int, RunQueued]] = {}
        self._entries: dict[str, Entry] = {}
        self._ready: dict[str, Entry] = {}
        """Those of the entries that wait for no person: however many do, they cost nothing."""
        self._changed: set[str] = set()
        self._started: Event | None = None
        """The last beginning of a run that was seen: what queues it mostly follows."""

    async def look(self) -> None:
        """Take in what was appended since the last look."""
        while page := await self._store.read_turns(after_position=self._position, limit=PAGE):
            for event in page:
                self._note(event)
            self._position = page[-1].position
            if len(page) < PAGE:
                break
        while self._changed:
            run_id = next(iter(self._changed))
            await self._renew(run_id)
            self._changed.discard(run_id)

    def _note(self, event: Event) -> None:
        run_id = event.stream_id
        if event.type == RunStarted.__name__:
            self._started = event
        if event.type == RunStarted.__name__ or not is_run(run_id):
            return
        if event.type == RunQueued.__name__:
            queued = decode(event)
            assert isinstance(queued, RunQueued)
            self._queued[run_id] = (event.position, queued)
        if run_id not in self._queued:
            return
        if event.type in ENDING:
            self._forget(run_id)
        elif run_id in self._changed or not self._is_plain(event):
            self._changed.add(run_id)

    def _is_plain(self, event: Event) -> bool:
        """Return whether an event was understood without the run's state, and is taken in."""
        if event.type not in PLAIN:
            return False
        known = self._entries.get(event.stream_id)
        match decode(event):
            case RunQueued() if self._started is not None and event.prev_hash == self._started.hash:
                self._keep(event.stream_id, self._orchestrator.begin_with((self._started, event)))
            case RunClaimed(worker=worker, number=number) if known and not known.lost and known.worker in ("", worker):
                self._put(replace(known, claim=number, worker=worker, parked=False))
            case RunReleased() if known and not known.lost:
                self._put(replace(known, worker="", parked=False))
            case _:
                return False
        return True

    async def _renew(self, run_id: str) -> None:
        try:
            state = (await self._orchestrator.load(run_id)).state
        except LogCorrupt:
            state = INITIAL  # `audit verify` tells of it, and the other runs go on
        self._keep(run_id, state)

    def _keep(self, run_id: str, state: State) -> None:
        if not isinstance(state, Running) or state.queue is None:
            self._forget(run_id)
            return
        position, queued = self._queued[run_id]
        place, ready = state.queue, takes_workers(state)
        self._put(Entry(run_id, position, state.request, queued, place.claim, place.worker, ready, place.lost, place.parked))

    def _put(self, entry: Entry) -> None:
        self._entries[entry.run_id] = entry
        if entry.ready:
            self._ready[entry.run_id] = entry
        else:
            self._ready.pop(entry.run_id, None)

    def _forget(self, run_id: str) -> None:
        for known in (self._queued, self._entries, self._ready):
            known.pop(run_id, None)
        self._changed.discard(run_id)
        self._orchestrator.forget(run_id)

    def entry(self, run_id: str) -> Entry | None:
        """Return a run; None when it is over, or not one of the workers."""
        return self._entries.get(run_id)

    def entries(self) -> list[Entry]:
        """Return all, the one that waits for longest first."""
        return sorted(self._entries.values(), key=lambda one: one.position)

    def ready(self) -> list[Entry]:
        """Return those that wait for no person, the one that waits for longest first."""
        return sorted(self._ready.values(), key=lambda one: one.position)


def next_of(entries: Iterable[Entry], alive: AbstractSet[str]) -> list[Entry]:
    """Return the runs that a worker may take, the next one first; a worker that is not `alive` keeps none from the others.

    Those for whom least is done come first, and among them who waits for longest: nobody's hundred runs keep another's one
    waiting until they are done.
    """
    entries = list(entries)
    under_way = Counter(one.queued.principal for one in entries if one.worker in alive)
    free = [one for one in entries if one.ready and one.worker not in alive]
    return sorted(free, key=lambda one: (under_way[one.queued.principal], one.position))
