"""A connection that is kept between statements: as long as it is well, and no longer."""

from collections.abc import AsyncGenerator
from typing import Any

import anyio
import asyncpg
import pytest

from codecompanion.storage.postgres_session import Session
from waiting import until

pytestmark = pytest.mark.anyio
PID = "SELECT pg_backend_pid() / $1::integer"


@pytest.fixture
async def pool(postgres_url: str) -> AsyncGenerator["asyncpg.Pool[Any]"]:
    async with asyncpg.create_pool(postgres_url, min_size=0, max_size=2) as pool:
        yield pool


async def test_the_same_connection_asks_again_until_it_is_let_go(pool: "asyncpg.Pool[Any]") -> None:
    session = Session(pool, PID, wait_s=5)
    pid = await session.fetchval(1)
    assert [await session.fetchval(1) for _ in range(3)] == [pid] * 3
    assert (pool.get_size(), pool.get_idle_size()) == (1, 0)
    await session.let_go()
    assert (pool.get_size(), pool.get_idle_size()) == (1, 1)
    await session.let_go()  # there is nothing left to give back


async def test_a_refused_statement_gives_the_connection_back_and_the_next_one_is_answered(pool: "asyncpg.Pool[Any]") -> None:
    session = Session(pool, PID, wait_s=5)
    with pytest.raises(asyncpg.DivisionByZeroError):
        await session.fetchval(0)
    assert pool.get_idle_size() == 1
    assert await session.fetchval(1)
    await session.let_go()


async def test_a_cancelled_statement_does_not_answer_the_next_one(pool: "asyncpg.Pool[Any]") -> None:
    session = Session(pool, "SELECT $1::integer FROM pg_sleep($1::integer / 10.0)", wait_s=5)
    with anyio.move_on_after(0.1) as waited:
        await session.fetchval(50)
    assert waited.cancelled_caught
    assert await session.fetchval(1) == 1
    await session.let_go()


async def test_a_connection_that_the_server_ended_while_it_was_idle_is_replaced(pool: "asyncpg.Pool[Any]") -> None:
    session = Session(pool, PID, wait_s=5)
    pid = await session.fetchval(1)
    await pool.execute("SELECT pg_terminate_backend($1, 5000)", pid)
    await until(lambda: pool.get_size() == 1)
    assert await session.fetchval(1) != pid
    await session.let_go()


async def test_a_connection_that_was_idle_for_long_is_made_anew(pool: "asyncpg.Pool[Any]") -> None:
    session = Session(pool, PID, wait_s=5, idle_s=0)
    assert await session.fetchval(1) != await session.fetchval(1)
    await session.let_go()
