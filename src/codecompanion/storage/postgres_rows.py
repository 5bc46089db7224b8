"""Rows of events in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from uuid import uuid4

from codecompanion.domain.envelope import Event
from codecompanion.storage.rows import COLUMNS

SELECT_EVENTS = f"SELECT {COLUMNS} FROM events"  # noqa: S608  # constants
APPEND_EVENTS = "SELECT append_events($1, $2, $3)"
IS_STORED = frozenset({"events_event_id_key", "append_keys_pkey"})
"""The names that PostgreSQL gave to what keeps an event id, or a key of a stream, from being stored twice."""
_UNIT_SEPARATOR = "\x1f"
_POSITION = Event._fields.index("position")


@dataclass(frozen=True, slots=True)
class Append:
    """Sealed events that are to follow the end of their stream as the caller knows it. Their positions count from 1."""

    sealed: Sequence[tuple[Event, str]]
    """Each with the canonical JSON of its data."""
    key: str | None

    @property
    def stream_id(self) -> str:
        """Return the stream."""
        return self.sealed[0][0].stream_id


def to_arguments(group: Sequence[Append]) -> tuple[str, str, str]:
    """Return the arguments of `APPEND_EVENTS`."""
    appends: list[str] = []
    contents: list[str] = []
    for append in group:
        first = append.sealed[0][0]
        key = "" if append.key is None else f"+{append.key}"
        appends += (first.stream_id, str(first.version - 1), first.prev_hash, key, str(len(append.sealed)))
        for event, data in append.sealed:
            event_id, stream_id, version, _, kind, schema_version, at, correlation, cause, trace, actor, _, prev, digest = event
            contents += (
                stream_id, str(version), event_id, kind, str(schema_version), at,
                correlation, cause, trace, actor, data, prev, digest,
            )  # fmt: skip
    return _joined(appends, contents, _UNIT_SEPARATOR) or _joined(appends, contents, uuid4().hex) or to_arguments(group)


def _joined(appends: Sequence[str], contents: Sequence[str], separator: str) -> tuple[str, str, str] | None:
    """Return texts with a separator between them, and the separator; None when one of them contains it."""
    texts = separator.join(appends), separator.join(contents)
    if texts[0].count(separator) == len(appends) - 1 and texts[1].count(separator) == len(contents) - 1:
        return *texts, separator
    return None


def places(group: Sequence[Append], begun_at: int) -> list[int]:
    """Return the position after which the events of each append stand, when those of the first stand after `begun_at`."""
    return list(accumulate((len(append.sealed) for append in group[:-1]), initial=begun_at))


def moved(event: Event, place: int) -> Event:
    """Return an event whose position counted from 1 as it stands after `place`; a fifth of the time of `_replace`."""
    return Event._make((*event[:_POSITION], place + event.position, *event[_POSITION + 1 :]))
