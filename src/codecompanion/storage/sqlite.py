"""The stores in one SQLite file, which several processes may use at once."""

import sqlite3
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import anyio
from anyio import to_thread

from codecompanion.domain.envelope import Draft, Event
from codecompanion.ports import Snapshot
from codecompanion.storage.archive_rules import RENEWED_AFTER_S
from codecompanion.storage.packing import pack, unpack
from codecompanion.storage.repeats import event_ids
from codecompanion.storage.rows import IS_TURN
from codecompanion.storage.sqlite_appends import Append, keyed_versions
from codecompanion.storage.sqlite_archive import SqliteArchive
from codecompanion.storage.sqlite_changes import Changes, Ends
from codecompanion.storage.sqlite_file import disk_errors
from codecompanion.storage.sqlite_readers import Readers
from codecompanion.storage.sqlite_roster import SqliteRoster
from codecompanion.storage.sqlite_rows import between, fetch_events
from codecompanion.storage.sqlite_schema import prepare
from codecompanion.storage.sqlite_writer import Writer

_MAX_VERSION = 2**63 - 1
_PUT_BLOB = (
    "INSERT INTO blobs (sha256, compressed, put_at) VALUES (?, ?, CAST(strftime('%s', 'now') AS INTEGER))"  # noqa: S608 - a constant
    f" ON CONFLICT DO UPDATE SET put_at = excluded.put_at WHERE excluded.put_at > put_at + {RENEWED_AFTER_S}"
)


@asynccontextmanager
async def open_sqlite(path: Path) -> AsyncGenerator[tuple["SqliteEventStore", "SqliteBlobStore"]]:
    """Open the stores of a file, which is made when it is missing; close it at the end.

    Raises:
        EnvironmentBroken: It cannot be opened, belongs to another program, or is newer than this one.
    """
    await to_thread.run_sync(prepare, path)
    with disk_errors(path):
        writer, readers, changes = Writer(path), Readers(path), Changes(path)
    try:
        yield SqliteEventStore(writer, readers, changes), SqliteBlobStore(writer, readers)
    finally:
        with anyio.CancelScope(shield=True):
            changes.close()
            readers.close()
            await to_thread.run_sync(writer.close)


