"""What is particular to the bus in a Redis: members that die, a Redis that dies, and streams that do not grow for ever."""

import logging
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from dataclasses import replace
from functools import partial
from pathlib import Path
from socket import create_server
from typing import Any

import anyio
import pytest

from bus_members import Steps, member, publish, publish_somehow
from codecompanion.bus import redis_streams, redis_trimming
from codecompanion.bus.redis_streams import RedisStreamsBus, open_redis_bus
from codecompanion.bus.rules import Rules
from codecompanion.domain.errors import BusUnavailable
from codecompanion.ports import Message
from redis_server import PrivateRedis, private_redis
from tcp_proxy import proxy
from waiting import until

pytestmark = pytest.mark.anyio

RULES = Rules(max_deliveries=3, backoff_s=0.01, idle_s=0.4, look_every_s=0.05)
KEY = "codecompanion:cc.tasks"


@pytest.fixture
def redis(tmp_path: Path) -> Generator[PrivateRedis]:
    with private_redis(tmp_path) as server:
        yield server


@pytest.fixture
async def bus(redis: PrivateRedis) -> AsyncGenerator[RedisStreamsBus]:
    async with open_redis_bus(redis.url, rules=RULES, answer_s=5.0) as opened:
        yield opened


# ------------------------------------------------------------------------------------------------ members that die

DYING = """
import os, signal, sys, anyio
from codecompanion.bus.rules import Rules
from codecompanion.bus.redis_streams import open_redis_bus

async def main():
    async def die(message):
        print("begun", flush=True)
        if sys.argv[2] == "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        else:
            os.kill(os.getpid(), signal.SIGKILL)

    async with open_redis_bus(sys.argv[1], rules=Rules(idle_s=0.4)) as bus, anyio.create_task_group() as tasks:
        async def subscribe(*, task_status):
            await bus.subscribe("cc.tasks", group="one", consumer="dying", handler=die, task_status=task_status)
        await tasks.start(subscribe)
        print("joined", flush=True)

anyio.run(main)
"""


@pytest.mark.parametrize("how", ["kill", "stop"])
async def test_f28_what_a_process_that_died_or_stopped_had_in_hand_goes_to_another(
    redis: PrivateRedis, bus: RedisStreamsBus, how: str
) -> None:
    process = subprocess.Popen([sys.executable, "-c", DYING, redis.url, how], stdout=subprocess.PIPE)  # noqa: ASYNC220 - at once
    assert process.stdout is not None
    try:
        assert await anyio.to_thread.run_sync(process.stdout.readline) == b"joined\n"
        await publish(bus, 1)
        assert await anyio.to_thread.run_sync(process.stdout.readline) == b"begun\n"
        steps = Steps()
        async with member(bus, steps):
            await steps.until(1)
        assert steps.attempts == [2]
        if how == "stop":
            process.send_signal(signal.SIGCONT)  # a zombie that wakes up takes nothing back
            await anyio.sleep(0.3)
        with redis.client() as client:
            assert client.xpending(KEY, "one")["pending"] == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


async def test_what_a_living_member_works_on_for_long_is_not_taken_over(bus: RedisStreamsBus) -> None:
    other = Steps()
    began, handled = anyio.Event(), anyio.Event()

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


async def test_what_was_read_ahead_of_a_long_message_goes_to_others(bus: RedisStreamsBus) -> None:
    other, began = Steps(), anyio.Event()

    async def hang_on_50(message: Message) -> None:
        if message.payload["step"] == 50:
            began.set()
            await anyio.sleep_forever()

    async with member(bus, hang_on_50) as tasks:
        await publish(bus, *range(50))  # quick ones, so that many are read at once
        await publish(bus, *range(50, 80))
        await began.wait()
        await tasks.start(partial(bus.subscribe, "cc.tasks", group="one", consumer="other", handler=other))
        await other.until(*range(51, 80))
        assert set(other.attempts) == {1}
        tasks.cancel_scope.cancel()


async def test_members_that_left_are_forgotten_and_their_group_is_not(redis: PrivateRedis, bus: RedisStreamsBus) -> None:
    for _ in range(3):
        async with member(bus, Steps()):
            pass
    with redis.client() as client:
        (group,) = client.xinfo_groups(KEY)
        assert (group["name"], group["consumers"]) == ("one", 0)


# ------------------------------------------------------------------------------------------------ a Redis that dies


async def test_f12_a_redis_that_is_killed_and_comes_back_empty_stops_nobody(redis: PrivateRedis, bus: RedisStreamsBus) -> None:
    steps, watched = Steps(), Steps()
    async with member(bus, steps) as tasks:
        await tasks.start(partial(bus.watch, "cc.tasks", handler=watched))
        await publish(bus, 1)
        await steps.until(1)
        await watched.until(1)
        redis.kill()
        with pytest.raises(BusUnavailable):
            await publish(bus, 2)
        redis.start()
        await publish_somehow(bus, 3)
        await steps.until(3)
        await watched.until(3)
        tasks.cancel_scope.cancel()


