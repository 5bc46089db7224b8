"""Rows of events in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from codecompanion.domain.envelope import Event
from codecompanion.storage.rows import COLUMNS

SELECT_EVENTS = f"SELECT {COLUMNS} FROM events"  # noqa: S608  # constants
APPEND_EVENTS = "SELECT append_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
EVENT_ID_IS_UNIQUE = "events_event_id_key"
"""The name that PostgreSQL gave the constraint."""


@dataclass(frozen=True, slots=True)
class Append:
    """Sealed events that are to follow the end of their stream as the caller knows it."""

    sealed: Sequence[tuple[Event, str]]
    """Each with the canonical JSON of its data."""
    key: str | None


def to_arguments(group: Sequence[Append]) -> list[list[Any]]:
    """Return the arguments of `APPEND_EVENTS`."""
    events = [event for append in group for event, _ in append.sealed]
    first = [append.sealed[0][0] for append in group]
    return [
        [event.stream_id for event in first],
        [event.version - 1 for event in first],
        [append.key for append in group],
        [len(append.sealed) for append in group],
        [event.event_id for event in events],
        [event.type for event in events],
        [event.schema_version for event in events],
        [event.recorded_at for event in events],
        [event.correlation_id for event in events],
        [event.causation_id for event in events],
        [event.trace_id for event in events],
        [event.actor for event in events],
        [data for append in group for _, data in append.sealed],
        [event.prev_hash for event in events],
        [event.hash for event in events],
    ]
