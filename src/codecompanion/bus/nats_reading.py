"""Read from a consumer of JetStream, and begin anew when the connection, the stream or the consumer is gone."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

import nats.errors
from anyio.abc import TaskStatus
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from codecompanion.bus.nats_connection import AWAY, NatsConnection
from codecompanion.bus.reading_ahead import ReadingAhead
from codecompanion.bus.waiting import Waits

Pull = JetStreamContext.PullSubscription
Receive = Callable[[list[Msg]], Awaitable[None]]


class Reader:
    """Hands on what a consumer gets.

    Args:
        connection: The server.
        block_s: How long it waits for messages at a time.
        config: The consumer, which is made when it is missing.
        receive: Handles messages.
    """

    def __init__(self, connection: NatsConnection, block_s: float, config: ConsumerConfig, receive: Receive) -> None:
        self._connection = connection
        self._block_s = block_s
        self._config = config
        self._name = str(config.durable_name)
        self._receive = receive
        self._pull: Pull | None = None
        self._was_there = False
        self._made = 0
        self.ahead = ReadingAhead()

    async def stay(self, task_status: TaskStatus[None]) -> None:
        """Hand messages on until cancelled; while the server is away, wait for it."""
        waits = Waits()
        while True:
            try:
                if self._pull is None:
                    self._pull = await self._join()
                    self._begin(task_status)
                await self._receive(await self._fetch(self._pull))
            except AWAY as error:
                # Others may have noticed before, and have a new connection already.
                is_old = self._pull is not None and self._made != self._connection.made
                await self.let_go()
                if not is_old and not isinstance(error, NotFoundError):
                    self._connection.presence.lost(error)
                await waits.wait()
            else:
                self._connection.presence.found()
                waits.begin_anew()

    def _begin(self, task_status: TaskStatus[None]) -> None:
        if not self._was_there:
            self._was_there = True
            task_status.started()

    async def _join(self) -> Pull:
        await self._connection.make_streams()
        jetstream = await self._connection.jetstream()
        try:
            await jetstream.consumer_info(self._connection.stream, self._name)
        except NotFoundError:
            # Where the stream of a reader that was there is gone, all that a new one holds is new to it.
            policy = DeliverPolicy.ALL if self._was_there else DeliverPolicy.NEW
            await cast("Any", jetstream).add_consumer(self._connection.stream, replace(self._config, deliver_policy=policy))
        self._made = self._connection.made
        return await jetstream.pull_subscribe_bind(consumer=self._name, stream=self._connection.stream)

    async def _fetch(self, pull: Pull) -> list[Msg]:
        try:
            return await pull.fetch(self.ahead.count, timeout=self._block_s)
        except nats.errors.TimeoutError:
            # A fetch does not tell that the server is away from that there is nothing new.
            await (await self._connection.jetstream()).consumer_info(self._connection.stream, self._name)
            return []

    async def let_go(self) -> None:
        """Take no more messages."""
        pull, self._pull = self._pull, None
        if pull is not None:
            with suppress(*AWAY):
                await pull.unsubscribe()

    async def forget(self) -> None:
        """Take no more messages, and let the server remove the consumer."""
        await self.let_go()
        await (await self._connection.jetstream()).delete_consumer(self._connection.stream, self._name)
