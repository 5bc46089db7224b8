"""What is particular to the bus in one process: its memory is bounded."""

from functools import partial
from itertools import pairwise

import anyio
import pytest

from codecompanion.bus.mock import MockBus
from codecompanion.ports import Handler, Message

pytestmark = pytest.mark.anyio


async def run_until_idle(bus: MockBus, handler: Handler) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(partial(bus.subscribe, "cc.tasks", group="one", consumer="c", handler=handler))
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()


async def test_of_too_many_messages_the_newest_are_kept() -> None:
    bus, steps = MockBus(capacity=3), list[str | int]()

    async def note(message: Message) -> None:
        steps.append(message.payload["step"])

    await run_until_idle(bus, note)
    for step in range(10):
        await bus.publish("cc.tasks", {"step": step})
    await run_until_idle(bus, note)
    assert steps == [7, 8, 9]


async def test_the_wait_before_another_try_doubles() -> None:
    bus, times = MockBus(max_deliveries=4, backoff_s=0.02), list[float]()

    async def refuse(_: Message) -> None:
        times.append(anyio.current_time())
        raise ValueError("never")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(partial(bus.subscribe, "cc.tasks", group="one", consumer="c", handler=refuse))
        await anyio.wait_all_tasks_blocked()
        await bus.publish("cc.tasks", {})
        await anyio.sleep(0.02 + 0.04 + 0.08 + 0.2)
        tasks.cancel_scope.cancel()
    waits = [later - earlier for earlier, later in pairwise(times)]
    assert [wait >= least for wait, least in zip(waits, (0.02, 0.04, 0.08), strict=True)] == [True] * 3


async def test_of_too_many_dead_letters_the_newest_are_kept() -> None:
    bus = MockBus(capacity=2, max_deliveries=1)

    async def refuse(message: Message) -> None:
        raise ValueError(message.message_id)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(partial(bus.subscribe, "cc.tasks", group="one", consumer="c", handler=refuse))
        for step in range(5):
            await anyio.wait_all_tasks_blocked()
            await bus.publish("cc.tasks", {"step": step})
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    assert [letter.payload["step"] for letter in await bus.dead_letters("cc.tasks", group="one")] == [3, 4]
