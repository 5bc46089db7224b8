"""Run again from the log alone: effects are answered by what was recorded, conclusions are drawn anew and must agree."""

import hashlib
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import anyio

from codecompanion.domain.commands import Command
from codecompanion.domain.envelope import Event, unseal
from codecompanion.domain.errors import CodeCompanionError
from codecompanion.domain.events import decode, encode
from codecompanion.ports import BlobStore, Cage, CagedProcess, CommandLine, CommandResult, EventStore

Conclude = Callable[[Command], Awaitable[list[tuple[str, dict[str, Any]]]]]


class ReplayDiverged(CodeCompanionError):
    """The log and today's code draw different conclusions from the same facts."""

    code = "CC-1210"


class RecordEnded(Exception):
    """The record holds nothing more: the run was paused, interrupted or failed here."""


class ReplayJournal:
    """Answers a run's engine from a recorded stream and copies what it used into another store.

    Args:
        run_id: The stream, in both stores.
        recorded: The store that is read.
        replayed: The store that is written; it ends with the same facts.
        conclude: Returns the types and data of the facts that follow from a command in the replayed state.
    """

    def __init__(
        self,
        run_id: str,
        recorded: EventStore,
        replayed: EventStore,
        conclude: Conclude,
    ) -> None:
        self._run_id = run_id
        self._recorded = recorded
        self._replayed = replayed
        self._conclude = conclude
        self._writing = anyio.Lock()  # candidates work side by side

    async def once(self, key: str, effect: Callable[[], Awaitable[Command]], *, actor: str = "engine") -> list[Event]:
        """Return what was recorded; the effect is not done."""
        del effect, actor
        return await self._copy(key)

    async def take_over(self, key: str) -> None:
        """Take over what was recorded from outside of the run's own work, such as a person's approval.

        Raises:
            RecordEnded: Nothing was.
        """
        await self._copy(key)

    async def derive(self, key: str, command: Command, *, actor: str = "orchestrator") -> list[Event]:
        """Draw the conclusion anew and return the recorded one, if they agree.

        Raises:
            ReplayDiverged: They do not.
        """
        del actor
        async with self._writing:
            return await self._derived(key, command)

    async def _derived(self, key: str, command: Command) -> list[Event]:
        if earlier := await self._replayed.find(self._run_id, key):
            return earlier
        events = await self._recorded.find(self._run_id, key)
        if not events:
            raise RecordEnded(key)
        concluded = await self._conclude(command)
        for event, (kind, data) in zip(events, concluded, strict=False):
            if event.type != kind or encode(decode(event)) != data:
                raise self._diverged(key, event, f"recorded {event.type} {event.data}, concluded {kind} {data}")
        if len(events) != len(concluded):
            raise self._diverged(key, events[0], f"recorded {len(events)} facts, concluded {len(concluded)}")
        return await self._copied(key)

    async def recall(self, key: str) -> list[Event]:
        """Return what was recorded under a key, or raise KeyError."""
        if events := await self._replayed.find(self._run_id, key):
            return events
        raise KeyError(key)

    async def _copy(self, key: str) -> list[Event]:
        async with self._writing:
            return await self._copied(key)

    async def _copied(self, key: str) -> list[Event]:
        if earlier := await self._replayed.find(self._run_id, key):
            return earlier
        events = await self._recorded.find(self._run_id, key)
        if not events:
            raise RecordEnded(key)
        version = len(await self._replayed.read(self._run_id))
        drafts = [unseal(event) for event in events]
        return await self._replayed.append(self._run_id, drafts, expected_version=version, idempotency_key=key)

    def _diverged(self, key: str, event: Event, cause: str) -> ReplayDiverged:
        return ReplayDiverged(
            f"the replay of {self._run_id!r} diverges at event {event.version} ({key})",
            cause=cause,
            fix="the run was recorded by another version of CodeCompanion, or its log was changed: see audit verify",
        )


class OfflineSandbox:
    """Runs nothing: in a replay, a command that would run is a divergence."""

    rung = "none"

    async def run(self, cage: Cage, command: CommandLine) -> CommandResult:
        """Refuse."""
        del cage
        raise ReplayDiverged(f"the replay would run {command.argv!r}, which was not recorded")

    def open(self, cage: Cage, command: CommandLine) -> AbstractAsyncContextManager[CagedProcess]:
        """Refuse."""
        del cage
        raise ReplayDiverged(f"the replay would start {command.argv!r}, which was not recorded")


class ReadOnlyBlobs:
    """Reads blobs and stores none: a conclusion that agrees with the record has its blob already."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    async def put(self, content: bytes) -> str:
        """Return the sha256 of the content without keeping it."""
        return hashlib.sha256(content).hexdigest()

    async def get(self, sha256: str) -> bytes:
        """Return the bytes, as `BlobStore.get` does."""
        return await self._blobs.get(sha256)
