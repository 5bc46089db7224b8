"""The response cache in a PostgreSQL database, so that all machines share what one has paid for."""

import hashlib
import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TypeVar

from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.ports import CacheStats
from codecompanion.storage.packing import unpacked
from codecompanion.storage.postgres_database import Connection, Database, open_database
from codecompanion.storage.postgres_schema import require_schema
from codecompanion.storage.response_keys import checked_key

T = TypeVar("T")

LIMIT_BYTES = 2 * 1024**3
PATIENCE_S = 0.5
"""A cache is not worth a longer wait."""

_PUT = (
    "INSERT INTO responses (key, content, content_sha256, put_at) VALUES ($1, $2, $3, $4) ON CONFLICT (key) DO UPDATE"
    " SET content = excluded.content, content_sha256 = excluded.content_sha256, put_at = excluded.put_at, used = excluded.used"
)
_MAKE_ROOM = (
    "DELETE FROM responses WHERE key IN (SELECT key FROM"
    " (SELECT key, sum(octet_length(content)) OVER (ORDER BY used DESC) AS with_newer FROM responses) AS sized"
    " WHERE with_newer > $1)"
)


@asynccontextmanager
async def open_postgres_response_cache(
    url: str, *, note: Callable[[str], None], limit_bytes: int = LIMIT_BYTES
) -> AsyncGenerator["PostgresResponseCache"]:
    """Return the cache in a database, which is connected to when it is first used.

    Args:
        url: The database.
        note: Hears what a user should know: that the cache cannot be used.
        limit_bytes: How much content is kept, compressed.

    Raises:
        BadInput: The URL cannot be read.
    """
    async with open_database(url) as database:
        yield PostgresResponseCache(database, note=note, limit_bytes=limit_bytes)


class PostgresResponseCache:
    """A `ResponseCache` in a PostgreSQL database.

    When the database cannot be used it is as if it were empty: a call of a model then costs money, but nothing fails.
    """

    def __init__(self, database: Database, *, note: Callable[[str], None], limit_bytes: int) -> None:
        self._database = database
        self._note = note
        self._limit_bytes = limit_bytes
        self._is_ready = False
        self._has_complained = False

    async def get(self, key: str) -> bytes | None:
        """Return what was put under a key; see `ResponseCache.get`."""
        checked_key(key)

        async def query(connection: Connection) -> bytes | None:
            row = await connection.fetchrow(
                "UPDATE responses SET used = nextval('response_uses') WHERE key = $1 RETURNING content, content_sha256", key
            )
            content = None if row is None else unpacked(row[0], row[1])
            if row is not None and content is None:
                await connection.execute("DELETE FROM responses WHERE key = $1", key)
            return content

        return await self._run(query, None)

    async def put(self, key: str, content: bytes, at: datetime) -> None:
        """Keep an answer; see `ResponseCache.put`."""
        checked_key(key)
        sha256, packed = hashlib.sha256(content).hexdigest(), zlib.compress(content)

        async def query(connection: Connection) -> None:
            if len(packed) > self._limit_bytes:
                await connection.execute("DELETE FROM responses WHERE key = $1", key)
                return
            await connection.execute(_PUT, key, packed, sha256, at.astimezone(UTC).isoformat())
            await connection.execute(_MAKE_ROOM, self._limit_bytes)

        await self._run(query, None)

    async def clear(self) -> int:
        """Forget everything and return how many answers that were."""

        async def query(connection: Connection) -> int:
            return await connection.fetchval("WITH gone AS (DELETE FROM responses RETURNING 1) SELECT count(*) FROM gone")

        return await self._run(query, 0)

    async def stats(self) -> CacheStats:
        """Return how full it is."""

        async def query(connection: Connection) -> tuple[int, int, str]:
            row = await connection.fetchrow(
                "SELECT count(*), coalesce(sum(octet_length(content)), 0), coalesce(min(put_at), '') FROM responses"
            )
            return (0, 0, "") if row is None else (row[0], row[1], row[2])

        entries, stored, oldest = await self._run(query, (0, 0, ""))
        return CacheStats(entries, stored, self._limit_bytes, oldest)

    async def _run(self, query: Callable[[Connection], Awaitable[T]], otherwise: T) -> T:
        try:
            if not self._is_ready:
                await require_schema(self._database)
                self._is_ready = True
            return await self._database.run(query, patience_s=PATIENCE_S)
        except EnvironmentBroken as error:
            if not self._has_complained:
                self._has_complained = True
                self._note(f"the response cache is not used: {error.what}: {error.cause}")
            return otherwise
