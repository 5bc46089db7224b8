"""Members of a group, which acknowledge what they handled, and watchers, for which nothing is kept."""

import json
import logging
import secrets
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import anyio
from anyio.abc import TaskStatus
from anyio.lowlevel import checkpoint
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig

from codecompanion.bus.nats_connection import AWAY, NatsConnection
from codecompanion.bus.nats_reading import Reader
from codecompanion.bus.payloads import decoded
from codecompanion.bus.rules import KEPT_S, Rules
from codecompanion.ports import Handler, Message

WATCHER_KEPT_S = 60.0
MOST_IN_HAND = 10_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Membership:
    """Who subscribes to what."""

    topic: str
    group: str
    consumer: str


class NatsMember:
    """One subscriber of a topic in a group."""

    def __init__(
        self, connection: NatsConnection, rules: Rules, block_s: float, membership: Membership, handler: Handler
    ) -> None:
        self._connection = connection
        self._rules = rules
        self._membership = membership
        self._handler = handler
        self._queue: deque[Msg] = deque()
        self._current: Msg | None = None
        config = ConsumerConfig(
            durable_name=connection.consumer(membership.topic, membership.group),
            filter_subject=connection.subject(membership.topic),
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=rules.idle_s,
            max_ack_pending=MOST_IN_HAND,
            inactive_threshold=KEPT_S,
        )
        self._reader = Reader(connection, block_s, config, self._receive)

    async def stay(self, task_status: TaskStatus[None]) -> None:
        """Handle messages until cancelled; then others get what is in hand."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._give_signs_of_life)
            try:
                await self._reader.stay(task_status)
            finally:
                with anyio.move_on_after(4 * self._connection.answer_s, shield=True), suppress(*AWAY):
                    await self._leave()

    async def _receive(self, fetched: list[Msg]) -> None:
        if not fetched:
            return
        self._queue.extend(fetched)
        begun = time.monotonic()
        while self._queue:
            self._current = self._queue.popleft()
            try:
                await self._handle(self._current)
            except AWAY:
                self._current = None  # the server hands it out again when it hears nothing more of it
                raise
            self._current = None
            await checkpoint()  # a handler that never waits must not keep others from running
        self._reader.ahead.handled(len(fetched), time.monotonic() - begun)

    async def _handle(self, raw: Msg) -> None:
        topic, attempt = self._membership.topic, raw.metadata.num_delivered or 1
        message = Message(str(raw.metadata.sequence.stream), topic, decoded(raw.data), attempt)
        try:
            await self._handler(message)
        except Exception:  # noqa: BLE001  # whatever a handler raises means that the message is not handled
            consumer = self._membership.consumer
            _log.warning("%s could not handle message %s of %s", consumer, message.message_id, topic, exc_info=True)
            await self._refuse(raw, attempt)
        else:
            await raw.ack()

    async def _refuse(self, raw: Msg, attempt: int) -> None:
        if attempt < self._rules.max_deliveries:
            await raw.nak(delay=self._rules.backoff(attempt))
            return
        # JetStream's own limit of deliveries would also count those that were cancelled.
        letter = {"message_id": str(raw.metadata.sequence.stream), "attempt": attempt, "payload": decoded(raw.data)}
        subject = self._connection.dead_subject(self._membership.topic, self._membership.group)
        await (await self._connection.jetstream()).publish(subject, json.dumps(letter).encode())
        await raw.term()

    async def _give_signs_of_life(self) -> None:
        while True:
            await anyio.sleep(self._rules.idle_s / 3)
            with suppress(*AWAY):
                await self._release_the_rest()
                if self._current is not None:
                    await self._current.in_progress()

    async def _release_the_rest(self) -> None:
        """Let others have what was read ahead: the message in hand takes long."""
        while self._queue:
            await self._queue.pop().nak()

    async def _leave(self) -> None:
        await self._reader.let_go()
        await self._release_the_rest()
        if self._current is not None:
            await self._current.nak()
        await self._connection.flush()


class NatsWatcher:
    """Hears the messages of topics."""

    def __init__(self, connection: NatsConnection, block_s: float, topics: Sequence[str], handler: Handler) -> None:
        self._connection = connection
        self._topics = frozenset(topics)
        self._handler = handler
        config = ConsumerConfig(
            durable_name=f"watch-{secrets.token_hex(8)}",
            filter_subject=connection.subject(">"),  # a server takes several only since 2.10
            ack_policy=AckPolicy.NONE,
            inactive_threshold=WATCHER_KEPT_S,
        )
        self._reader = Reader(connection, block_s, config, self._receive)

    async def stay(self, task_status: TaskStatus[None]) -> None:
        """Hand messages on until cancelled."""
        try:
            await self._reader.stay(task_status)
        finally:
            with anyio.move_on_after(4 * self._connection.answer_s, shield=True), suppress(*AWAY):
                await self._reader.forget()

    async def _receive(self, fetched: list[Msg]) -> None:
        for raw in fetched:
            topic = self._connection.topic(raw.subject)
            if topic in self._topics:
                await self._hand_on(Message(str(raw.metadata.sequence.stream), topic, decoded(raw.data)))
            await checkpoint()

    async def _hand_on(self, message: Message) -> None:
        try:
            await self._handler(message)
        except Exception:  # noqa: BLE001  # it has passed
            _log.warning("a watcher could not take message %s of %s", message.message_id, message.topic, exc_info=True)
