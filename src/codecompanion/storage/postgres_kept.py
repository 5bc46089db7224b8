"""Connections of a PostgreSQL database that stay taken between two queries."""

import time
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from codecompanion.storage.postgres_session import IDLE_S, is_well

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import asyncpg
    from asyncpg.pool import PoolConnectionProxy

    Connection: TypeAlias = PoolConnectionProxy[Any]

T = TypeVar("T")

MOST_KEPT = 2
"""A process mostly asks for one thing at a time, or two. The others go back to the pool, which closes what nobody uses."""


class KeptConnections:
    """Lends connections of a pool, and keeps the last ones that came back.

    To take a connection from the pool and give it back costs three turns of the event loop, which is as much as a query.

    Args:
        pool: Where the connections come from.
        wait_s: How long to wait for one, in seconds.
        idle_s: One that was idle for so many seconds is made anew.
    """

    def __init__(self, pool: "asyncpg.Pool[Any]", *, wait_s: float, idle_s: float = IDLE_S) -> None:
        self._pool = pool
        self._wait_s = wait_s
        self._idle_s = idle_s
        self._kept: list[tuple[Connection, float]] = []
        self._waiting = 0

    async def run(self, query: "Callable[[Connection], Awaitable[T]]") -> T:
        """Return what a query returned. After an error its connection is not kept."""
        connection = await self._take()
        try:
            answer = await query(connection)
        except BaseException:  # cancelled, too: what the server still answers is for nobody else
            await self._pool.release(connection)
            raise
        if self._waiting or len(self._kept) >= MOST_KEPT:
            await self._pool.release(connection)
        else:
            self._kept.append((connection, time.monotonic()))
        return answer

    async def let_go(self) -> None:
        """Give the connections back to the pool."""
        while self._kept:
            connection, _ = self._kept.pop()
            await self._pool.release(connection)

    async def _take(self) -> "Connection":
        while self._kept:
            connection, used_at = self._kept.pop()
            if is_well(connection):
                if time.monotonic() - used_at < self._idle_s:
                    return connection
                connection.terminate()
            await self._pool.release(connection)
        self._waiting += 1  # whoever is done meanwhile gives its connection to us
        try:
            return await self._pool.acquire(timeout=self._wait_s)
        finally:
            self._waiting -= 1
