"""Rows of events in SQLite."""

import sqlite3
from collections.abc import Sequence

from codecompanion.domain.envelope import Event
from codecompanion.domain.errors import LogCorrupt
from codecompanion.storage.rows import COLUMNS, to_event

SELECT_EVENTS = f"SELECT {COLUMNS} FROM events"  # noqa: S608  # constants
INSERT_EVENT = f"INSERT INTO events ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608  # constants


def to_row(event: Event, data: str) -> tuple[str | int, ...]:
    """Return the values for `INSERT_EVENT`; `data` is the canonical JSON of the event's data."""
    return (
        event.event_id,
        event.stream_id,
        event.version,
        event.position,
        event.type,
        event.schema_version,
        event.recorded_at,
        event.correlation_id,
        event.causation_id,
        event.trace_id,
        event.actor,
        data,
        event.prev_hash,
        event.hash,
    )


def fetch_events(connection: sqlite3.Connection, condition: str, values: Sequence[str | int]) -> list[Event]:
    """Return the events that `SELECT_EVENTS` with this condition finds.

    Raises:
        LogCorrupt: The data of one is not a JSON object, or one of its texts is not UTF-8.
    """
    try:
        return [to_event(row) for row in connection.execute(f"{SELECT_EVENTS} {condition}", values)]
    except sqlite3.OperationalError as error:
        if "UTF-8" in str(error):
            _name_the_unreadable(connection, condition, values)
        raise


def between(connection: sqlite3.Connection, stream_id: str, first: int, last: int) -> list[Event]:
    """Return the events of a stream from one version to another, both included."""
    return fetch_events(
        connection, "WHERE stream_id = ? AND version BETWEEN ? AND ? ORDER BY version", (stream_id, first, last)
    )


def _name_the_unreadable(connection: sqlite3.Connection, condition: str, values: Sequence[str | int]) -> None:
    places = connection.execute(f"SELECT position, CAST(stream_id AS BLOB), version FROM events {condition}", values)  # noqa: S608  # no value of a user's
    for position, stream_id, version in places.fetchall():
        try:
            connection.execute(f"{SELECT_EVENTS} WHERE position = ?", (position,)).fetchone()
        except sqlite3.OperationalError as error:
            raise LogCorrupt(stream_id.decode(errors="replace"), version, "a text of it is not UTF-8") from error
