"""What is decided after a claim was lost is refused, on every store and whenever it comes."""

from contextlib import suppress
from pathlib import Path

import anyio
import pytest

from codecompanion.bus.mock import MockBus
from codecompanion.clock import SystemClock
from codecompanion.domain.commands import CancelRun, ClaimRun, Record, StartRun
from codecompanion.domain.envelope import Event
from codecompanion.domain.errors import ClaimLost, CommandRefused
from codecompanion.domain.events import RunQueued
from codecompanion.orchestrator.orchestrator import Claim, EventSourcedOrchestrator
from codecompanion.ports import EventStore
from codecompanion.storage.memory import MemoryEventStore
from codecompanion.storage.postgres import open_postgres
from codecompanion.storage.sqlite import open_sqlite
from histories import BASE, EXECUTED, PROFILE, REQUEST

pytestmark = pytest.mark.anyio

RUN = "run-1"


def over(store: EventStore) -> EventSourcedOrchestrator:
    return EventSourcedOrchestrator(store, SystemClock(), MockBus(), redact=lambda data: data)


async def fenced_off(store: EventStore) -> None:
    asking = over(store)
    await asking.handle(RUN, StartRun(REQUEST, RunQueued(principal="me")), actor="user")
    await asking.handle(RUN, ClaimRun("w1", 1), actor="worker")
    first = over(store).under(Claim(RUN, "w1", 1))
    [recorded] = await first.handle(RUN, Record(BASE), actor="engine", key="prepare")
    assert recorded.actor == "engine#1"
    await over(store).handle(RUN, ClaimRun("w2", 2), actor="worker")  # the first one is thought dead
    for key in ("profile", None):
        with pytest.raises(ClaimLost, match="not that of claim 1"):
            await first.handle(RUN, Record(PROFILE), actor="engine", key=key)
    assert await first.handle(RUN, Record(BASE), actor="engine", key="prepare") == [recorded]  # it was recorded in time
    second = over(store).under(Claim(RUN, "w2", 2))
    await second.handle(RUN, Record(PROFILE), actor="engine")
    await asking.handle(RUN, CancelRun("enough"), actor="user")
    with pytest.raises(CommandRefused, match="after the run has ended"):
        await second.handle(RUN, Record(EXECUTED), actor="engine")
    assert [event.actor for event in await store.read(RUN)] == [
        "user",
        "user",
        "worker",
        "engine#1",
        "worker",
        "engine#2",
        "user",
    ]


async def race(store: EventStore) -> None:
    await over(store).handle(RUN, StartRun(REQUEST, RunQueued(principal="me")), actor="user")
    won = list[Event]()

    async def claim(worker: str) -> None:
        with suppress(ClaimLost):
            won.extend(await over(store).handle(RUN, ClaimRun(worker, 1), actor="worker"))

    async with anyio.create_task_group() as tasks:
        for number in range(8):
            tasks.start_soon(claim, f"w{number}")
    assert len(won) == 1


async def test_c165_in_memory() -> None:
    await fenced_off(MemoryEventStore())
    await race(MemoryEventStore())


async def test_c165_in_a_file(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path / "a.db") as (store, _blobs):
        await fenced_off(store)
    async with open_sqlite(tmp_path / "b.db") as (store, _blobs):
        await race(store)


async def test_in_a_database(postgres_url: str) -> None:
    async with open_postgres(postgres_url) as (store, _blobs):
        await fenced_off(store)


async def test_in_a_database_for_which_many_race(postgres_url: str) -> None:
    async with open_postgres(postgres_url) as (store, _blobs):
        await race(store)
