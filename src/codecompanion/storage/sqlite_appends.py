"""Appends to a SQLite file: together when nothing is in their way, else each with a look at what is stored."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from codecompanion.domain.envelope import GENESIS_HASH, Draft, Event, seal_with_text
from codecompanion.domain.errors import VersionConflict
from codecompanion.storage.heads import Heads
from codecompanion.storage.repeats import Place, repeated_versions
from codecompanion.storage.sqlite_rows import INSERT_EVENT, between, to_row

_INSERT_KEY = "INSERT INTO append_keys (stream_id, idempotency_key, first_version, last_version) VALUES (?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Append:
    """A job of the writer: facts that are to stand at the end of a stream. `ids` are their event ids."""

    stream_id: str
    drafts: Sequence[Draft]
    ids: Sequence[str]
    expected_version: int
    key: str | None

    def __call__(self, connection: sqlite3.Connection) -> list[Event]:
        """Store the facts, unless they are stored; return them as they are.

        Raises:
            VersionConflict: The stream ends elsewhere.
            ValueError: An event id belongs to another append.
        """
        repeated = _repeated(connection, self)
        if repeated is not None:
            return between(connection, self.stream_id, repeated.start, repeated[-1])
        version, prev_hash = _head(connection, self.stream_id)
        if version != self.expected_version:
            raise VersionConflict(self.stream_id, expected=self.expected_version, actual=version)
        position = _last_position(connection)
        sealed = seal_with_text(
            self.drafts, self.stream_id, after_version=version, prev_hash=prev_hash, after_position=position
        )
        _insert(connection, [(self, sealed)])
        return [event for event, _ in sealed]


class Ends:
    """Where the log and its streams end. Known from one transaction to the next, as long as nobody else writes to the file."""

    def __init__(self) -> None:
        self._heads = Heads()
        self._position: int | None = None
        self._mark: int | None = None

    def begin(self, connection: sqlite3.Connection) -> None:
        """Note whether another connection has written, at the begin of each transaction."""
        [mark] = connection.execute("PRAGMA data_version").fetchone()
        if mark != self._mark:
            self.forget()
            self._mark = mark

    def forget(self) -> None:
        """Know nothing: what was noted is undone, or a job may have changed it."""
        self._heads = Heads()
        self._position = None

    def store(self, connection: sqlite3.Connection, appends: Sequence[Append]) -> dict[int, list[Event]]:
        """Store those appends that begin at the end of their stream, and return their events by the `id` of the append.

        Raises:
            sqlite3.IntegrityError: A key or an id of one is stored already; the transaction has to be undone.
        """
        fitting = [(append, sealed) for append in appends if (sealed := self._seal(connection, append))]
        if fitting:
            _insert(connection, fitting)
        return {id(append): [event for event, _ in sealed] for append, sealed in fitting}

    def _seal(self, connection: sqlite3.Connection, append: Append) -> list[tuple[Event, str]]:
        version, prev_hash = self._heads.last(append.stream_id) or _head(connection, append.stream_id)
        if version != append.expected_version:
            return []
        if self._position is None:
            self._position = _last_position(connection)
        sealed = seal_with_text(
            append.drafts, append.stream_id, after_version=version, prev_hash=prev_hash, after_position=self._position
        )
        last, _ = sealed[-1]
        self._position = last.position
        self._heads.note(last)
        return sealed


def keyed_versions(connection: sqlite3.Connection, stream_id: str, key: str) -> range | None:
    """Return the versions that were appended to a stream with a key; None for a key that it has not seen."""
    row = connection.execute(
        "SELECT first_version, last_version + 1 FROM append_keys WHERE stream_id = ? AND idempotency_key = ?",
        (stream_id, key),
    ).fetchone()
    return None if row is None else range(*row)


def _repeated(connection: sqlite3.Connection, append: Append) -> range | None:
    if append.key is not None and (versions := keyed_versions(connection, append.stream_id, append.key)):
        return versions
    return repeated_versions(append.stream_id, append.ids, _stored(connection, append.ids))


def _stored(connection: sqlite3.Connection, ids: Sequence[str]) -> dict[str, Place]:
    places: dict[str, Place] = {}
    for event_id in ids:
        row = connection.execute("SELECT stream_id, version FROM events WHERE event_id = ?", (event_id,)).fetchone()
        if row is not None:
            places[event_id] = Place(*row)
    return places


def _head(connection: sqlite3.Connection, stream_id: str) -> tuple[int, str]:
    head = connection.execute(
        "SELECT version, hash FROM events WHERE stream_id = ? ORDER BY version DESC LIMIT 1", (stream_id,)
    ).fetchone()
    return head or (0, GENESIS_HASH)


def _last_position(connection: sqlite3.Connection) -> int:
    [position] = connection.execute("SELECT coalesce(max(position), 0) FROM events").fetchone()
    return position


def _insert(connection: sqlite3.Connection, appends: Sequence[tuple[Append, Sequence[tuple[Event, str]]]]) -> None:
    connection.executemany(INSERT_EVENT, [to_row(*sealed) for _, events in appends for sealed in events])
    keyed = [(append.stream_id, append.key, append.expected_version, len(events)) for append, events in appends]
    if keys := [(stream_id, key, after + 1, after + size) for stream_id, key, after, size in keyed if key is not None]:
        connection.executemany(_INSERT_KEY, keys)