class SqliteEventStore:
    """An `EventStore` in a SQLite file. The position order is the commit order: one transaction writes at a time."""

    def __init__(self, writer: Writer, readers: Readers, changes: Changes) -> None:
        self._writer = writer
        self._readers = readers
        self._changes = changes
        self._ends = Ends()
        self._last_position: tuple[int | None, int] = (None, 0)

    async def append(
        self, stream_id: str, drafts: Sequence[Draft], *, expected_version: int, idempotency_key: str | None = None
    ) -> list[Event]:
        """Record facts at the end of a stream; see `EventStore.append`."""
        append = Append(stream_id, drafts, event_ids(drafts), expected_version, idempotency_key)
        return await self._writer.run(append)

    async def read(self, stream_id: str, *, after_version: int = 0, up_to_version: int | None = None) -> list[Event]:
        """Return the events of a stream in order; see `EventStore.read`."""
        mark = self._changes.mark()
        if self._ends.ends_by(stream_id, after_version, mark):
            return []
        last = _MAX_VERSION if up_to_version is None else up_to_version
        events = await self._readers.run(partial(between, stream_id=stream_id, first=after_version + 1, last=last))
        end = events[-1].version if events else after_version
        if end < last:
            self._ends.note(stream_id, end, mark)
        return events

    async def read_all(self, *, after_position: int = 0, limit: int = 500) -> list[Event]:
        """Return events of all streams in the order of their positions; see `EventStore.read_all`."""
        condition = "WHERE position > ? ORDER BY position LIMIT ?"
        return await self._readers.run(partial(fetch_events, condition=condition, values=(after_position, limit)))

    async def read_turns(self, *, after_position: int = 0, limit: int = 500) -> list[Event]:
        """Return the events that change where runs are; see `EventStore.read_turns`."""
        # By itself it would pass over all others in the order of their positions, which it takes for cheaper.
        condition = f"INDEXED BY turns WHERE {IS_TURN} AND position > ? ORDER BY position LIMIT ?"
        return await self._readers.run(partial(fetch_events, condition=condition, values=(after_position, limit)))

    async def find(self, stream_id: str, idempotency_key: str) -> list[Event]:
        """Return the events that were appended with this key, or an empty list."""

        def query(connection: sqlite3.Connection) -> list[Event]:
            versions = keyed_versions(connection, stream_id, idempotency_key)
            return between(connection, stream_id, versions.start, versions[-1]) if versions else []

        return await self._readers.run(query)

    async def keys(self, stream_id: str) -> dict[str, range]:
        """Return every idempotency key of a stream with the versions that were appended with it, in their order."""
        rows = await self._readers.run(
            lambda connection: connection.execute(
                "SELECT idempotency_key, first_version, last_version + 1 FROM append_keys"
                " WHERE stream_id = ? ORDER BY first_version",
                (stream_id,),
            ).fetchall()
        )
        return {key: range(first, end) for key, first, end in rows}

    async def streams(self) -> list[str]:
        """Return the ids of all streams, the one that was begun last first."""
        rows = await self._readers.run(
            lambda connection: connection.execute(
                "SELECT stream_id FROM events WHERE version = 1 ORDER BY position DESC"
            ).fetchall()
        )
        return [stream_id for (stream_id,) in rows]

    async def last_position(self) -> int:
        """Return the position of the last event, 0 of an empty log."""
        mark, position = self._last_position
        now = self._changes.mark()
        if now is None or now != mark:
            position = await self._readers.run(
                lambda connection: connection.execute("SELECT coalesce(max(position), 0) FROM events").fetchone()[0]
            )
            self._last_position = (now, position)
        return position

    async def load_snapshot(self, stream_id: str, *, schema: str, up_to_version: int | None = None) -> Snapshot | None:
        """Return the newest snapshot with this schema, unless it is above `up_to_version`."""
        last = _MAX_VERSION if up_to_version is None else up_to_version
        row = await self._readers.run(
            lambda connection: connection.execute(
                "SELECT version, state FROM snapshots WHERE stream_id = ? AND schema = ? AND version <= ?",
                (stream_id, schema, last),
            ).fetchone()
        )
        return None if row is None else Snapshot(stream_id, row[0], schema, row[1])

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a snapshot in place of an older one of the same stream and schema."""
        await self._writer.run(
            lambda connection: connection.execute(
                "INSERT INTO snapshots (stream_id, schema, version, state) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET version = excluded.version, state = excluded.state"
                " WHERE excluded.version >= version",
                (snapshot.stream_id, snapshot.schema, snapshot.version, snapshot.state),
            )
        )

    def archive(self) -> SqliteArchive:
        """Return what takes archived streams out of the same file."""
        return SqliteArchive(self._writer)

    def roster(self) -> SqliteRoster:
        """Return who is at work, in the same file."""
        return SqliteRoster(self._writer, self._readers)


class SqliteBlobStore:
    """A `BlobStore` in the same file, zlib-compressed."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    async def put(self, content: bytes) -> str:
        """Keep bytes and return their sha256; durable when it returns."""
        sha256, compressed = await to_thread.run_sync(pack, content)
        await self._writer.run(
            lambda connection: connection.execute(
                _PUT_BLOB,
                (sha256, compressed),
            )
        )
        return sha256

    async def get(self, sha256: str) -> bytes:
        """Return the bytes.

        Raises:
            KeyError: There is no such blob.
            LogCorrupt: The stored bytes do not have this hash.
        """

        def query(connection: sqlite3.Connection) -> bytes:
            row = connection.execute("SELECT compressed FROM blobs WHERE sha256 = ?", (sha256,)).fetchone()
            if row is None:
                raise KeyError(sha256)
            return unpack(sha256, row[0])

        return await self._readers.run(query)
