"""The bus in a Redis: topics are streams, whose consumer groups remember who works on what."""

import logging
import secrets
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

from anyio import TASK_STATUS_IGNORED
from anyio.abc import TaskStatus

from codecompanion.bus.redis_connection import ANSWER_S, BLOCK_S, Connection, open_connection
from codecompanion.bus.redis_member import Member, Membership
from codecompanion.bus.redis_messages import Entry, dead_message, payload_fields, to_message
from codecompanion.bus.redis_trimming import TRIM_EVERY, trim
from codecompanion.bus.redis_watching import Watcher
from codecompanion.bus.rules import Rules
from codecompanion.domain.errors import BusUnavailable
from codecompanion.ports import Handler, Message

OLDEST_VERSION = 7
"""XAUTOCLAIM drops entries that were deleted only since Redis 7."""

_log = logging.getLogger(__name__)


@asynccontextmanager
async def open_redis_bus(
    url: str, *, rules: Rules | None = None, answer_s: float = ANSWER_S, block_s: float = BLOCK_S
) -> AsyncGenerator["RedisStreamsBus"]:
    """Open the bus in a Redis, which is connected to when it is first used.

    Args:
        url: `redis://`, `rediss://` or `unix://`; its option `prefix` is what the names of our keys begin with.
        rules: How messages are delivered.
        answer_s: How long an answer of Redis may take.
        block_s: How long a reader waits for messages at a time.

    Raises:
        BadInput: The URL cannot be read.
    """
    async with open_connection(url, answer_s=answer_s, block_s=block_s) as connection:
        yield RedisStreamsBus(connection, rules or Rules())


class RedisStreamsBus:
    """A `BaseBus` in a Redis, for any number of processes and machines. Made by `open_redis_bus`."""

    def __init__(self, connection: Connection, rules: Rules) -> None:
        self._connection = connection
        self._rules = rules
        self._untrimmed: Counter[str] = Counter()

    async def publish(self, topic: str, *payloads: Mapping[str, str | int]) -> list[str]:
        """Hand messages to every group of the topic and return their ids; see `BaseBus.publish`."""
        key = self._connection.key(topic)
        with self._connection.asking():
            if len(payloads) == 1:
                ids = [cast("str", await self._connection.commands.xadd(key, payload_fields(payloads[0])))]
            else:
                pipeline = self._connection.commands.pipeline(transaction=False)
                for payload in payloads:
                    pipeline.xadd(key, payload_fields(payload))
                ids = cast("list[str]", await pipeline.execute())
        self._untrimmed[topic] += len(ids)
        if self._untrimmed[topic] >= TRIM_EVERY:
            await self._trim(topic, key)
        return ids

    async def _trim(self, topic: str, key: str) -> None:
        self._untrimmed[topic] = 0
        with suppress(BusUnavailable), self._connection.asking():
            await trim(self._connection.commands, key)

    async def subscribe(
        self, topic: str, *, group: str, consumer: str, handler: Handler, task_status: TaskStatus[None] = TASK_STATUS_IGNORED
    ) -> None:
        """Receive messages until cancelled; see `BaseBus.subscribe`."""
        # Two members with one name would take each other's work for their own.
        name = f"{consumer}.{secrets.token_hex(4)}"
        await Member(self._connection, self._rules, Membership(topic, group, name), handler).stay(task_status)

    async def watch(self, *topics: str, handler: Handler, task_status: TaskStatus[None] = TASK_STATUS_IGNORED) -> None:
        """Hear the messages of topics until cancelled; see `BaseBus.watch`."""
        await Watcher(self._connection, topics, handler).stay(task_status)

    async def dead_letters(self, topic: str, *, group: str) -> list[Message]:
        """Return the messages that a group could not handle, oldest first; see `BaseBus.dead_letters`."""
        with self._connection.asking():
            entries = cast("list[Entry]", await self._connection.commands.xrange(self._connection.key("dead", topic, group)))
        return [dead_message(topic, fields) for _, fields in entries]

    async def last(self, *topics: str) -> dict[str, Message]:
        """Return of each topic the message that was published last, in one round trip; see `BaseBus.last`."""
        with self._connection.asking():
            pipeline = self._connection.commands.pipeline(transaction=False)
            for topic in topics:
                pipeline.xrevrange(self._connection.key(topic), count=1)
            found = cast("list[list[Entry]]", await pipeline.execute())
        return {topic: to_message(topic, entries[0]) for topic, entries in zip(topics, found, strict=True) if entries}

    async def check(self) -> str:
        """Return what and where the bus is; see `BaseBus.check`."""
        with self._connection.asking():
            facts = await cast("Any", self._connection.commands).info("server")
        version = str(facts["redis_version"])
        place = self._connection.presence.place
        if int(version.partition(".")[0]) < OLDEST_VERSION:
            raise BusUnavailable(f"{place} is Redis {version}", fix=f"update it to {OLDEST_VERSION}.0 or later")
        return f"Redis {version} at {place}"
