"""How an event lies in its row."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any, cast

from pydantic_core import from_json

from codecompanion.domain.envelope import Event, canonical_json
from codecompanion.domain.errors import LogCorrupt

SELECT_EVENTS = (
    "SELECT event_id, stream_id, version, position, type, schema_version, recorded_at,"
    " correlation_id, causation_id, trace_id, actor, data, prev_hash, hash FROM events"
)
INSERT_EVENT = (
    "INSERT INTO events (event_id, stream_id, version, position, type, schema_version, recorded_at,"
    " correlation_id, causation_id, trace_id, actor, data, prev_hash, hash)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def to_row(event: Event) -> tuple[str | int, ...]:
    """Return the values for `INSERT_EVENT`."""
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
        canonical_json(event.data),
        event.prev_hash,
        event.hash,
    )


def fetch_events(connection: sqlite3.Connection, condition: str, values: Sequence[str | int]) -> list[Event]:
    """Return the events that `SELECT_EVENTS` with this condition finds.

    Raises:
        LogCorrupt: The data of one is not a JSON object, or one of its texts is not UTF-8.
    """
    try:
        return [_to_event(row) for row in connection.execute(f"{SELECT_EVENTS} {condition}", values)]
    except sqlite3.OperationalError as error:
        if "UTF-8" in str(error):
            _name_the_unreadable(connection, condition, values)
        raise


def _to_event(row: tuple[Any, ...]) -> Event:
    (event_id, stream_id, version, position, kind, schema_version, at, correlation, cause, trace, actor, text, prev, digest) = (
        row
    )
    try:
        data = _json_object(text)
    except (ValueError, TypeError, RecursionError) as error:
        raise LogCorrupt(stream_id, version, "its data is not a JSON object") from error
    return Event(
        event_id, stream_id, version, position, kind, schema_version, at, correlation, cause, trace, actor, data, prev, digest
    )


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = from_json(text)  # four times as fast as the standard library, but it refuses what is nested 200 deep
    except ValueError:
        value = json.loads(text)
    if not isinstance(value, dict):
        raise TypeError(f"{type(value).__name__} is not an object")
    return cast("dict[str, Any]", value)


def _name_the_unreadable(connection: sqlite3.Connection, condition: str, values: Sequence[str | int]) -> None:
    places = connection.execute(f"SELECT position, CAST(stream_id AS BLOB), version FROM events {condition}", values)  # noqa: S608  # no value of a user's
    for position, stream_id, version in places.fetchall():
        try:
            connection.execute(f"{SELECT_EVENTS} WHERE position = ?", (position,)).fetchone()
        except sqlite3.OperationalError as error:
            raise LogCorrupt(stream_id.decode(errors="replace"), version, "a text of it is not UTF-8") from error
