"""The response cache in a PostgreSQL database, so that all machines share what one has paid for."""

import hashlib
import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TypeVar

import anyio

from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.domain.response_keys import checked_key
from codecompanion.ports import CacheStats, Era
from codecompanion.storage.packing import unpacked
from codecompanion.storage.postgres_database import Connection, Database, open_database
from codecompanion.storage.postgres_schema import require_schema

T = TypeVar("T")

LIMIT_BYTES = 2 * 1024**3
PATIENCE_S = 0.5
"""A cache is not worth a longer wait."""
USES_AT_ONCE = 100
"""So many uses are noted together: each for itself would make every read a write, which waits for the disk."""

_PUT = (
    "INSERT INTO responses (key, content, content_sha256, put_at) VALUES ($1, $2, $3, $4) ON CONFLICT (key) DO UPDATE"
    " SET content = excluded.content, content_sha256 = excluded.content_sha256, put_at = excluded.put_at, used = excluded.used"
)
_MAKE_ROOM = (
    "DELETE FROM responses WHERE key IN (SELECT key FROM"
    " (SELECT key, sum(octet_length(content)) OVER (ORDER BY used DESC) AS with_newer FROM responses) AS sized"
    " WHERE with_newer > $1)"
)


# Rows that another process has in hand are passed by: it notes a use of them as well, and two could wait for each other.
_USED = (
    "WITH fresh AS (SELECT key, nextval('response_uses') AS use FROM unnest($1::text[]) AS key),"
    " free AS (SELECT key FROM responses WHERE key = ANY($1) FOR UPDATE SKIP LOCKED)"
    " UPDATE responses SET used = fresh.use FROM fresh JOIN free USING (key) WHERE responses.key = fresh.key"
)
_CLEAR = (
    "WITH gone AS (DELETE FROM responses RETURNING 1), next AS (UPDATE response_era SET"
    " number = greatest(number + 1, (extract(epoch FROM clock_timestamp()) * 1000)::bigint),"
    " secret = uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))"
    " SELECT count(*) FROM gone"
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
        cache = PostgresResponseCache(database, note=note, limit_bytes=limit_bytes)
        try:
            yield cache
        finally:
            with anyio.move_on_after(2 * PATIENCE_S, shield=True):
                await cache.note_uses()


class PostgresResponseCache:
    """A `SharedResponseCache` in a PostgreSQL database.

    What was used is noted some uses later, before the next answer is put at the latest; a killed process leaves out its last.
    When the database cannot be used it is as if it were empty: a call of a model then costs money, but nothing fails.
    """

    def __init__(self, database: Database, *, note: Callable[[str], None], limit_bytes: int) -> None:
        self._database = database
        self._note = note
        self._limit_bytes = limit_bytes
        self._is_ready = False
        self._has_complained = False
        self._uses: dict[str, None] = {}  # the one used last stands last

    async def get(self, key: str) -> bytes | None:
        """Return what was put under a key; see `ResponseCache.get`."""
        checked_key(key)

        async def query(connection: Connection) -> bytes | None:
            row = await connection.fetchrow("SELECT content, content_sha256 FROM responses WHERE key = $1", key)
            content = None if row is None else unpacked(row[0], row[1])
            if row is not None and content is None:
                await connection.execute("DELETE FROM responses WHERE key = $1", key)
            return content

        content = await self._run(query, None)
        if content is not None:
            await self.touch(key)
        return content

    async def put(self, key: str, content: bytes, at: datetime) -> None:
        """Keep an answer; see `ResponseCache.put`."""
        checked_key(key)
        await self.note_uses()
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
        self._uses.clear()
        return await self._run(lambda connection: connection.fetchval(_CLEAR), 0)

    async def touch(self, key: str) -> None:
        """Count an answer as used now, or somewhat later."""
        self._uses.pop(key, None)
        self._uses[key] = None
        if len(self._uses) >= USES_AT_ONCE:
            await self.note_uses()

    async def note_uses(self) -> None:
        """Write down what was used."""
        keys = list(self._uses)
        self._uses.clear()
        if keys:
            await self._run(lambda connection: connection.execute(_USED, keys), "")

    async def era(self) -> Era | None:
        """Return the era; see `SharedResponseCache.era`."""
        row = await self._run(lambda connection: connection.fetchrow("SELECT number, secret FROM response_era"), None)
        return None if row is None else Era(*row)

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
