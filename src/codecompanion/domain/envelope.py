"""The envelope every fact is recorded in, and the hash chain that binds the envelopes of a stream.

`hash = sha256(prev_hash + canonical JSON of the rest)`. The rest leaves out `hash` itself and `position`: the position
numbers the store, not the fact, and changes when a stream is exported. The first event's `prev_hash` is 64 zeros.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import Any, NamedTuple

from codecompanion.domain.errors import LogCorrupt

GENESIS_HASH = "0" * 64

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def canonical_json(value: object) -> str:
    """Return the one JSON text of a value: keys sorted, no blanks, UTF-8, no NaN.

    Raises:
        ValueError: The value holds a NaN or an infinity.
        TypeError: The value holds something that is not JSON.
    """
    return _encode(value)


@dataclass(frozen=True, slots=True)
class Draft:
    """A fact that is not yet recorded.

    `event_id` is a UUIDv7 as text; `recorded_at` is UTC in RFC 3339 with microseconds and a final "Z"; `data` is plain JSON.
    `correlation_id` names the run or request, `causation_id` the event that led to this one, `trace_id` a
    W3C trace, with the span that led to a run in its first event ("trace-span"); "" where there is none.
    `actor` is who did it: "user", "orchestrator", "builtin", ...
    """

    event_id: str
    type: str
    schema_version: int
    recorded_at: str
    data: dict[str, Any]
    actor: str
    correlation_id: str = ""
    causation_id: str = ""
    trace_id: str = ""


def trace_id_of(recorded: str) -> str:
    """Return the trace of a recorded `trace_id`, without the span that may stand behind it."""
    return recorded.partition("-")[0]


class Event(NamedTuple):
    """A recorded fact. `version` counts from 1 in its stream, `position` from 1 in its store.

    A tuple, because a log of 100 000 of them has to be read in a second or two.
    """

    event_id: str
    stream_id: str
    version: int
    position: int
    type: str
    schema_version: int
    recorded_at: str
    correlation_id: str
    causation_id: str
    trace_id: str
    actor: str
    data: dict[str, Any]
    prev_hash: str
    hash: str


def event_hash(draft: Draft, stream_id: str, version: int, prev_hash: str) -> str:
    """Return the hash of a draft once it stands at a version of a stream."""
    return _hash(draft, canonical_json(draft.data), stream_id, version, prev_hash)


def _hash(draft: Draft, data: str, stream_id: str, version: int, prev_hash: str) -> str:
    # The canonical JSON of the rest. It is put together, because the data is stored as the same text, and made once.
    text = encode_basestring
    rest = (
        f'{{"actor":{text(draft.actor)},"causation_id":{text(draft.causation_id)},"correlation_id":{text(draft.correlation_id)}'
        f',"data":{data},"event_id":{text(draft.event_id)},"recorded_at":{text(draft.recorded_at)}'
        f',"schema_version":{draft.schema_version},"stream_id":{text(stream_id)},"trace_id":{text(draft.trace_id)}'
        f',"type":{text(draft.type)},"version":{version}}}'
    )
    return hashlib.sha256((prev_hash + rest).encode()).hexdigest()


def seal(drafts: Sequence[Draft], stream_id: str, *, after_version: int, prev_hash: str, after_position: int) -> list[Event]:
    """Return the drafts as the next events of a stream, chained, numbered from the given version and position on."""
    sealed = seal_with_text(drafts, stream_id, after_version=after_version, prev_hash=prev_hash, after_position=after_position)
    return [event for event, _ in sealed]


def seal_with_text(
    drafts: Sequence[Draft], stream_id: str, *, after_version: int, prev_hash: str, after_position: int
) -> list[tuple[Event, str]]:
    """Return what `seal` does, each event with the canonical JSON of its data."""
    sealed: list[tuple[Event, str]] = []
    for offset, draft in enumerate(drafts, start=1):
        version = after_version + offset
        data = canonical_json(draft.data)
        digest = _hash(draft, data, stream_id, version, prev_hash)
        event = Event(
            draft.event_id,
            stream_id,
            version,
            after_position + offset,
            draft.type,
            draft.schema_version,
            draft.recorded_at,
            draft.correlation_id,
            draft.causation_id,
            draft.trace_id,
            draft.actor,
            draft.data,
            prev_hash,
            digest,
        )
        sealed.append((event, data))
        prev_hash = digest
    return sealed


def unseal(event: Event) -> Draft:
    """Return what was recorded, without its place in a stream."""
    return Draft(
        event.event_id,
        event.type,
        event.schema_version,
        event.recorded_at,
        event.data,
        event.actor,
        event.correlation_id,
        event.causation_id,
        event.trace_id,
    )


def verify_chain(stream_id: str, events: Iterable[Event]) -> int:
    """Check a whole stream from its first event on and return its last version (0 when it is empty).

    Raises:
        LogCorrupt: Names the first event that is missing, misplaced or changed.
    """
    version, prev_hash = 0, GENESIS_HASH
    for event in events:
        if event.stream_id != stream_id:
            raise LogCorrupt(stream_id, version + 1, f"it belongs to {event.stream_id!r}")
        if event.version != version + 1:
            raise LogCorrupt(stream_id, version + 1, f"missing: the next event stored is {event.version}")
        if event.prev_hash != prev_hash:
            raise LogCorrupt(stream_id, event.version, "its prev_hash is not the hash of the event before")
        try:
            fits = event_hash(unseal(event), stream_id, event.version, prev_hash) == event.hash
        except (ValueError, TypeError) as error:  # a NaN, half a character, or a number in place of a text
            raise LogCorrupt(stream_id, event.version, "its content is no JSON") from error
        if not fits:
            raise LogCorrupt(stream_id, event.version, "its content does not match its hash")
        version, prev_hash = event.version, event.hash
    return version
