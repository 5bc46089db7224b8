"""Which run is next: nobody is kept waiting by another's many."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from codecompanion.bus.mock import MockBus
from codecompanion.clock import FixedClock
from codecompanion.domain.commands import CancelRun, ClaimRun, PauseRun, ReleaseRun, ResumeRun, StartRun
from codecompanion.domain.envelope import Event
from codecompanion.domain.errors import CommandRefused
from codecompanion.domain.events import RunQueued
from codecompanion.domain.state import Ended
from codecompanion.orchestrator.orchestrator import Claim, EventSourcedOrchestrator, Loaded
from codecompanion.runs.queue import Entry, Queue, next_of
from codecompanion.storage.memory import MemoryEventStore
from histories import REQUEST

pytestmark = pytest.mark.anyio


def entry(number: int, principal: str, worker: str = "", *, ready: bool = True) -> Entry:
    return Entry(f"r{number}", number, REQUEST, RunQueued(principal=principal), 0, worker, ready=ready)


def ids(entries: list[Entry], alive: set[str]) -> list[str]:
    return [one.run_id for one in next_of(entries, alive)]


def test_the_longest_waiting_goes_first_and_who_waits_for_a_person_not_at_all() -> None:
    assert ids([entry(2, "ann"), entry(1, "ann"), entry(3, "ann", ready=False)], set()) == ["r1", "r2"]


def test_who_has_least_under_way_comes_before_who_has_more() -> None:
    many = [entry(number, "ann", "w1" if number < 3 else "") for number in range(1, 6)]
    assert ids([*many, entry(9, "bob")], {"w1"}) == ["r9", "r3", "r4", "r5"]


def test_the_runs_of_a_dead_worker_are_free() -> None:
    assert ids([entry(1, "ann", "w1"), entry(2, "ann", "w2")], {"w2"}) == ["r1"]


async def test_the_queue_follows_the_log() -> None:
    store = MemoryEventStore()
    orchestrator = EventSourcedOrchestrator(store, FixedClock(datetime(2026, 1, 2, tzinfo=UTC)), MockBus(), redact=lambda x: x)
    queue = Queue(store, orchestrator)

    async def seen(run_id: str) -> tuple[str, int, bool] | None:
        await queue.look()
        found = queue.entry(run_id)
        return None if found is None else (found.worker, found.claim, found.ready)

    await orchestrator.handle("alone", StartRun(REQUEST), actor="user")
    for run_id in ("r1", "r2"):
        await orchestrator.handle(run_id, StartRun(REQUEST, RunQueued(principal="ann")), actor="user")
    assert await seen("alone") is None
    assert await seen("r1") == ("", 0, True)
    await orchestrator.handle("r1", ClaimRun("w1", 1), actor="worker")
    assert await seen("r1") == ("w1", 1, True)
    await orchestrator.handle("r1", ReleaseRun(1, "interrupted"), actor="worker")
    assert await seen("r1") == ("", 1, True)
    await orchestrator.handle("r1", PauseRun("paused by ann"), actor="user")
    assert await seen("r1") == ("", 1, False)
    await orchestrator.handle("r1", ResumeRun(), actor="user")
    assert await seen("r1") == ("", 1, True)
    await orchestrator.handle("r1", CancelRun("enough"), actor="user")
    assert await seen("r1") is None
    assert [one.run_id for one in queue.entries()] == ["r2"]


async def test_what_a_worker_takes_and_ends_is_followed_without_asking_for_the_run() -> None:
    store = MemoryEventStore()
    orchestrator = EventSourcedOrchestrator(store, FixedClock(datetime(2026, 1, 2, tzinfo=UTC)), MockBus(), redact=lambda x: x)
    queue = Queue(store, Unasked(store, FixedClock(datetime(2026, 1, 2, tzinfo=UTC)), MockBus(), redact=lambda x: x))
    await orchestrator.handle("r1", StartRun(REQUEST, RunQueued(principal="ann")), actor="user")
    await queue.look()
    first = queue.entry("r1")
    assert first is not None
    assert (first.request, first.position, first.ready) == (REQUEST, 2, True)
    await orchestrator.handle("r1", ClaimRun("w1", 1), actor="worker")
    await orchestrator.handle("r1", ReleaseRun(1, "interrupted"), actor="worker")
    await orchestrator.handle("r1", ClaimRun("w2", 2), actor="worker")
    await queue.look()
    assert queue.ready() == [replace(first, worker="w2", claim=2)]
    await orchestrator.handle("r1", CancelRun("enough"), actor="user")
    await queue.look()
    assert queue.entries() == queue.ready() == []


async def test_a_run_that_was_seen_to_begin_is_claimed_without_reading_it_and_whoever_has_it_knows_it() -> None:
    store, clock = CountingStore(), FixedClock(datetime(2026, 1, 2, tzinfo=UTC))
    begun = EventSourcedOrchestrator(store, clock, MockBus(), redact=lambda x: x)
    await begun.handle("r1", StartRun(REQUEST, RunQueued(principal="ann")), actor="user")
    ours = EventSourcedOrchestrator(store, clock, MockBus(), redact=lambda x: x)
    queue = Queue(store, ours)
    await queue.look()
    store.asked.clear()
    await ours.handle("r1", ClaimRun("w1", 1), actor="worker")
    assert store.asked == []
    fenced = ours.under(Claim("r1", "w1", 1))
    assert await fenced.load("r1") == await EventSourcedOrchestrator(store, clock, MockBus(), redact=lambda x: x).load("r1")
    assert store.asked[0] == 3  # what comes after the claim
    await begun.handle("r1", CancelRun("enough"), actor="user")
    await queue.look()
    assert isinstance((await ours.load("r1")).state, Ended)


async def test_whoever_claims_a_run_that_went_on_meanwhile_reads_it() -> None:
    store, clock = CountingStore(), FixedClock(datetime(2026, 1, 2, tzinfo=UTC))
    others = EventSourcedOrchestrator(store, clock, MockBus(), redact=lambda x: x)
    await others.handle("r1", StartRun(REQUEST, RunQueued(principal="ann")), actor="user")
    ours = EventSourcedOrchestrator(store, clock, MockBus(), redact=lambda x: x)
    await Queue(store, ours).look()
    await others.handle("r1", ClaimRun("w1", 1), actor="worker")
    with pytest.raises(CommandRefused):
        await ours.handle("r1", ClaimRun("w2", 1), actor="worker")
    assert [event.type for event in await store.read("r1")] == ["RunStarted", "RunQueued", "RunClaimed"]


async def test_a_run_that_lost_its_worker_is_asked_for() -> None:
    store = MemoryEventStore()
    orchestrator = EventSourcedOrchestrator(store, FixedClock(datetime(2026, 1, 2, tzinfo=UTC)), MockBus(), redact=lambda x: x)
    queue = Queue(store, orchestrator)
    await orchestrator.handle("r1", StartRun(REQUEST, RunQueued(principal="ann")), actor="user")
    for number, worker in enumerate(("w1", "w2", "w3"), start=1):
        await orchestrator.handle("r1", ClaimRun(worker, number), actor="worker")
        await queue.look()
    entry = queue.entry("r1")
    assert entry is not None
    assert (entry.worker, entry.claim, entry.lost) == ("w3", 3, 2)


class Unasked(EventSourcedOrchestrator):
    """Is asked for no run."""

    async def load(self, run_id: str, *, at_version: int | None = None) -> Loaded:
        raise AssertionError(run_id, at_version)


class CountingStore(MemoryEventStore):
    """Notes from where on streams are read."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[int] = []

    async def read(self, stream_id: str, *, after_version: int = 0, up_to_version: int | None = None) -> list[Event]:
        self.asked.append(after_version)
        return await super().read(stream_id, after_version=after_version, up_to_version=up_to_version)
