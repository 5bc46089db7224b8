"""Hear the messages of streams without a group: nothing is remembered, nothing acknowledged."""

import logging
from collections.abc import Sequence
from typing import Any, cast

import redis.exceptions as redis_errors
from anyio.abc import TaskStatus

from codecompanion.bus.redis_connection import Connection
from codecompanion.bus.redis_messages import Entry, to_message
from codecompanion.bus.waiting import Waits
from codecompanion.ports import Handler

AT_ONCE = 100

_log = logging.getLogger(__name__)


class Watcher:
    """Reads the end of streams."""

    def __init__(self, connection: Connection, topics: Sequence[str], handler: Handler) -> None:
        self._connection = connection
        self._topics = {connection.key(topic): topic for topic in topics}
        self._handler = handler
        self._seen: dict[str, str] = {}

    async def stay(self, task_status: TaskStatus[None]) -> None:
        """Hand messages on until cancelled."""
        waits, is_started = Waits(), False
        while True:
            try:
                if not self._seen:
                    self._seen = await self._ends()
                if not is_started:
                    is_started = True
                    task_status.started()
                await self._hear()
            except (redis_errors.RedisError, OSError) as error:
                self._connection.presence.lost(error)
                await waits.wait()
            else:
                self._connection.presence.found()
                waits.begin_anew()

    async def _ends(self) -> dict[str, str]:
        """Return the last id of each stream: "$" would pass over what comes between two reads."""
        ends = {key: await self._connection.commands.xrevrange(key, count=1) for key in self._topics}
        return {key: cast("list[Entry]", entries)[0][0] if entries else "0-0" for key, entries in ends.items()}

    async def _hear(self) -> None:
        after: dict[Any, Any] = {**self._seen}
        block_ms = int(self._connection.block_s * 1000)
        replies = await self._connection.readers.xread(after, count=AT_ONCE, block=block_ms)
        for key, entries in cast("list[tuple[str, list[Entry]]]", replies):
            for entry in entries:
                self._seen[key] = entry[0]
                await self._hand_on(self._topics[key], entry)

    async def _hand_on(self, topic: str, entry: Entry) -> None:
        try:
            await self._handler(to_message(topic, entry))
        except Exception:  # noqa: BLE001  # it has passed
            _log.warning("a watcher could not take message %s of %s", entry[0], topic, exc_info=True)
