"""A log whose appends are logged, counted and timed, and whose slow statements are named."""

import logging
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager

from codecompanion.domain.envelope import Draft, Event
from codecompanion.observability.watching import Watchers
from codecompanion.ports import BlobStore, EventStore, Snapshot

_log = logging.getLogger(__name__)
_slow_log = logging.getLogger("codecompanion.slow_queries")


class SlowQueries:
    """Logs statements that take long, by name: what they wait for and what they do are both in it.

    Args:
        above_ms: From how many milliseconds on; None for never.
    """

    def __init__(self, above_ms: float | None) -> None:
        self._above_ms = above_ms

    @contextmanager
    def timed(self, statement: str, stream_id: str = "") -> Generator[None]:
        """Time what happens inside."""
        begun = time.monotonic()
        try:
            yield
        finally:
            taken_ms = (time.monotonic() - begun) * 1000
            if self._above_ms is not None and taken_ms >= self._above_ms:
                extra = {"statement": statement, "ms": round(taken_ms, 1), "stream_id": stream_id}
                _slow_log.warning("slow statement", extra=extra)


class ObservedStore:
    """An `EventStore` around another one."""

    def __init__(self, store: EventStore, watchers: Watchers, slow: SlowQueries) -> None:
        self._store = store
        self._watchers = watchers
        self._slow = slow

    async def append(
        self, stream_id: str, drafts: Sequence[Draft], *, expected_version: int, idempotency_key: str | None = None
    ) -> list[Event]:
        """Record facts at the end of a stream; see `EventStore.append`."""
        begun = time.monotonic()
        with self._slow.timed("append", stream_id):
            events = await self._store.append(
                stream_id, drafts, expected_version=expected_version, idempotency_key=idempotency_key
            )
        if events[0].event_id == drafts[0].event_id:  # else a repeated key was answered with the first append
            self._watchers.appended(events, time.monotonic() - begun)
            _tell(events)
        return events

    async def read(self, stream_id: str, *, after_version: int = 0, up_to_version: int | None = None) -> list[Event]:
        """Return the events of a stream in order; see `EventStore.read`."""
        with self._slow.timed("read", stream_id):
            return await self._store.read(stream_id, after_version=after_version, up_to_version=up_to_version)

    async def read_all(self, *, after_position: int = 0, limit: int = 500) -> list[Event]:
        """Return events of all streams in the order of their positions; see `EventStore.read_all`."""
        with self._slow.timed("read_all"):
            return await self._store.read_all(after_position=after_position, limit=limit)

    async def read_turns(self, *, after_position: int = 0, limit: int = 500) -> list[Event]:
        """Return the events that change where runs are; see `EventStore.read_turns`."""
        with self._slow.timed("read_turns"):
            return await self._store.read_turns(after_position=after_position, limit=limit)

    async def find(self, stream_id: str, idempotency_key: str) -> list[Event]:
        """Return the events that were appended with this key, or an empty list."""
        with self._slow.timed("find", stream_id):
            return await self._store.find(stream_id, idempotency_key)

    async def keys(self, stream_id: str) -> dict[str, range]:
        """Return every idempotency key of a stream with the versions that were appended with it, in their order."""
        with self._slow.timed("keys", stream_id):
            return await self._store.keys(stream_id)

    async def streams(self) -> list[str]:
        """Return the ids of all streams, the one that was begun last first."""
        with self._slow.timed("streams"):
            return await self._store.streams()

    async def last_position(self) -> int:
        """Return the position of the last event; see `EventStore.last_position`."""
        with self._slow.timed("last_position"):
            return await self._store.last_position()

    async def load_snapshot(self, stream_id: str, *, schema: str, up_to_version: int | None = None) -> Snapshot | None:
        """Return the newest snapshot with this schema, unless it is above `up_to_version`."""
        with self._slow.timed("load_snapshot", stream_id):
            return await self._store.load_snapshot(stream_id, schema=schema, up_to_version=up_to_version)

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a snapshot in place of an older one of the same stream and schema."""
        with self._slow.timed("save_snapshot", snapshot.stream_id):
            await self._store.save_snapshot(snapshot)


class ObservedBlobs:
    """A `BlobStore` around another one."""

    def __init__(self, blobs: BlobStore, slow: SlowQueries) -> None:
        self._blobs = blobs
        self._slow = slow

    async def put(self, content: bytes) -> str:
        """Keep bytes and return their sha256; see `BlobStore.put`."""
        with self._slow.timed("put_blob"):
            return await self._blobs.put(content)

    async def get(self, sha256: str) -> bytes:
        """Return the bytes; see `BlobStore.get`."""
        with self._slow.timed("get_blob"):
            return await self._blobs.get(sha256)


def _tell(events: Sequence[Event]) -> None:
    if _log.isEnabledFor(logging.INFO):
        for event in events:
            extra = {"stream_id": event.stream_id, "seq": event.version, "actor": event.actor}
            _log.info("%s", event.type, extra=extra)
