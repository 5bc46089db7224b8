"""The log, its snapshots and its blobs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from codecompanion.domain.envelope import Draft, Event


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The fold of a stream's first `version` events, as JSON text. `schema` names the code that can read it."""

    stream_id: str
    version: int
    schema: str
    state: str


class EventStore(Protocol):
    """An append-only log of streams. What `append` returned is durable."""

    async def append(
        self, stream_id: str, drafts: Sequence[Draft], *, expected_version: int, idempotency_key: str | None = None
    ) -> list[Event]:
        """Record facts at the end of a stream, all or none, and return them sealed.

        With an `idempotency_key` that this stream has seen before, nothing is stored and the events of that first
        append are returned, whatever `expected_version` says. The same holds when every `event_id` of the drafts is
        already stored in this stream; ids stored elsewhere are an error.

        Raises:
            VersionConflict: The stream is not at `expected_version` (0 for a new stream).
            ValueError: `drafts` is empty, or an `event_id` belongs to another append.
            EnvironmentBroken: The disk is full or fails; nothing was stored.
        """
        ...

    async def read(self, stream_id: str, *, after_version: int = 0, up_to_version: int | None = None) -> list[Event]:
        """Return the events of a stream in order, those above `after_version` and up to `up_to_version`, both counted from 1.

        An unknown stream is an empty one.
        """
        ...

    async def read_all(self, *, after_position: int = 0, limit: int = 500) -> list[Event]:
        """Return at most `limit` events of all streams in the order of their positions, those above `after_position`."""
        ...

    async def read_turns(self, *, after_position: int = 0, limit: int = 500) -> list[Event]:
        """Return at most `limit` events as `read_all`, but only those whose type is in `TURNS`; the others cost nothing."""
        ...

    async def find(self, stream_id: str, idempotency_key: str) -> list[Event]:
        """Return the events that were appended with this key, or an empty list."""
        ...

    async def keys(self, stream_id: str) -> dict[str, range]:
        """Return every idempotency key of a stream with the versions that were appended with it, in their order."""
        ...

    async def streams(self) -> list[str]:
        """Return the ids of all streams, the one that was begun last first."""
        ...

    async def last_position(self) -> int:
        """Return the position of the last event, 0 of an empty log."""
        ...

    async def load_snapshot(self, stream_id: str, *, schema: str, up_to_version: int | None = None) -> Snapshot | None:
        """Return the newest snapshot with this schema that is not above `up_to_version`; None when there is none."""
        ...

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a snapshot; an older one of the same stream and schema may be dropped. Losing one costs time only."""
        ...


class BlobStore(Protocol):
    """Large things by the sha256 (lower-case hex) of their bytes."""

    async def put(self, content: bytes) -> str:
        """Keep bytes and return their sha256; durable when it returns."""
        ...

    async def get(self, sha256: str) -> bytes:
        """Return the bytes.

        Raises:
            KeyError: There is no such blob.
            LogCorrupt: The stored bytes do not have this hash.
        """
        ...
