"""What is particular to the bus in a NATS server: members that die, and a server that dies."""

import logging
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from functools import partial
from pathlib import Path

import anyio
import pytest

from bus_members import Steps, member, publish, publish_somehow
from codecompanion.bus.nats_jetstream import NatsJetStreamBus, open_nats_bus
from codecompanion.bus.rules import Rules
from codecompanion.domain.errors import BusUnavailable
from codecompanion.ports import Message
from nats_server import PrivateNats, private_nats

pytestmark = pytest.mark.anyio

RULES = Rules(max_deliveries=3, backoff_s=0.01, idle_s=0.5)


@pytest.fixture
def nats(tmp_path: Path) -> Generator[PrivateNats]:
    with private_nats(tmp_path) as server:
        yield server


@pytest.fixture
async def bus(nats: PrivateNats) -> AsyncGenerator[NatsJetStreamBus]:
    async with open_nats_bus(nats.url, rules=RULES, answer_s=5.0, block_s=0.3) as opened:
        yield opened


DYING = """
import os, signal, sys, anyio
from codecompanion.bus.nats_jetstream import open_nats_bus
from codecompanion.bus.rules import Rules

async def main():
    async def die(message):
        os.kill(os.getpid(), signal.SIGKILL)

    async with open_nats_bus(sys.argv[1], rules=Rules(idle_s=0.5), answer_s=5) as bus, anyio.create_task_group() as tasks:
        async def subscribe(*, task_status):
            await bus.subscribe("cc.tasks", group="one", consumer="dying", handler=die, task_status=task_status)
        await tasks.start(subscribe)
        print("joined", flush=True)

anyio.run(main)
"""


async def test_f28_what_a_process_that_was_killed_had_in_hand_goes_to_another(nats: PrivateNats, bus: NatsJetStreamBus) -> None:
    process = subprocess.Popen([sys.executable, "-c", DYING, nats.url], stdout=subprocess.PIPE)  # noqa: ASYNC220 - at once
    assert process.stdout is not None
    try:
        assert await anyio.to_thread.run_sync(process.stdout.readline) == b"joined\n"
        await publish(bus, 1)
        await anyio.to_thread.run_sync(process.wait)
        steps = Steps()
        async with member(bus, steps):
            await steps.until(1)
        assert steps.attempts == [2]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


async def test_what_a_living_member_works_on_for_long_is_not_taken_over(bus: NatsJetStreamBus) -> None:
    other, began, handled = Steps(), anyio.Event(), anyio.Event()

    async def take_long(_: Message) -> None:
        began.set()
        await anyio.sleep(3 * RULES.idle_s)
        handled.set()

    async with member(bus, take_long):
        await publish(bus, 1)
        await began.wait()
        async with member(bus, other):
            await handled.wait()
            await anyio.sleep(0.1)
    assert other.handled == {}


async def test_f12_a_server_that_is_killed_and_comes_back_empty_stops_nobody_and_is_said_once(
    nats: PrivateNats, bus: NatsJetStreamBus, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="codecompanion")
    steps, watched = Steps(), Steps()
    async with member(bus, steps) as tasks:
        await tasks.start(partial(bus.watch, "cc.tasks", handler=watched))
        await publish(bus, 1)
        await steps.until(1)
        await watched.until(1)
        nats.kill()
        with pytest.raises(BusUnavailable) as away:
            await publish(bus, 2)
        assert away.value.fix
        nats.start()
        await publish_somehow(bus, 3)
        await steps.until(3)
        await watched.until(3)
        tasks.cancel_scope.cancel()
    said = [record.message.partition(" is ")[2].partition(" ")[0] for record in caplog.records]
    assert said == ["away", "back"]


async def test_a_group_of_any_name_has_messages_of_its_own(bus: NatsJetStreamBus) -> None:
    names = ("a b", "a.b", "a>b*", "a/b", "a-b", "é" * 200)
    inboxes = {name: Steps() for name in names}
    async with anyio.create_task_group() as tasks:
        for name, inbox in inboxes.items():
            await tasks.start(partial(bus.subscribe, "cc.tasks", group=name, consumer="c", handler=inbox))
        await publish(bus, 1)
        for inbox in inboxes.values():
            await inbox.until(1)
        tasks.cancel_scope.cancel()
    assert [inbox.handled for inbox in inboxes.values()] == [{1: 1}] * len(names)