async def test_f13_a_redis_that_was_emptied_gets_its_groups_back_with_all_that_came_since(
    redis: PrivateRedis, bus: RedisStreamsBus
) -> None:
    steps, other = Steps(), Steps()
    async with member(bus, steps), member(bus, other, group="other"):
        for step in range(0, 30, 3):
            await publish(bus, step)
            await steps.until(step)
            with redis.client() as client:
                client.flushall()
            await publish(bus, step + 1, step + 2)
            await steps.until(step + 1, step + 2)
            await other.until(step + 1, step + 2)
    assert set(steps.handled.values()) == {1}


async def test_who_subscribes_while_redis_is_away_begins_when_it_is_there(redis: PrivateRedis, bus: RedisStreamsBus) -> None:
    redis.kill()
    steps = Steps()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(partial(bus.subscribe, "cc.tasks", group="one", consumer="c", handler=steps))
        await anyio.sleep(0.1)
        redis.start()
        with anyio.fail_after(30):
            while 1 not in steps.handled:
                await publish_somehow(bus, 1)
                await anyio.sleep(0.02)
        tasks.cancel_scope.cancel()


async def test_f14_it_is_said_once_that_redis_is_away_and_once_that_it_is_back(
    redis: PrivateRedis, bus: RedisStreamsBus, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    async with member(bus, Steps()), member(bus, Steps(), group="other"):
        redis.kill()
        with pytest.raises(BusUnavailable) as away:
            await bus.check()
        assert away.value.cause
        assert away.value.fix
        await anyio.sleep(0.2)
        redis.start()
        await until(lambda: caplog.text.rstrip().endswith("is back"))
        await anyio.sleep(0.1)
    said = [record.message.partition(" is ")[2].partition(" ")[0] for record in caplog.records]
    assert said == ["away", "back"]


async def test_f16_a_redis_that_does_not_answer_holds_nobody_up() -> None:
    with create_server(("127.0.0.1", 0)) as silent:
        async with open_redis_bus(f"redis://127.0.0.1:{silent.getsockname()[1]}", answer_s=0.1) as bus:
            with anyio.fail_after(10):
                for ask in (bus.check, partial(bus.last, "cc.tasks"), partial(bus.publish, "cc.tasks", {"step": 1})):
                    with pytest.raises(BusUnavailable):
                        await ask()


async def test_f16_a_connection_that_died_without_a_word_is_noticed_and_made_anew(redis: PrivateRedis) -> None:
    redis.kill()
    port = free_port()
    redis.start("--port", str(port))
    steps = Steps()
    async with (
        proxy("127.0.0.1", port) as between,
        open_redis_bus(f"redis://127.0.0.1:{between.port}", rules=RULES, answer_s=0.2, block_s=0.2) as bus,
        open_redis_bus(redis.url, answer_s=5.0) as elsewhere,
        member(bus, steps),
    ):
        await publish(elsewhere, 1)
        await steps.until(1)
        between.swallows_answers = True
        await publish(elsewhere, 2)
        await anyio.sleep(0.5)
        between.swallows_answers = False
        await between.cut()
        await publish(elsewhere, 3)
        await steps.until(2, 3)


def free_port() -> int:
    with create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def copied_up_to(replica: Any) -> int:
    return replica.info("replication").get("slave_repl_offset", -1)


async def test_f15_after_a_failover_that_lost_the_newest_messages_what_comes_is_heard_and_nothing_comes_twice(
    redis: PrivateRedis, tmp_path: Path
) -> None:
    patient = replace(RULES, idle_s=30)  # nothing comes twice because it took long
    redis.kill()
    ports = [free_port(), free_port()]
    redis.start("--port", str(ports[0]), "--repl-diskless-sync-delay", "0")
    (tmp_path / "replica").mkdir()
    with private_redis(tmp_path / "replica") as replica:
        replica.kill()
        replica.start("--port", str(ports[1]), "--replicaof", "127.0.0.1", str(ports[0]))
        steps = Steps()
        async with (
            proxy("127.0.0.1", ports[0]) as between,
            open_redis_bus(f"redis://127.0.0.1:{between.port}", rules=patient, answer_s=2.0, block_s=0.2) as bus,
            member(bus, steps),
        ):
            await publish(bus, 1)
            await steps.until(1)
            with redis.client() as first, replica.client() as client:
                await until(lambda: first.xpending(KEY, "one")["pending"] == 0)  # until it knows that the message was handled
                await until(
                    lambda: copied_up_to(client) == first.info("replication")["master_repl_offset"]
                )  # and the copy, too
                client.replicaof("NO", "ONE")
            await publish(bus, 2)
            await steps.until(2)  # of which the copy knows nothing
            between.server = ("127.0.0.1", ports[1])
            redis.kill()
            await between.cut()
            await publish_somehow(bus, 3)
            await steps.until(3)
        assert steps.handled == {1: 1, 2: 1, 3: 1}


async def test_f27_messages_that_come_several_times_and_in_any_order_are_each_handed_on(bus: RedisStreamsBus) -> None:
    steps = Steps()
    async with member(bus, steps):
        await publish(bus, 3, 1, 2, 3, 2, 1, 1, 2, 3)
        await steps.until(1, 2, 3)
        await anyio.sleep(0.1)
    assert steps.handled == {1: 3, 2: 3, 3: 3}


async def test_what_another_program_wrote_into_a_stream_says_only_look(redis: PrivateRedis, bus: RedisStreamsBus) -> None:
    heard, payloads = anyio.Event(), list[dict[str, str | int]]()

    async def hear(message: Message) -> None:
        payloads.append(message.payload)
        if message.payload:
            heard.set()

    async with member(bus, hear), member(bus, hear, group="other") as tasks:
        await tasks.start(partial(bus.watch, "cc.tasks", handler=hear))
        with redis.client() as client:
            for fields in ({"x": "y"}, {"payload": "no JSON"}, {"payload": "[1]"}):
                client.xadd(KEY, fields)
        await publish(bus, 1)
        with anyio.fail_after(30):
            await heard.wait()
            await anyio.sleep(0.1)
    assert sorted(map(len, payloads)) == [0] * 9 + [1] * 3


# ------------------------------------------------------------------------------------------------- bounded streams


@pytest.fixture
def trimming_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_streams, "TRIM_EVERY", 10)


