"""The stores in a PostgreSQL database, which any number of machines may use at once."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from anyio import to_thread

from codecompanion.domain.envelope import GENESIS_HASH, Draft, Event, seal_with_text
from codecompanion.domain.errors import HistoryRegressed, VersionConflict
from codecompanion.ports import Snapshot
from codecompanion.storage.archive_rules import RENEWED_AFTER_S
from codecompanion.storage.group_commit import GroupCommit
from codecompanion.storage.heads import Heads
from codecompanion.storage.packing import pack, unpack
from codecompanion.storage.postgres_archive import PostgresArchive
from codecompanion.storage.postgres_database import REFUSED, Connection, Database, open_database
from codecompanion.storage.postgres_roster import PostgresRoster
from codecompanion.storage.postgres_rows import APPEND_EVENTS, IS_STORED, SELECT_EVENTS, Append, moved, places, to_arguments
from codecompanion.storage.postgres_schema import require_schema
from codecompanion.storage.postgres_session import at_once
from codecompanion.storage.repeats import Place, event_ids, repeated_versions
from codecompanion.storage.rows import IS_TURN, to_event

_MAX_VERSION = 2**63 - 1
_BETWEEN = f"{SELECT_EVENTS} WHERE stream_id = $1 AND version BETWEEN $2 AND $3 ORDER BY version"
_TURNS = f"{SELECT_EVENTS} WHERE {IS_TURN} AND position > $1 ORDER BY position LIMIT $2"
_PUT_BLOB = (
    "INSERT INTO blobs AS kept (sha256, compressed, put_at)"  # noqa: S608 - a constant
    " VALUES ($1, $2, extract(epoch FROM clock_timestamp())::bigint)"
    " ON CONFLICT (sha256) DO UPDATE SET put_at = excluded.put_at"
    f" WHERE excluded.put_at > kept.put_at + {RENEWED_AFTER_S}"
)


@asynccontextmanager
async def open_postgres(url: str) -> AsyncGenerator[tuple["PostgresEventStore", "PostgresBlobStore"]]:
    """Open the stores of a database; its tables are made when it has none yet.

    Raises:
        BadInput: The URL cannot be read.
        DatabaseUnavailable: The database cannot be reached or refuses us, or its tables are older or newer than this program.
    """
    async with open_database(url) as database:
        await require_schema(database)
        yield PostgresEventStore(database), PostgresBlobStore(database)


class PostgresEventStore:
    """An `EventStore` in a PostgreSQL database.

    The position order is the commit order, for all readers: whoever appends holds the end of the log until it has committed.
    The appends that wait in this process meanwhile share the next transaction. An append is one round trip: it is sealed
    here, with the end of the stream as it was last seen, and the server compares that with the end that is there.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._append_events = database.statement(APPEND_EVENTS, self._look_first)
        self._check: Callable[[], Awaitable[None]] = at_once
        self._heads = Heads()
        self._commits: GroupCommit[Append, int | None] = GroupCommit(self._write_all)

    async def append(
        self, stream_id: str, drafts: Sequence[Draft], *, expected_version: int, idempotency_key: str | None = None
    ) -> list[Event]:
        """Record facts at the end of a stream; see `EventStore.append`."""
        ids = event_ids(drafts)
        while True:
            prev_hash = await self._hash_at(stream_id, expected_version)
            if prev_hash is not None:
                sealed = seal_with_text(
                    drafts, stream_id, after_version=expected_version, prev_hash=prev_hash, after_position=0
                )
                place = await self._commits.run(Append(sealed, idempotency_key))
                if place is not None:
                    self._heads.note(sealed[-1][0])
                    return [moved(event, place) for event, _ in sealed]
            if (earlier := await self._repeated(stream_id, ids, idempotency_key)) is not None:
                return earlier
            actual = await self._head_version(stream_id)
            if actual != expected_version:
                raise VersionConflict(stream_id, expected=expected_version, actual=actual)
            if prev_hash == self._heads.hash_at(stream_id, expected_version):
                self._heads.forget(stream_id)
                raise HistoryRegressed(stream_id, expected_version, f"event {expected_version} is another than it was")

    async def read(self, stream_id: str, *, after_version: int = 0, up_to_version: int | None = None) -> list[Event]:
        """Return the events of a stream in order; see `EventStore.read`."""
        events = await self._between(stream_id, after_version + 1, _MAX_VERSION if up_to_version is None else up_to_version)
        if events:
            self._heads.note(events[-1])
        return events

    async def read_all(self, *, after_position: int = 0, limit: int = 500) -> list[Event]:
        """Return events of all streams in the order of their positions; see `EventStore.read_all`."""
        rows = await self._fetch(f"{SELECT_EVENTS} WHERE position > $1 ORDER BY position LIMIT $2", after_position, limit)
        return [to_event(row) for row in rows]

    async def read_turns(self, *, after_position: int = 0, limit: int = 500) -> list[Event]:
        """Return the events that change where runs are; see `EventStore.read_turns`."""
        rows = await self._fetch(_TURNS, after_position, limit)
        events = [to_event(row) for row in rows]
        for event in events:
            self._heads.note(event)
        return events

    async def find(self, stream_id: str, idempotency_key: str) -> list[Event]:
        """Return the events that were appended with this key, or an empty list."""
        versions = await self._keyed_versions(stream_id, idempotency_key)
        return await self._between(stream_id, versions.start, versions[-1]) if versions else []

    async def keys(self, stream_id: str) -> dict[str, range]:
        """Return every idempotency key of a stream with the versions that were appended with it, in their order."""
        rows = await self._fetch(
            "SELECT idempotency_key, first_version, last_version + 1 FROM append_keys"
            " WHERE stream_id = $1 ORDER BY first_version",
            stream_id,
        )
        return {key: range(first, end) for key, first, end in rows}

    async def streams(self) -> list[str]:
        """Return the ids of all streams, the one that was begun last first."""
        rows = await self._fetch("SELECT stream_id FROM events WHERE version = 1 ORDER BY position DESC")
        return [stream_id for (stream_id,) in rows]

    async def last_position(self) -> int:
        """Return the position of the last event, 0 of an empty log."""
        return (await self._fetch("SELECT coalesce(max(position), 0) FROM events"))[0][0]

    async def load_snapshot(self, stream_id: str, *, schema: str, up_to_version: int | None = None) -> Snapshot | None:
        """Return the newest snapshot with this schema, unless it is above `up_to_version`."""
        rows = await self._fetch(
            "SELECT version, state FROM snapshots WHERE stream_id = $1 AND schema = $2 AND version <= $3",
            stream_id,
            schema,
            _MAX_VERSION if up_to_version is None else up_to_version,
        )
        return Snapshot(stream_id, rows[0][0], schema, rows[0][1].decode()) if rows else None

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a snapshot in place of an older one of the same stream and schema."""
        await self._fetch(
            "INSERT INTO snapshots AS kept (stream_id, schema, version, state) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT (stream_id, schema) DO UPDATE SET version = excluded.version, state = excluded.state"
            " WHERE excluded.version >= kept.version",
            snapshot.stream_id,
            snapshot.schema,
            snapshot.version,
            snapshot.state.encode(),
        )

    def check_before_appends(self, check: Callable[[], Awaitable[None]]) -> None:
        """Let a check be awaited before each try of an append, on whatever server it is about to be stored then."""
        self._check = check

    async def _look_first(self) -> None:
        await self._check()

    @property
    def connections(self) -> int:
        """How many connections to the database were made so far."""
        return self._database.connections

    async def identity(self) -> str:
        """Return what this log and its copies, and no other, are called."""

        async def query(connection: Connection) -> str:
            return await connection.fetchval("SELECT log_id::text FROM log_end")

        return await self._database.run(query)

    async def skip_to(self, position: int, *, over: int) -> int:
        """Give no event a position up to the given one any more, and return that of the last event below `over`, 0 for none."""

        async def query(connection: Connection) -> int:
            await connection.execute("UPDATE log_end SET position = $1 WHERE position < $1", position)
            return await connection.fetchval("SELECT coalesce(max(position), 0) FROM events WHERE position < $1", over)

        return await self._database.run(query)

    def archive(self) -> PostgresArchive:
        """Return what takes archived streams out of the same database."""
        return PostgresArchive(self._database)

    def roster(self) -> PostgresRoster:
        """Return who is at work, in the same database."""
        return PostgresRoster(self._database)

    async def _write_all(self, group: Sequence[Append]) -> Sequence[int | Exception | None]:
        """Store the first append of each stream, then those that stood behind one that was not stored."""
        first = {append.stream_id: append for append in reversed(group)}
        if len(first) == len(group):
            return await self._write(group)
        outcomes = dict(zip(first, await self._write(list(first.values())), strict=True))
        by_id = {id(append): outcomes[stream_id] for stream_id, append in first.items()}
        behind = [append for append in group if id(append) not in by_id]
        left = [append for append in behind if not isinstance(outcomes[append.stream_id], int)]
        by_id |= zip(map(id, left), await self._write_all(left) if left else (), strict=True)
        return [by_id.get(id(append)) for append in group]

    async def _write(self, group: Sequence[Append]) -> Sequence[int | Exception | None]:
        """Store appends to different streams together; return after which position each stands, None of one that does not fit.

        When one does not begin at the end of its stream the others are stored; when one spoils the transaction, each by itself.
        """
        try:
            found: list[int | None] = await self._append_events(*to_arguments(group))
        except asyncpg.UniqueViolationError as error:
            if len(group) == 1 and error.constraint_name not in IS_STORED:
                raise
            outcome = None
        except REFUSED as error:
            outcome = ValueError(f"PostgreSQL cannot hold this: {error}")
        else:
            fitting = [append for append, place in zip(group, found, strict=True) if place is not None]
            if found[0] is not None and len(fitting) == len(group):
                return places(group, found[0])
            stored = iter(await self._write(fitting) if fitting else ())
            return [None if place is None else next(stored) for place in found]
        if len(group) == 1:
            return [outcome]
        return [one for append in group for one in await self._write([append])]

    async def _hash_at(self, stream_id: str, version: int) -> str | None:
        """Return the hash of the event at a version of a stream; None when there is none."""
        if version <= 0:
            return GENESIS_HASH if version == 0 else None
        known = self._heads.hash_at(stream_id, version)
        if known is not None:
            return known
        rows = await self._fetch("SELECT hash FROM events WHERE stream_id = $1 AND version = $2", stream_id, version)
        return rows[0][0] if rows else None

    async def _repeated(self, stream_id: str, ids: Sequence[str], key: str | None) -> list[Event] | None:
        versions = None if key is None else await self._keyed_versions(stream_id, key)
        if versions is None:
            rows = await self._fetch("SELECT event_id, stream_id, version FROM events WHERE event_id = ANY($1)", ids)
            versions = repeated_versions(stream_id, ids, {row[0]: Place(row[1], row[2]) for row in rows})
        return None if versions is None else await self._between(stream_id, versions.start, versions[-1])

    async def _keyed_versions(self, stream_id: str, key: str) -> range | None:
        rows = await self._fetch(
            "SELECT first_version, last_version + 1 FROM append_keys WHERE stream_id = $1 AND idempotency_key = $2",
            stream_id,
            key,
        )
        return range(*rows[0]) if rows else None

    async def _head_version(self, stream_id: str) -> int:
        rows = await self._fetch("SELECT coalesce(max(version), 0) FROM events WHERE stream_id = $1", stream_id)
        return rows[0][0]

    async def _between(self, stream_id: str, first: int, last: int) -> list[Event]:
        return [to_event(row) for row in await self._fetch(_BETWEEN, stream_id, first, last)]

    async def _fetch(self, query: str, *values: Any) -> list[Any]:
        return await self._database.run(lambda connection: connection.fetch(query, *values))


class PostgresBlobStore:
    """A `BlobStore` in the same database, zlib-compressed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, content: bytes) -> str:
        """Keep bytes and return their sha256; durable when it returns."""
        sha256, compressed = await to_thread.run_sync(pack, content)

        async def query(connection: Connection) -> None:
            await connection.execute(_PUT_BLOB, sha256, compressed)

        await self._database.run(query)
        return sha256

    async def get(self, sha256: str) -> bytes:
        """Return the bytes.

        Raises:
            KeyError: There is no such blob.
            LogCorrupt: The stored bytes do not have this hash.
        """
        compressed = await self._database.run(
            lambda connection: connection.fetchval("SELECT compressed FROM blobs WHERE sha256 = $1", sha256)
        )
        if compressed is None:
            raise KeyError(sha256)
        return await to_thread.run_sync(unpack, sha256, compressed)
