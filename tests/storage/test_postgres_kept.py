"""Connections that are kept between queries: as long as they are well, and never from those who wait for one."""

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any

import anyio
import asyncpg
import pytest

from codecompanion.storage.postgres_kept import MOST_KEPT, KeptConnections
from waiting import until

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

pytestmark = pytest.mark.anyio


@pytest.fixture
async def pool(postgres_url: str) -> AsyncGenerator["asyncpg.Pool[Any]"]:
    async with asyncpg.create_pool(postgres_url, min_size=0, max_size=MOST_KEPT + 1) as pool:
        yield pool


async def pid(connection: "PoolConnectionProxy[Any]") -> int:
    return await connection.fetchval("SELECT pg_backend_pid()")


async def slow(connection: "PoolConnectionProxy[Any]") -> int:
    return await connection.fetchval("SELECT pg_backend_pid() FROM pg_sleep(0.05)")


async def test_queries_one_after_another_share_a_connection_which_the_pool_gets_back_in_the_end(
    pool: "asyncpg.Pool[Any]",
) -> None:
    kept = KeptConnections(pool, wait_s=5)
    assert len({await kept.run(pid) for _ in range(4)}) == 1
    assert (pool.get_size(), pool.get_idle_size()) == (1, 0)
    await kept.let_go()
    assert (pool.get_size(), pool.get_idle_size()) == (1, 1)


async def test_more_than_the_pool_has_are_served_one_after_another(pool: "asyncpg.Pool[Any]") -> None:
    kept, served = KeptConnections(pool, wait_s=5), list[int]()

    async def ask() -> None:
        served.extend([await kept.run(slow), await kept.run(pid)])

    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            for _ in range(4 * (MOST_KEPT + 1)):
                tasks.start_soon(ask)
    assert len(served) == 8 * (MOST_KEPT + 1)
    assert len(set(served)) <= MOST_KEPT + 1
    assert pool.get_size() - pool.get_idle_size() <= MOST_KEPT
    await kept.let_go()


async def test_a_connection_that_met_an_error_or_a_cancellation_is_given_back(pool: "asyncpg.Pool[Any]") -> None:
    kept = KeptConnections(pool, wait_s=5)
    with pytest.raises(asyncpg.DivisionByZeroError):
        await kept.run(lambda connection: connection.fetchval("SELECT 1 / 0"))
    assert pool.get_idle_size() == 1
    with anyio.move_on_after(0.1) as waited:
        await kept.run(lambda connection: connection.fetchval("SELECT 1 FROM pg_sleep(5)"))
    assert waited.cancelled_caught
    assert await kept.run(pid)
    await kept.let_go()


async def test_a_connection_that_the_server_ended_or_that_was_idle_for_long_is_replaced(pool: "asyncpg.Pool[Any]") -> None:
    kept = KeptConnections(pool, wait_s=5)
    first = await kept.run(pid)
    await pool.execute("SELECT pg_terminate_backend($1, 5000)", first)
    await until(lambda: pool.get_size() == 1)
    assert await kept.run(pid) != first
    await kept.let_go()
    idle = KeptConnections(pool, wait_s=5, idle_s=0)
    assert await idle.run(pid) != await idle.run(pid)
    await idle.let_go()
