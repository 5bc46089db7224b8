"""The stores in memory: for tests and for runs that nobody needs to resume."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence

from codecompanion.domain.envelope import GENESIS_HASH, Draft, Event, canonical_json, seal
from codecompanion.domain.errors import VersionConflict
from codecompanion.domain.turns import TURNS
from codecompanion.ports import Snapshot
from codecompanion.storage.repeats import Place, event_ids, repeated_versions


def _copies(events: Iterable[Event]) -> list[Event]:
    """Return events whose data the receiver may change without changing the log."""
    return [event._replace(data=json.loads(canonical_json(event.data))) for event in events]


class MemoryEventStore:
    """An `EventStore` in memory. It belongs to one event loop."""

    def __init__(self) -> None:
        self._log: list[Event] = []
        self._streams: defaultdict[str, list[Event]] = defaultdict(list)
        self._places: dict[str, Place] = {}
        self._keys: defaultdict[str, dict[str, range]] = defaultdict(dict)
        self._snapshots: dict[tuple[str, str], Snapshot] = {}

    async def append(
        self, stream_id: str, drafts: Sequence[Draft], *, expected_version: int, idempotency_key: str | None = None
    ) -> list[Event]:
        """Record facts at the end of a stream; see `EventStore.append`."""
        repeated = self._repeated(stream_id, drafts, idempotency_key)
        if repeated is not None:
            return self._between(stream_id, repeated.start, repeated[-1])
        sealed = self._seal(stream_id, drafts, expected_version)
        self._store(stream_id, sealed)
        if idempotency_key is not None:
            self._keys[stream_id][idempotency_key] = range(sealed[0].version, sealed[-1].version + 1)
        return _copies(sealed)

    def _repeated(self, stream_id: str, drafts: Sequence[Draft], key: str | None) -> range | None:
        ids = event_ids(drafts)
        if key is not None and key in self._keys[stream_id]:
            return self._keys[stream_id][key]
        return repeated_versions(stream_id, ids, {known: self._places[known] for known in ids if known in self._places})

    def _seal(self, stream_id: str, drafts: Sequence[Draft], expected_version: int) -> list[Event]:
        stream = self._streams.get(stream_id, [])
        if len(stream) != expected_version:
            raise VersionConflict(stream_id, expected=expected_version, actual=len(stream))
        prev_hash = stream[-1].hash if stream else GENESIS_HASH
        return _copies(seal(drafts, stream_id, after_version=len(stream), prev_hash=prev_hash, after_position=len(self._log)))

    def _store(self, stream_id: str, sealed: Sequence[Event]) -> None:
        self._log.extend(sealed)
        self._streams[stream_id].extend(sealed)
        self._places.update((event.event_id, Place(stream_id, event.version)) for event in sealed)

    def _between(self, stream_id: str, first: int, last: int | None) -> list[Event]:
        return _copies(self._streams.get(stream_id, [])[max(first - 1, 0) : last if last is None else max(last, 0)])

    async def read(self, stream_id: str, *, after_version: int = 0, up_to_version: int | None = None) -> list[Event]:
        """Return the events of a stream in order; see `EventStore.read`."""
        return self._between(stream_id, after_version + 1, up_to_version)

    async def read_all(self, *, after_position: int = 0, limit: int = 500) -> list[Event]:
        """Return events of all streams in the order of their positions; see `EventStore.read_all`."""
        return _copies(self._log[after_position : after_position + limit])

    async def read_turns(self, *, after_position: int = 0, limit: int = 500) -> list[Event]:
        """Return the events that change where runs are; see `EventStore.read_turns`."""
        return _copies([event for event in self._log[after_position:] if event.type in TURNS][:limit])

    async def find(self, stream_id: str, idempotency_key: str) -> list[Event]:
        """Return the events that were appended with this key, or an empty list."""
        versions = self._keys[stream_id].get(idempotency_key)
        return self._between(stream_id, versions.start, versions[-1]) if versions else []

    async def keys(self, stream_id: str) -> dict[str, range]:
        """Return every idempotency key of a stream with the versions that were appended with it, in their order."""
        return dict(self._keys[stream_id])

    async def streams(self) -> list[str]:
        """Return the ids of all streams, the one that was begun last first."""
        return list(reversed(self._streams))

    async def last_position(self) -> int:
        """Return the position of the last event, 0 of an empty log."""
        return len(self._log)

    async def load_snapshot(self, stream_id: str, *, schema: str, up_to_version: int | None = None) -> Snapshot | None:
        """Return the newest snapshot with this schema, unless it is above `up_to_version`."""
        snapshot = self._snapshots.get((stream_id, schema))
        if snapshot is None or (up_to_version is not None and snapshot.version > up_to_version):
            return None
        return snapshot

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a snapshot in place of an older one of the same stream and schema."""
        key = (snapshot.stream_id, snapshot.schema)
        kept = self._snapshots.get(key, snapshot)
        self._snapshots[key] = max(snapshot, kept, key=lambda one: one.version)


class MemoryBlobStore:
    """A `BlobStore` in memory."""

    def __init__(self) -> None:
        self._blobs: dict[str, bytes] = {}

    async def put(self, content: bytes) -> str:
        """Keep bytes and return their sha256."""
        sha256 = hashlib.sha256(content).hexdigest()
        self._blobs[sha256] = content
        return sha256

    async def get(self, sha256: str) -> bytes:
        """Return the bytes.

        Raises:
            KeyError: There is no such blob.
        """
        return self._blobs[sha256]
