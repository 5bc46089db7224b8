"""One connection of a PostgreSQL database that is kept from one statement to the next."""

import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import asyncpg

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy
    from asyncpg.prepared_stmt import PreparedStatement

IDLE_S = 240.0
"""Longer than that, what lies between us and the server may have forgotten a connection on which nothing is said."""


async def at_once() -> None:
    """Let a statement be asked."""


class Session:
    """Asks one prepared statement again and again, for one task at a time.

    To take a connection from the pool and give it back costs three turns of the event loop, which is as much as the statement.

    Args:
        pool: Where the connection comes from.
        statement: What is asked.
        wait_s: How long to wait for a connection, in seconds.
        idle_s: A connection that was idle for so many seconds is made anew.
        before: Awaited each time when a connection is at hand, before the statement is asked; what it raises is raised.
    """

    def __init__(
        self,
        pool: "asyncpg.Pool[Any]",
        statement: str,
        *,
        wait_s: float,
        idle_s: float = IDLE_S,
        before: Callable[[], Awaitable[None]] = at_once,
    ) -> None:
        self._pool = pool
        self._statement = statement
        self._before = before
        self._wait_s = wait_s
        self._idle_s = idle_s
        self._held: tuple[PoolConnectionProxy[Any], PreparedStatement[Any]] | None = None
        self._used_at = 0.0

    async def fetchval(self, *values: Any) -> Any:
        """Return the first value of the statement's first row. After an error the next call has another connection."""
        prepared = await self._prepared()
        try:
            await self._before()
            value = await prepared.fetchval(*values)
        except BaseException:
            await self.let_go()
            raise
        self._used_at = time.monotonic()
        return value

    async def let_go(self) -> None:
        """Give the connection back to the pool."""
        held, self._held = self._held, None
        if held is not None:
            await self._pool.release(held[0])

    async def _prepared(self) -> "PreparedStatement[Any]":
        if self._held is not None:
            connection, prepared = self._held
            if is_well(connection):
                if time.monotonic() - self._used_at < self._idle_s:
                    return prepared
                connection.terminate()
            await self.let_go()
        connection = await self._pool.acquire(timeout=self._wait_s)
        try:
            prepared = await connection.prepare(self._statement)
        except BaseException:
            await self._pool.release(connection)
            raise
        self._held = (connection, prepared)
        return prepared


def is_well(connection: "PoolConnectionProxy[Any]") -> bool:
    """Return whether a connection that was taken from a pool can still be used, as far as is known."""
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:  # the server ended it, and the pool has taken it back
        return False
