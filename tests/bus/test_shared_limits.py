"""What is particular to limits that processes share: processes that race, processes that die, and a book that is away."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import pytest

from codecompanion.bus.redis_asking import ASK_EVERY_S
from codecompanion.bus.redis_connection import ANSWER_S
from codecompanion.ports import Limit, ProviderLimits
from codecompanion.providers.limits import LocalLimits
from codecompanion.storage.postgres_schema import PostgresSchema
from limit_books import shared_limits
from postgres_server import answer, execute
from redis_server import PrivateRedis, private_redis
from tcp_proxy import proxy
from waiting import until

pytestmark = pytest.mark.anyio

LIMITS = {"three": Limit(in_flight=3)}
LEASE_S = 0.6
LEASES = "codecompanion:limits:three:leases"

RACING = """
import sys, time, anyio
from codecompanion.ports import Limit, ProviderLimits
from codecompanion.providers.limits import LocalLimits
from limit_books import shared_limits

async def main(url, tasks, seconds, lease_s):
    limits = {"three": Limit(in_flight=3)}
    async with shared_limits(url, limits, LocalLimits(limits), lease_s=lease_s) as shared:
        async def one():
            async with shared.slot("three:model"):
                print(time.monotonic_ns(), 1, flush=True)
                await anyio.sleep(seconds)
                print(time.monotonic_ns(), -1, flush=True)
        async with anyio.create_task_group() as group:
            for _ in range(tasks):
                group.start_soon(one)

anyio.run(main, sys.argv[1], int(sys.argv[2]), *map(float, sys.argv[3:]))
"""


@dataclass(slots=True)
class Crowd:
    """Those that ask for a slot and keep it until all leave: how many have one now, and how many had one at most."""

    now: int = 0
    most: int = 0
    left: anyio.Event = field(default_factory=anyio.Event)
    entered: defaultdict[int, anyio.Event] = field(default_factory=lambda: defaultdict(anyio.Event))

    async def enter(self, limits: ProviderLimits, number: int) -> None:
        async with limits.slot("three:model"):
            self.now += 1
            self.most = max(self.most, self.now)
            self.entered[number].set()
            await self.left.wait()
            self.now -= 1


@pytest.fixture
async def crowd() -> Crowd:
    return Crowd()


@pytest.fixture
def redis(tmp_path: Path) -> Generator[PrivateRedis]:
    with private_redis(tmp_path) as server:
        yield server


@pytest.fixture(params=["redis", "postgresql"])
def book(request: pytest.FixtureRequest) -> str:
    """The address of what keeps the book."""
    if request.param == "redis":
        return request.getfixturevalue("redis").url
    url = request.getfixturevalue("postgres_url")
    anyio.run(PostgresSchema(url).lay_out)
    return url


def racing(book: str, tasks: int, seconds: float, lease_s: float) -> "subprocess.Popen[str]":
    argv = [sys.executable, "-c", RACING, book, str(tasks), str(seconds), str(lease_s)]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    return subprocess.Popen(argv, stdout=subprocess.PIPE, env=environ, text=True)


def test_four_processes_never_have_more_in_flight_than_one_may(book: str) -> None:
    processes = [racing(book, 4, 0.2, 15) for _ in range(4)]  # each takes longer than to be let in does
    steps: list[tuple[int, int]] = []
    for process in processes:
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        steps += [(int(at), int(step)) for at, step in map(str.split, said.splitlines())]
    steps.sort()  # the monotonic clock is one for all processes of a machine
    in_flight = [sum(step for _, step in steps[: number + 1]) for number in range(len(steps))]
    assert len(steps) == 2 * 4 * 4
    assert max(in_flight) == 3


@pytest.mark.parametrize("how", ["kill", "stop"])
async def test_f28_what_a_process_that_died_or_stopped_held_is_free_when_its_leases_end(book: str, how: str) -> None:
    process = racing(book, 3, 60, LEASE_S)
    assert process.stdout is not None
    try:
        for _ in range(3):
            await anyio.to_thread.run_sync(process.stdout.readline)
        await anyio.sleep(2 * LEASE_S)  # they are renewed for as long as it lives
        async with shared_limits(book, LIMITS, LocalLimits(LIMITS), lease_s=LEASE_S) as limits:
            with anyio.move_on_after(LEASE_S) as alive:
                async with limits.slot("three:model"):
                    pass
            assert alive.cancelled_caught
            process.kill() if how == "kill" else process.send_signal(signal.SIGSTOP)
            began = time.monotonic()
            with anyio.fail_after(LEASE_S + 5):
                async with limits.slot("three:model"):
                    assert time.monotonic() - began <= LEASE_S + 4
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


async def test_f13_f14_a_redis_that_is_away_and_comes_back_empty_leaves_each_process_its_own_limit(
    redis: PrivateRedis, crowd: Crowd, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), anyio.fail_after(30):
        async with shared_limits(redis.url, LIMITS, LocalLimits(LIMITS), lease_s=LEASE_S, answer_s=ANSWER_S) as limits:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(crowd.enter, limits, 0)
                await crowd.entered[0].wait()
                redis.kill()
                for number in range(1, 8):
                    tasks.start_soon(crowd.enter, limits, number)
                await crowd.entered[2].wait()
                await anyio.sleep(2 * ASK_EVERY_S)  # asked again in vain
                assert crowd.now == 3
                redis.start()
                with redis.client() as client:  # what is in flight is made known to it anew
                    await until(lambda: client.zcard(LEASES) == 3)
                    crowd.left.set()
            with redis.client() as client:
                assert client.zcard(LEASES) == 0
    assert crowd.most == 3
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2, said
    assert "until it is back the database keeps the limits of providers, or each process by itself" in said[0]
    assert said[1].endswith("is back")


async def test_a_database_that_is_away_and_has_lost_its_memory_leaves_each_process_its_own_limit(
    postgres_url: str, crowd: Crowd, caplog: pytest.LogCaptureFixture
) -> None:
    await PostgresSchema(postgres_url).lay_out()
    parts = urlsplit(postgres_url)
    held = "SELECT count(*) FROM provider_requests WHERE lease_until > clock_timestamp()"
    with caplog.at_level(logging.WARNING), anyio.fail_after(30):
        async with (
            proxy(parts.hostname or "127.0.0.1", parts.port or 5432) as between,
            shared_limits(
                f"postgresql://postgres@127.0.0.1:{between.port}{parts.path}", LIMITS, LocalLimits(LIMITS), lease_s=LEASE_S
            ) as limits,
            anyio.create_task_group() as tasks,
        ):
            tasks.start_soon(crowd.enter, limits, 0)
            await crowd.entered[0].wait()
            between.refuses = True
            await between.cut()
            for number in range(1, 6):
                tasks.start_soon(crowd.enter, limits, number)
            await crowd.entered[2].wait()
            await anyio.to_thread.run_sync(execute, postgres_url, "TRUNCATE provider_requests")  # as after a crash
            await anyio.sleep(2 * ASK_EVERY_S)  # asked again in vain
            assert crowd.now == 3
            between.refuses = False
            while await anyio.to_thread.run_sync(answer, postgres_url, held) < 3:  # noqa: ASYNC110 - it does not tell
                await anyio.sleep(0.05)
            crowd.left.set()
    assert crowd.most == 3
    assert await anyio.to_thread.run_sync(answer, postgres_url, held) == 0
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2, said
    assert "until it does each process keeps to them by itself" in said[0]
    assert said[1].endswith("it keeps the limits of providers")
