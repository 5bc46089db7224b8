"""A reader that goes by positions misses nothing, however slow the writers' transactions are; a plain sequence would let it."""

from collections.abc import Awaitable, Callable
from random import Random
from typing import Any, TypeAlias

import anyio
import anyio.lowlevel
import asyncpg
import pytest

from codecompanion.clock import SystemClock
from codecompanion.domain.envelope import GENESIS_HASH, Draft, Event, canonical_json, seal
from codecompanion.storage.postgres import PostgresEventStore, open_postgres
from codecompanion.storage.postgres_database import SCHEMA
from codecompanion.storage.postgres_rows import APPEND_EVENTS, Append, to_arguments

pytestmark = pytest.mark.anyio

WRITERS = 16
APPENDS = 6
LONGEST_TRANSACTION_S = 0.03
Connection: TypeAlias = "asyncpg.Connection[Any]"
Statement: TypeAlias = "Callable[[Connection, Event], Awaitable[object]]"
Page = Callable[[int], Awaitable[list[int]]]


async def with_the_log_held(connection: Connection, event: Event) -> None:
    """Append as the store does."""
    await connection.fetchval(APPEND_EVENTS, *to_arguments([Append([(event, canonical_json(event.data))], None)]))


async def with_a_sequence(connection: Connection, event: Event) -> None:
    """Append as one would who gives positions from a sequence."""
    await connection.execute("INSERT INTO naive (event_id) VALUES ($1)", event.event_id)


async def race(url: str, statement: Statement, page: Page) -> list[int]:
    """Let writers append in slow transactions while a reader follows; return the positions that it saw."""
    writing, seen = WRITERS, list[int]()

    async def write(writer: int) -> None:
        nonlocal writing
        random, clock = Random(writer), SystemClock()
        connection: Connection = await asyncpg.connect(url, server_settings={"search_path": SCHEMA})
        prev_hash = GENESIS_HASH
        for version in range(APPENDS):
            draft = Draft(clock.new_id(), "StepTaken", 1, "2026-01-02T00:00:00.000000Z", {}, "user")
            [event] = seal([draft], f"run-{writer}", after_version=version, prev_hash=prev_hash, after_position=0)
            async with connection.transaction():
                await statement(connection, event)
                await anyio.sleep(random.random() * LONGEST_TRANSACTION_S)
            prev_hash = event.hash
        await connection.close()
        writing -= 1

    async def follow() -> None:
        while writing:
            seen.extend(await page(seen[-1] if seen else 0))
            await anyio.lowlevel.checkpoint()
        seen.extend(await page(seen[-1] if seen else 0))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(follow)
        for writer in range(WRITERS):
            tasks.start_soon(write, writer)
    return seen


async def test_a_reader_sees_every_event_of_racing_slow_writers_once_and_in_order(postgres_url: str) -> None:
    async with open_postgres(postgres_url) as (store, _):

        async def page(after: int) -> list[int]:
            return [event.position for event in await store.read_all(after_position=after)]

        assert await race(postgres_url, with_the_log_held, page) == list(range(1, WRITERS * APPENDS + 1))


async def test_the_same_race_makes_a_reader_miss_events_when_a_sequence_gives_the_positions(postgres_url: str) -> None:
    async with open_postgres(postgres_url):
        connection: Connection = await asyncpg.connect(postgres_url, server_settings={"search_path": SCHEMA})
        await connection.execute("CREATE TABLE naive (position bigserial PRIMARY KEY, event_id text)")

        async def page(after: int) -> list[int]:
            rows = await connection.fetch("SELECT position FROM naive WHERE position > $1 ORDER BY position", after)
            return [row[0] for row in rows]

        seen = await race(postgres_url, with_a_sequence, page)
        stored = await connection.fetchval("SELECT count(*) FROM naive")
        await connection.close()
    assert stored == WRITERS * APPENDS
    assert len(seen) < stored


async def test_processes_of_their_own_keep_positions_and_chains_whole(postgres_url: str) -> None:
    async with open_postgres(postgres_url) as (one, _), open_postgres(postgres_url) as (other, _):
        async with anyio.create_task_group() as tasks:
            for number, store in enumerate((one, other) * 4):
                tasks.start_soon(append_some, store, f"run-{number}")
        events = await one.read_all(limit=1000)
        assert [event.position for event in events] == list(range(1, 81))
        assert await other.read_all(limit=1000) == events


async def append_some(store: PostgresEventStore, stream_id: str) -> None:
    clock = SystemClock()
    for version in range(10):
        draft = Draft(clock.new_id(), "StepTaken", 1, "2026-01-02T00:00:00.000000Z", {}, "user")
        await store.append(stream_id, [draft], expected_version=version)
