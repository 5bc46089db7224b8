"""The response cache in a SQLite file of its own, which several processes may use at once."""

import hashlib
import sqlite3
import zlib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import anyio
from anyio import to_thread

from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.domain.response_keys import checked_key
from codecompanion.ports import CacheStats
from codecompanion.storage.packing import unpacked
from codecompanion.storage.response_cache_file import NotOurs, is_spoilt, open_file, set_aside

T = TypeVar("T")

LIMIT_BYTES = 256 * 1024**2


@asynccontextmanager
async def open_response_cache(
    path: Path, *, note: Callable[[str], None], limit_bytes: int = LIMIT_BYTES
) -> AsyncGenerator["SqliteResponseCache"]:
    """Return the cache in a file, which is opened when it is first used and closed at the end.

    Args:
        path: The file; it and its folder are made when they are missing.
        note: Hears what a user should know: that the file was damaged, or cannot be used. Called from a thread.
        limit_bytes: How much content is kept, compressed; the file itself is somewhat larger.
    """
    cache = SqliteResponseCache(path, note=note, limit_bytes=limit_bytes)
    try:
        yield cache
    finally:
        with anyio.CancelScope(shield=True):
            await cache.aclose()


class SqliteResponseCache:
    """A `ResponseCache` in a SQLite file; see `open_response_cache`.

    When the file cannot be used it is as if it were empty: a call of a model then costs money, but nothing fails.
    """

    def __init__(self, path: Path, *, note: Callable[[str], None], limit_bytes: int) -> None:
        self._path = path
        self._note = note
        self._limit_bytes = limit_bytes
        self._connection: sqlite3.Connection | None = None
        self._one_at_a_time = anyio.CapacityLimiter(1)
        self._has_complained = False

    async def get(self, key: str) -> bytes | None:
        """Return what was put under a key; see `ResponseCache.get`."""
        checked_key(key)
        return await self._run(lambda connection: _get(connection, key), None)

    async def put(self, key: str, content: bytes, at: datetime) -> None:
        """Keep an answer; see `ResponseCache.put`."""
        checked_key(key)
        sha256, packed = hashlib.sha256(content).hexdigest(), zlib.compress(content)
        row = (key, packed, sha256, at.astimezone(UTC).isoformat())
        await self._run(lambda connection: _put(connection, row, self._limit_bytes), None)

    async def clear(self) -> int:
        """Forget everything and return how many answers that were."""
        return await self._run(_clear, 0)

    async def stats(self) -> CacheStats:
        """Return how full it is."""
        entries, stored, oldest = await self._run(_stats, (0, 0, ""))
        return CacheStats(entries, stored, self._limit_bytes, oldest)

    async def aclose(self) -> None:
        """Close the file."""
        await to_thread.run_sync(self._close, limiter=self._one_at_a_time)

    async def _run(self, job: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        return await to_thread.run_sync(self._try, job, otherwise, limiter=self._one_at_a_time)

    def _try(self, job: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        try:
            try:
                return job(self._opened())
            except (sqlite3.Error, NotOurs) as error:
                self._close()
                if not is_spoilt(error):
                    raise
                self._make_anew(error)
                return job(self._opened())
        except (sqlite3.Error, NotOurs, OSError, EnvironmentBroken) as error:
            self._complain(error)
            return otherwise

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = open_file(self._path)
        return self._connection

    def _make_anew(self, error: Exception) -> None:
        aside = set_aside(self._path)
        if aside is not None:
            reason = str(error) or "it is of another program or version"
            self._note(f"the response cache was damaged ({reason}); it is now {str(aside)!r}, and a new one is begun")

    def _complain(self, error: Exception) -> None:
        if not self._has_complained:
            self._has_complained = True
            self._note(f"the response cache {str(self._path)!r} is not used: {error}")

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _get(connection: sqlite3.Connection, key: str) -> bytes | None:
    row = connection.execute("SELECT content, content_sha256 FROM responses WHERE key = ?", (key,)).fetchone()
    if row is None:
        return None
    content = unpacked(*row)
    if content is None:
        connection.execute("DELETE FROM responses WHERE key = ?", (key,))
    else:
        connection.execute(f"UPDATE responses SET used = {_NEXT_USE} WHERE key = ?", (key,))  # noqa: S608  # a constant
    return content


def _put(connection: sqlite3.Connection, row: tuple[str, bytes, str, str], limit_bytes: int) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute("DELETE FROM responses WHERE key = ?", row[:1])
        if len(row[1]) <= limit_bytes:
            connection.execute(f"INSERT INTO responses VALUES (?, ?, ?, ?, {_NEXT_USE})", row)  # noqa: S608  # a constant
        while connection.execute("SELECT 1 FROM totals WHERE entries > 0 AND bytes > ?", (limit_bytes,)).fetchone():
            connection.execute("DELETE FROM responses WHERE used = (SELECT min(used) FROM responses)")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _clear(connection: sqlite3.Connection) -> int:
    count = connection.execute("DELETE FROM responses").rowcount
    with suppress(sqlite3.OperationalError):  # another process is reading: the room is used again later
        connection.execute("VACUUM")
    return count


def _stats(connection: sqlite3.Connection) -> tuple[int, int, str]:
    return connection.execute("SELECT entries, bytes, coalesce((SELECT min(put_at) FROM responses), '') FROM totals").fetchone()


_NEXT_USE = "(SELECT coalesce(max(used), 0) + 1 FROM responses)"
