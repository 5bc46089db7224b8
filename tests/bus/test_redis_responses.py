"""What is particular to answers in a Redis before the cache that keeps them: the copies there are never more than that."""

import logging
import os
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import pytest
import redis

from codecompanion.bus.redis_asking import ASK_EVERY_S
from codecompanion.bus.redis_responses import open_redis_responses
from codecompanion.ports import ResponseCache
from codecompanion.settings import Settings
from codecompanion.storage.memory_response_cache import MemoryResponseCache
from codecompanion.storage.postgres_response_cache import open_postgres_response_cache
from codecompanion.wiring.stores import response_cache
from redis_server import PrivateRedis, private_redis

pytestmark = pytest.mark.anyio

AT = datetime(2026, 11, 26, 10, tzinfo=UTC)
ONE, OTHER = f"{1:064x}", f"{2:064x}"
CONTENTS, USES, BYTES = (f"codecompanion:responses:{name}" for name in ("contents", "uses", "bytes"))


class Kept(MemoryResponseCache):
    """Counts what it is asked for, and may take its time to answer."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.reading = anyio.Event()
        self.may_answer: anyio.Event | None = None

    async def get(self, key: str) -> bytes | None:
        self.asked.append(key)
        content = await super().get(key)
        self.reading.set()
        if self.may_answer is not None:
            await self.may_answer.wait()
        return content

    async def touch(self, key: str) -> None:
        await MemoryResponseCache.get(self, key)


@pytest.fixture
def server(tmp_path: Path) -> Generator[PrivateRedis]:
    with private_redis(tmp_path) as started:
        yield started


@asynccontextmanager
async def before(server: PrivateRedis, kept: MemoryResponseCache, **options: Any) -> AsyncGenerator[ResponseCache]:
    """Open what one machine would open."""
    given: dict[str, Any] = {"limit_bytes": 10_000, "answer_s": 5.0, **options}
    async with open_redis_responses(server.url, kept, **given) as opened:
        yield opened


async def test_what_one_machine_put_another_finds_without_the_database(server: PrivateRedis) -> None:
    kept = Kept()
    async with before(server, kept) as here, before(server, kept) as there:
        await here.put(ONE, b"\x00\xff answer", AT)
        assert await there.get(ONE) == b"\x00\xff answer"
        assert await there.get(OTHER) is None
    assert kept.asked == [OTHER]


async def test_what_only_the_database_has_is_copied_at_its_first_use(server: PrivateRedis) -> None:
    kept = Kept()
    await kept.put(ONE, b"answer", AT)
    async with before(server, kept) as here:
        assert [await here.get(ONE) for _ in range(3)] == [b"answer"] * 3
    assert kept.asked == [ONE]


async def test_what_is_found_here_is_used_in_the_database_too(server: PrivateRedis) -> None:
    kept = MemoryResponseCache(limit_bytes=2)
    async with before(server, kept) as here:
        await here.put(ONE, b"1", AT)
        await here.put(OTHER, b"2", AT)
        assert await here.get(ONE) == b"1"
        await here.put(f"{3:064x}", b"3", AT)
    assert (await kept.get(ONE), await kept.get(OTHER)) == (b"1", None)


async def test_what_one_machine_forgot_no_other_finds(server: PrivateRedis) -> None:
    kept = Kept()
    async with before(server, kept) as here, before(server, kept) as there:
        await there.put(ONE, b"old", AT)
        assert await there.get(ONE) == b"old"
        assert await here.clear() == 1
        assert await there.get(ONE) is None
        await there.put(ONE, b"new", AT)
        assert await here.get(ONE) == b"new"


async def test_an_answer_that_was_read_before_all_were_forgotten_is_not_copied_afterwards(server: PrivateRedis) -> None:
    kept = Kept()
    await kept.put(ONE, b"old", AT)
    kept.may_answer = anyio.Event()
    async with before(server, kept) as here, before(server, kept) as there:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(there.get, ONE)
            await kept.reading.wait()
            await here.clear()
            kept.may_answer.set()
        assert await there.get(ONE) is None
        assert await here.get(ONE) is None


async def test_who_forgets_without_redis_is_heard_of_a_moment_later(server: PrivateRedis) -> None:
    kept = Kept()
    async with before(server, kept, era_holds_s=0.2) as here:
        await here.put(ONE, b"old", AT)
        await kept.clear()
        await anyio.sleep(0.25)
        assert await here.get(ONE) is None
        await here.put(ONE, b"new", AT)
        kept.asked.clear()
        assert await here.get(ONE) == b"new"
    assert kept.asked == []


async def test_a_machine_with_an_old_era_takes_nothing_away_from_the_others(server: PrivateRedis) -> None:
    kept = Kept()
    async with before(server, kept) as here, before(server, kept) as there:
        await there.put(OTHER, b"old", AT)
        await here.clear()
        await here.put(ONE, b"new", AT)
        kept.asked.clear()
        await there.put(OTHER, b"newer", AT)  # it thinks that nothing was forgotten: its copy is refused
        assert await here.get(ONE) == b"new"
        assert kept.asked == []
        assert await there.get(OTHER) == b"newer"
        assert await here.get(OTHER) == b"newer"


@pytest.mark.parametrize("forge", ["another's", "changed", "cut", "invented"])
async def test_a_copy_that_is_not_ours_is_not_believed(server: PrivateRedis, forge: str) -> None:
    kept = Kept()
    async with before(server, kept) as here:
        await here.put(ONE, b"right", AT)
        await here.put(OTHER, b"other", AT)
        with redis.Redis(unix_socket_path=str(server.socket)) as client:
            copy: Any = client.hget(CONTENTS, ONE)
            wrong = {
                "another's": client.hget(CONTENTS, OTHER),
                "changed": copy[:-1] + bytes([copy[-1] ^ 1]),
                "cut": copy[:10],
                "invented": b"",
            }
            client.hset(CONTENTS, ONE, wrong[forge])  # pyright: ignore[reportArgumentType] # what it gave
        assert await here.get(ONE) == b"right"
        assert kept.asked == [ONE]
        assert await here.get(ONE) == b"right"
        assert kept.asked == [ONE]


async def test_copies_are_bounded_in_number_and_time(server: PrivateRedis) -> None:
    kept = Kept()
    async with before(server, kept, limit_bytes=5000, unused_s=1.0) as here:
        for number in range(12):
            await here.put(f"{number:064x}", os.urandom(1000), AT)
        with server.client() as client:
            assert (client.hlen(CONTENTS), client.zcard(USES)) == (4, 4)
            assert 4000 < int(client.get(BYTES)) <= 5000
            ends_in = [client.pttl(key) for key in client.scan_iter("*")]
            assert len(ends_in) == 4
            assert all(0 < one <= 1000 for one in ends_in)
            for _ in range(4):
                await anyio.sleep(0.3)
                assert await here.get(f"{11:064x}") is not None
            kept.asked.clear()
            assert await here.get(f"{10:064x}") is not None  # it was not used for too long, and is fetched again
            assert kept.asked == [f"{10:064x}"]


async def test_a_redis_that_lost_a_part_of_it_begins_anew(server: PrivateRedis) -> None:
    kept = Kept()
    async with before(server, kept, limit_bytes=2500) as here:
        for lost in (CONTENTS, USES, BYTES, "codecompanion:responses:era"):
            for number in range(6):
                await here.put(f"{number:064x}", os.urandom(1000), AT)
                if number == 3:
                    with server.client() as client:
                        client.delete(lost)
            with server.client() as client:
                assert client.hlen(CONTENTS) == client.zcard(USES) == 2
                assert int(client.get(BYTES)) <= 2500
            assert await here.get(f"{5:064x}") is not None


async def test_half_of_a_small_redis_is_left_to_messages(tmp_path: Path) -> None:
    with private_redis(tmp_path) as server, server.client() as client:
        most = client.info("memory")["used_memory"] * 4
        client.config_set("maxmemory", most)
        async with before(server, Kept(), limit_bytes=10**9) as here:
            for number in range(2 * most // 100_000):
                await here.put(f"{number:064x}", os.urandom(100_000), AT)
        assert client.hlen(CONTENTS) > 0
        assert client.info("memory")["used_memory"] < 0.6 * most
        client.set("message", "x" * 100_000)


async def test_f14_while_redis_is_away_the_database_answers_alone_and_it_is_said_once(
    server: PrivateRedis, caplog: pytest.LogCaptureFixture
) -> None:
    kept = Kept()
    with caplog.at_level(logging.WARNING):
        async with before(server, kept) as here:
            await here.put(ONE, b"1", AT)
            server.kill()
            await here.put(OTHER, b"2", AT)
            began = anyio.current_time()
            assert [await here.get(key) for key in (ONE, OTHER) * 5] == [b"1", b"2"] * 5
            assert anyio.current_time() - began < ASK_EVERY_S
            server.start()
            await anyio.sleep(1.1 * ASK_EVERY_S)
            assert await here.get(ONE) == b"1"
            kept.asked.clear()
            assert await here.get(ONE) == b"1"
            assert kept.asked == []
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2, said
    assert "until it is back answers of models come from the database alone" in said[0]
    assert said[1].endswith("is back")


async def test_a_command_that_forgets_answers_in_the_database_makes_servers_forget_copies(
    server: PrivateRedis, postgres_url: str, tmp_path: Path
) -> None:
    settings = Settings(state_dir=tmp_path, database_url=postgres_url, bus_url=server.url, redis_cache_mib=1)
    async with response_cache(settings, note=pytest.fail) as worker:
        await worker.put(ONE, b"old", AT)
        async with open_postgres_response_cache(postgres_url, note=pytest.fail) as database:
            assert await database.get(ONE) == b"old"
            await database.put(ONE, b"behind its back", AT)
        assert await worker.get(ONE) == b"old"  # from Redis
        async with response_cache(settings, note=pytest.fail) as command:
            assert await command.clear() == 1
        assert await worker.get(ONE) is None


@pytest.mark.parametrize("changed", [{"redis_cache_mib": 0}, {"database_url": ""}])
async def test_redis_keeps_no_answers_unless_asked_to_and_none_of_a_file(
    server: PrivateRedis, postgres_url: str, tmp_path: Path, changed: dict[str, Any]
) -> None:
    fields: dict[str, Any] = {
        "state_dir": tmp_path,
        "database_url": postgres_url,
        "bus_url": server.url,
        "redis_cache_mib": 1,
        **changed,
    }
    async with response_cache(Settings(**fields), note=pytest.fail) as cache:
        await cache.put(ONE, b"answer", AT)
        assert await cache.get(ONE) == b"answer"
    with server.client() as client:
        assert client.dbsize() == 0
