"""A log that remembers how far it was seen to go, and takes nothing more when it turns out to have lost some of that."""

from collections.abc import Sequence

from codecompanion.domain.envelope import Draft, Event
from codecompanion.ports import EventStore, Snapshot
from codecompanion.storage.acknowledged import Acknowledged


class RememberingStore:
    """An `EventStore` around another one. What is left of a log can always be read."""

    def __init__(self, store: EventStore, acknowledged: Acknowledged) -> None:
        self._store = store
        self._acknowledged = acknowledged

    async def append(
        self, stream_id: str, drafts: Sequence[Draft], *, expected_version: int, idempotency_key: str | None = None
    ) -> list[Event]:
        """Record facts at the end of a stream; see `EventStore.append`.

        Raises:
            HistoryRegressed: The log has lost events that were acknowledged; nothing was stored (`Acknowledged` checks it).
        """
        events = await self._store.append(stream_id, drafts, expected_version=expected_version, idempotency_key=idempotency_key)
        await self._acknowledged.appended(events[-1])
        return events

    async def read(self, stream_id: str, *, after_version: int = 0, up_to_version: int | None = None) -> list[Event]:
        """Return the events of a stream in order; see `EventStore.read`."""
        return await self._store.read(stream_id, after_version=after_version, up_to_version=up_to_version)

    async def read_all(self, *, after_position: int = 0, limit: int = 500) -> list[Event]:
        """Return events of all streams in the order of their positions; see `EventStore.read_all`."""
        return self._remembered(await self._store.read_all(after_position=after_position, limit=limit))

    async def read_turns(self, *, after_position: int = 0, limit: int = 500) -> list[Event]:
        """Return the events that change where runs are; see `EventStore.read_turns`."""
        return self._remembered(await self._store.read_turns(after_position=after_position, limit=limit))

    async def find(self, stream_id: str, idempotency_key: str) -> list[Event]:
        """Return the events that were appended with this key, or an empty list."""
        return await self._store.find(stream_id, idempotency_key)

    async def keys(self, stream_id: str) -> dict[str, range]:
        """Return every idempotency key of a stream with the versions that were appended with it, in their order."""
        return await self._store.keys(stream_id)

    async def streams(self) -> list[str]:
        """Return the ids of all streams, the one that was begun last first."""
        return await self._store.streams()

    async def last_position(self) -> int:
        """Return the position of the last event; see `EventStore.last_position`."""
        return await self._store.last_position()

    async def load_snapshot(self, stream_id: str, *, schema: str, up_to_version: int | None = None) -> Snapshot | None:
        """Return the newest snapshot with this schema, unless it is above `up_to_version`."""
        return await self._store.load_snapshot(stream_id, schema=schema, up_to_version=up_to_version)

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a snapshot in place of an older one of the same stream and schema."""
        await self._store.save_snapshot(snapshot)

    def _remembered(self, events: list[Event]) -> list[Event]:
        if events:
            self._acknowledged.read(events[-1])
        return events
