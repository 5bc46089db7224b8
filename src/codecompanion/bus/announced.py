"""The bus of one process when the log itself announces that it has grown: what any process appends is published here too."""

from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import anyio
from anyio import TASK_STATUS_IGNORED
from anyio.abc import TaskStatus

from codecompanion.bus.beside import beside
from codecompanion.bus.mock import MockBus
from codecompanion.bus.outbox import Outbox
from codecompanion.bus.waiting import Waits
from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.ports import EventStore, Handler

Listen = Callable[[Callable[[], None]], Coroutine[Any, Any, None]]
"""Calls what it is given whenever the log has grown, until it is cancelled."""


class AnnouncedBus(MockBus):
    """A `MockBus` that is fed from the log as soon as somebody wants to hear; before that, nothing is asked or connected to."""

    def __init__(self) -> None:
        super().__init__()
        self._wanted = anyio.Event()
        self._begun = anyio.Event()

    async def _until_begun(self) -> None:
        self._wanted.set()
        await self._begun.wait()

    async def subscribe(
        self, topic: str, *, group: str, consumer: str, handler: Handler, task_status: TaskStatus[None] = TASK_STATUS_IGNORED
    ) -> None:
        """Receive messages until cancelled; see `BaseBus.subscribe`."""
        await self._until_begun()
        await super().subscribe(topic, group=group, consumer=consumer, handler=handler, task_status=task_status)

    async def watch(self, *topics: str, handler: Handler, task_status: TaskStatus[None] = TASK_STATUS_IGNORED) -> None:
        """Hear the messages of topics until cancelled; see `BaseBus.watch`."""
        await self._until_begun()
        await super().watch(*topics, handler=handler, task_status=task_status)

    async def check(self) -> str:
        """Return what the bus is; it is never away: where nothing is announced, the log is looked at every second."""
        return "within this process; the database announces what others record"

    async def feed(self, store: EventStore, listen: Listen) -> None:
        """Publish what is appended from now on, until cancelled."""
        await self._wanted.wait()
        outbox = Outbox(store, self)
        await _begin(outbox)
        self._begun.set()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(outbox.run)
            tasks.start_soon(listen, outbox.wake)


async def _begin(outbox: Outbox) -> None:
    waits = Waits()
    while True:
        try:
            return await outbox.begin_at_the_end()
        except EnvironmentBroken:
            await waits.wait()


@asynccontextmanager
async def announced_bus(store: EventStore, listen: Listen) -> AsyncGenerator[AnnouncedBus]:
    """Return a bus that tells of what any process appends to a log, from when somebody listens to it."""
    bus = AnnouncedBus()
    async with beside(partial(bus.feed, store, listen)):
        yield bus
