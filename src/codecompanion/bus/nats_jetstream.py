"""The bus in a NATS server with JetStream: one stream holds all topics, groups are its durable pull consumers."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import anyio
from anyio import TASK_STATUS_IGNORED
from anyio.abc import TaskStatus
from nats.js.errors import NotFoundError

from codecompanion.bus.nats_connection import ANSWER_S, NatsConnection, open_nats_connection
from codecompanion.bus.nats_member import Membership, NatsMember, NatsWatcher
from codecompanion.bus.payloads import decoded, encoded
from codecompanion.bus.rules import Rules
from codecompanion.ports import Handler, Message

BLOCK_S = 1.0


@asynccontextmanager
async def open_nats_bus(
    url: str, *, rules: Rules | None = None, answer_s: float = ANSWER_S, block_s: float = BLOCK_S
) -> AsyncGenerator["NatsJetStreamBus"]:
    """Open the bus in a NATS server, which is connected to when it is first used.

    Args:
        url: `nats://` or `tls://`; its option `prefix` is what the names of ours begin with.
        rules: How messages are delivered.
        answer_s: How long an answer of the server may take.
        block_s: How long a reader waits for messages at a time.

    Raises:
        BadInput: The URL cannot be read.
    """
    async with open_nats_connection(url, answer_s=answer_s) as connection:
        yield NatsJetStreamBus(connection, rules or Rules(), block_s)


class NatsJetStreamBus:
    """A `BaseBus` in a NATS server, for any number of processes and machines. Made by `open_nats_bus`."""

    def __init__(self, connection: NatsConnection, rules: Rules, block_s: float) -> None:
        self._connection = connection
        self._rules = rules
        self._block_s = block_s

    async def publish(self, topic: str, *payloads: Mapping[str, str | int]) -> list[str]:
        """Hand messages to every group of the topic and return their ids; see `BaseBus.publish`."""
        subject = self._connection.subject(topic)
        with self._connection.asking():
            jetstream: Any = await self._connection.jetstream()
            wait_s = self._connection.answer_s
            sent = [
                await jetstream.publish_async(subject, encoded(payload).encode(), wait_stall=wait_s) for payload in payloads
            ]
            with anyio.fail_after(wait_s * max(1, len(sent) / 100)):
                return [str((await one).seq) for one in sent]

    async def subscribe(
        self, topic: str, *, group: str, consumer: str, handler: Handler, task_status: TaskStatus[None] = TASK_STATUS_IGNORED
    ) -> None:
        """Receive messages until cancelled; see `BaseBus.subscribe`."""
        membership = Membership(topic, group, consumer)
        await NatsMember(self._connection, self._rules, self._block_s, membership, handler).stay(task_status)

    async def watch(self, *topics: str, handler: Handler, task_status: TaskStatus[None] = TASK_STATUS_IGNORED) -> None:
        """Hear the messages of topics until cancelled; see `BaseBus.watch`."""
        await NatsWatcher(self._connection, self._block_s, topics, handler).stay(task_status)

    async def dead_letters(self, topic: str, *, group: str) -> list[Message]:
        """Return the messages that a group could not handle, oldest first; see `BaseBus.dead_letters`."""
        found: list[Message] = []
        next_seq = 1
        with self._connection.asking():
            jetstream = await self._connection.jetstream()
            while True:
                try:
                    raw = await jetstream.get_msg(
                        self._connection.dead_stream, next_seq, self._connection.dead_subject(topic, group), next=True
                    )
                except NotFoundError:
                    return found
                fields = json.loads(raw.data or b"")
                found.append(Message(fields["message_id"], topic, fields["payload"], fields["attempt"]))
                next_seq = (raw.seq or next_seq) + 1

    async def last(self, *topics: str) -> dict[str, Message]:
        """Return of each topic the message that was published last; see `BaseBus.last`."""
        found = {topic: await self._last(topic) for topic in topics}
        return {topic: message for topic, message in found.items() if message is not None}

    async def _last(self, topic: str) -> Message | None:
        with self._connection.asking():
            try:
                raw = await (await self._connection.jetstream()).get_last_msg(
                    self._connection.stream, self._connection.subject(topic)
                )
            except NotFoundError:
                return None
        return Message(str(raw.seq), topic, decoded(raw.data))

    async def check(self) -> str:
        """Return what and where the bus is; see `BaseBus.check`."""
        with self._connection.asking():
            await (await self._connection.jetstream()).stream_info(self._connection.stream)
        return f"NATS {self._connection.version} with JetStream at {self._connection.presence.place}"
