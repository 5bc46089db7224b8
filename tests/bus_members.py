"""Members of groups and publishers, for the tests of buses that may go away."""

from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

import anyio
from anyio.abc import TaskGroup

from codecompanion.domain.errors import BusUnavailable
from codecompanion.ports import BaseBus, Handler, Message


class Steps:
    """A handler that counts what it handled."""

    def __init__(self) -> None:
        self.handled: Counter[int] = Counter()
        self.attempts: list[int] = []
        self._changed = anyio.Event()

    async def __call__(self, message: Message) -> None:
        self.handled[int(message.payload["step"])] += 1
        self.attempts.append(message.attempt)
        self._changed.set()
        self._changed = anyio.Event()

    async def until(self, *steps: int) -> None:
        with anyio.fail_after(30):
            while not set(steps) <= set(self.handled):
                await self._changed.wait()


@asynccontextmanager
async def member(bus: BaseBus, handler: Handler, *, group: str = "one") -> AsyncGenerator[TaskGroup]:
    async with anyio.create_task_group() as tasks:
        await tasks.start(partial(bus.subscribe, "cc.tasks", group=group, consumer="c", handler=handler))
        yield tasks
        tasks.cancel_scope.cancel()


async def publish(bus: BaseBus, *steps: int) -> None:
    await bus.publish("cc.tasks", *({"step": step} for step in steps))


async def publish_somehow(bus: BaseBus, *steps: int) -> None:
    """Publish, again and again until the bus takes it, as an outbox does."""
    with anyio.fail_after(30):
        while True:
            try:
                return await publish(bus, *steps)
            except BusUnavailable:
                await anyio.sleep(0.02)