@pytest.mark.usefixtures("trimming_often")
async def test_what_every_group_has_handled_is_cut_and_what_one_has_not_read_is_kept(
    redis: PrivateRedis, bus: RedisStreamsBus
) -> None:
    quick, slow = Steps(), Steps()
    async with member(bus, slow, group="slow"):
        await publish(bus, *range(5))
        await slow.until(*range(5))
    async with member(bus, quick, group="quick"):
        for step in range(5, 105):
            await publish(bus, step)
        await quick.until(*range(5, 105))
    with redis.client() as client:
        assert client.xlen(KEY) == 101  # the last one that was handled, too
        async with member(bus, slow, group="slow"):
            await slow.until(*range(105))
        await publish(bus, *range(105, 115))
        assert client.xlen(KEY) == 11
    assert set(slow.handled.values()) == {1}


@pytest.mark.usefixtures("trimming_often")
async def test_what_a_member_has_in_hand_is_kept(redis: PrivateRedis, bus: RedisStreamsBus) -> None:
    began, steps = anyio.Event(), Steps()

    async def never_end(_: Message) -> None:
        began.set()
        await anyio.sleep_forever()

    async with member(bus, never_end):
        await publish(bus, 0)
        await began.wait()
        async with member(bus, steps):
            for step in range(1, 51):
                await publish(bus, step)
            await steps.until(*range(1, 51))
            await publish(bus, *range(51, 61))
            await steps.until(*range(51, 61))
        with redis.client() as client:
            assert client.xlen(KEY) == 61
    async with member(bus, steps):
        await steps.until(0)


@pytest.mark.usefixtures("trimming_often")
async def test_a_stream_that_nobody_reads_does_not_grow(redis: PrivateRedis, bus: RedisStreamsBus) -> None:
    for step in range(100):
        await publish(bus, step)
    with redis.client() as client:
        assert client.xlen(KEY) <= 10


@pytest.mark.usefixtures("trimming_often")
async def test_what_a_group_has_not_read_in_a_day_is_cut(
    redis: PrivateRedis, bus: RedisStreamsBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with member(bus, Steps(), group="gone"):
        pass
    await publish(bus, *range(20))
    monkeypatch.setattr(redis_trimming, "KEPT_MS", 50)
    await anyio.sleep(0.06)
    await publish(bus, *range(20, 30))
    with redis.client() as client:
        assert client.xlen(KEY) == 10


def pending(client: Any) -> int:
    return client.xpending(KEY, "one")["pending"]


@pytest.mark.usefixtures("trimming_often")
async def test_consumers_of_processes_killed_long_ago_are_forgotten_and_not_their_work(
    redis: PrivateRedis, bus: RedisStreamsBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = Steps()
    async with member(bus, Steps()):
        pass
    with redis.client() as client:
        await publish(bus, 0)
        client.xreadgroup("one", "killed", {KEY: ">"})
        monkeypatch.setattr(redis_trimming, "KEPT_MS", 30)
        await anyio.sleep(0.05)
        await publish(bus, *range(1, 11))
        assert [consumer["name"] for consumer in client.xinfo_consumers(KEY, "one")] == ["released"]
        assert pending(client) == 1
    async with member(bus, steps):
        await steps.until(*range(1, 11))
