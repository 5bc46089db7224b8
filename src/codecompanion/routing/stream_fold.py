"""The fold of one stream, kept between questions: in this process by its version, between processes by snapshots."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from codecompanion.domain.envelope import canonical_json
from codecompanion.domain.events import Fact, decode
from codecompanion.ports import EventStore, Snapshot

S = TypeVar("S")

PAGE = 1000
"""So many events are read at a time."""
SNAPSHOT_EVERY = 500
"""A new process folds at most about so many events, about 10 ms."""


@dataclass(frozen=True, slots=True)
class Folded(Generic[S]):
    """A state after `version` events."""

    state: S
    version: int


class StreamFold(Generic[S]):
    """Folds a stream as far as it has come.

    Args:
        store: Where the stream is.
        stream_id: Which one.
        shape: Reads and writes the state; its JSON schema names the snapshots that it can read. One that is a constant of its
            module is asked for it once: that takes longer than to fold hundreds of events.
        initial: The state before the first event.
        fold: The state after facts; pure.
    """

    def __init__(
        self, store: EventStore, stream_id: str, shape: TypeAdapter[S], initial: S, fold: Callable[[S, Iterable[Fact]], S]
    ) -> None:
        self._store = store
        self._stream_id = stream_id
        self._shape = shape
        self._initial = initial
        self._fold = fold
        self._schema = _schema_of(shape)
        self._folded: Folded[S] | None = None

    async def load(self) -> Folded[S]:
        """Return the state now.

        Raises:
            LogCorrupt: An event cannot be read.
        """
        begun = self._folded or await self._from_snapshot()
        folded = begun
        while page := await self._store.read(
            self._stream_id, after_version=folded.version, up_to_version=folded.version + PAGE
        ):
            folded = Folded(self._fold(folded.state, map(decode, page)), page[-1].version)
            if len(page) < PAGE:
                break
        self._folded = folded
        if folded.version // SNAPSHOT_EVERY > begun.version // SNAPSHOT_EVERY:
            state = self._shape.dump_json(folded.state).decode()
            await self._store.save_snapshot(Snapshot(self._stream_id, folded.version, self._schema, state))
        return folded

    def forget(self) -> None:
        """Read all again the next time."""
        self._folded = None

    async def _from_snapshot(self) -> Folded[S]:
        snapshot = await self._store.load_snapshot(self._stream_id, schema=self._schema)
        if snapshot is None or not await self._has(snapshot.version):
            return Folded(self._initial, 0)
        return Folded(self._shape.validate_json(snapshot.state), snapshot.version)

    async def _has(self, version: int) -> bool:
        # A log that was restored from a backup may be shorter than what a snapshot was made of.
        return bool(await self._store.read(self._stream_id, after_version=version - 1, up_to_version=version))


@cache
def _schema_of(shape: TypeAdapter[Any]) -> str:
    return hashlib.sha256(canonical_json(shape.json_schema()).encode()).hexdigest()[:16]
