"""What all response caches promise, and what the file promises when it is damaged, shared or full."""

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import anyio
import pytest

from codecompanion.bus.redis_responses import open_redis_responses
from codecompanion.ports import ResponseCache
from codecompanion.storage.memory_response_cache import MemoryResponseCache
from codecompanion.storage.postgres_response_cache import open_postgres_response_cache
from codecompanion.storage.sqlite_response_cache import open_response_cache
from redis_server import shared_redis

pytestmark = pytest.mark.anyio

AT = datetime(2026, 11, 26, 10, tzinfo=UTC)
LIMIT = 3 * 1100
"""Room for three answers of a thousand random bytes, also compressed."""
IN_REDIS: dict[str, Any] = {"limit_bytes": LIMIT, "answer_s": 5.0}


def key(number: int) -> str:
    return f"{number:064x}"


def answer() -> bytes:
    return os.urandom(1000)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "responses.sqlite3"


@pytest.fixture(params=["memory", "sqlite", "postgresql", "redis before memory", "redis before postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def url(kind: str, request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue("postgres_url") if "postgresql" in kind else ""


@pytest.fixture
async def cache(kind: str, url: str, file: Path, said: list[str]) -> AsyncGenerator[ResponseCache]:
    match kind:
        case "memory":
            yield MemoryResponseCache(limit_bytes=LIMIT)
        case "sqlite":
            async with open_response_cache(file, note=said.append, limit_bytes=LIMIT) as opened:
                yield opened
        case "postgresql":
            async with open_postgres_response_cache(url, note=said.append, limit_bytes=LIMIT) as opened:
                yield opened
        case "redis before memory":
            with shared_redis() as redis:
                async with open_redis_responses(redis, MemoryResponseCache(limit_bytes=LIMIT), **IN_REDIS) as before:
                    yield before
        case _:
            with shared_redis() as redis:
                async with (
                    open_postgres_response_cache(url, note=said.append, limit_bytes=LIMIT) as opened,
                    open_redis_responses(redis, opened, **IN_REDIS) as before,
                ):
                    yield before
    assert said == []


async def test_an_answer_is_found_under_its_key_and_no_other(cache: ResponseCache) -> None:
    content = b"\x00\xff answer"
    await cache.put(key(1), content, AT)
    assert await cache.get(key(1)) == content
    assert await cache.get(key(2)) is None
    await cache.put(key(1), b"", AT)
    assert await cache.get(key(1)) == b""


@pytest.mark.parametrize("wrong", ["", "abc", "A" * 64, "0" * 63, "0" * 65, "g" * 64, "0" * 64 + "\n"])
async def test_a_key_is_the_whole_hash(cache: ResponseCache, wrong: str) -> None:
    with pytest.raises(ValueError, match="no sha256"):
        await cache.put(wrong, b"x", AT)
    with pytest.raises(ValueError, match="no sha256"):
        await cache.get(wrong)


async def test_what_was_not_used_for_longest_makes_room(cache: ResponseCache) -> None:
    for number in range(3):
        await cache.put(key(number), answer(), AT)
    assert await cache.get(key(0)) is not None
    await cache.put(key(3), answer(), AT)
    kept = [number for number in range(4) if await cache.get(key(number)) is not None]
    assert kept == [0, 2, 3]
    assert (await cache.stats()).stored_bytes <= LIMIT


async def test_an_answer_that_is_larger_than_the_cache_is_not_kept_and_drops_the_old_one(cache: ResponseCache) -> None:
    await cache.put(key(1), b"old", AT)
    await cache.put(key(2), b"other", AT)
    await cache.put(key(1), os.urandom(LIMIT + 100), AT)
    assert await cache.get(key(1)) is None
    assert await cache.get(key(2)) == b"other"


async def test_it_says_how_full_it_is_and_forgets(cache: ResponseCache) -> None:
    stats = await cache.stats()
    assert (stats.entries, stats.stored_bytes, stats.limit_bytes, stats.oldest_at) == (0, 0, LIMIT, "")
    await cache.put(key(1), answer(), AT)
    await cache.put(key(2), answer(), AT - timedelta(days=1))
    await cache.put(key(2), answer(), AT - timedelta(days=1))
    stats = await cache.stats()
    assert (stats.entries, stats.oldest_at) == (2, "2026-11-25T10:00:00+00:00")
    assert 2000 <= stats.stored_bytes <= 2100
    assert await cache.clear() == 2
    assert await cache.get(key(1)) is None
    assert (await cache.stats()).stored_bytes == 0


async def test_answers_outlive_the_process_and_only_the_user_may_read_them(file: Path, said: list[str]) -> None:
    async with open_response_cache(file, note=said.append) as cache:
        await cache.put(key(1), b"kept", AT)
    async with open_response_cache(file, note=said.append) as cache:
        assert await cache.get(key(1)) == b"kept"
    assert stat.S_IMODE((await anyio.Path(file).stat()).st_mode) == 0o600


def spoil_head(file: Path) -> None:
    file.write_bytes(b"not a database at all" * 400)


def spoil_pages(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    file.write_bytes(content)


def drop_tables(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DROP TABLE responses")


def make_foreign(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE x (y)")
        connection.commit()


def make_newer(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize("spoil", [spoil_head, spoil_pages, drop_tables, make_foreign, make_newer])
async def test_a_damaged_file_is_set_aside_with_a_note_and_a_new_one_works(file: Path, said: list[str], spoil: "Spoil") -> None:
    async with open_response_cache(file, note=said.append) as cache:
        for number in range(50):
            await cache.put(key(number), answer(), AT)
    spoil(file)
    damaged = await anyio.Path(file).read_bytes()
    async with open_response_cache(file, note=said.append) as cache:
        assert await cache.get(key(1)) is None
        await cache.put(key(1), b"new", AT)
        assert await cache.get(key(1)) == b"new"
    assert len(said) == 1
    assert "the response cache was damaged" in said[0]
    assert await anyio.Path(file.with_name("responses.sqlite3.damaged")).read_bytes() == damaged


class Spoil(Protocol):
    """Damages a file."""

    def __call__(self, file: Path) -> None: ...


async def test_damage_that_appears_while_it_is_open_stops_nobody(file: Path, said: list[str]) -> None:
    async with open_response_cache(file, note=said.append) as first, open_response_cache(file, note=said.append) as second:
        for number in range(50):
            await first.put(key(number), answer(), AT)
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        spoil_pages(file)
        for cache in (first, second):
            await cache.put(key(99), b"new", AT)
            assert await cache.get(key(99)) == b"new"
    assert len(said) == 1


async def test_one_answer_with_a_flipped_bit_is_forgotten_alone(file: Path, said: list[str]) -> None:
    async with open_response_cache(file, note=said.append) as cache:
        await cache.put(key(1), b"right", AT)
        await cache.put(key(2), b"other", AT)
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("UPDATE responses SET content_sha256 = ? WHERE key = ?", ("0" * 64, key(1)))
            connection.execute("UPDATE responses SET content = ? WHERE key = ?", (b"junk", key(2)))
            connection.commit()
        assert await cache.get(key(1)) is None
        assert await cache.get(key(2)) is None
        assert (await cache.stats()).entries == 0
    assert said == []


async def test_a_folder_that_cannot_be_written_is_noted_once_and_nothing_fails(tmp_path: Path, said: list[str]) -> None:
    (tmp_path / "file").touch()
    async with open_response_cache(tmp_path / "file" / "responses.sqlite3", note=said.append) as cache:
        await cache.put(key(1), b"x", AT)
        assert await cache.get(key(1)) is None
        assert await cache.clear() == 0
    assert len(said) == 1
    assert "is not used" in said[0]


PROCESS = """
import sys, anyio
from datetime import UTC, datetime
from pathlib import Path
from codecompanion.storage.postgres_response_cache import open_postgres_response_cache
from codecompanion.storage.sqlite_response_cache import open_response_cache

async def main(file, name):
    async with open_response_cache(file, note=lambda text: print(text, flush=True)) as cache:
        for number in range(20):
            await cache.put(f"{name:032x}{number:032x}", b"x" * 100, datetime.now(UTC))

print("ready", flush=True)
sys.stdin.readline()
anyio.run(main, Path(sys.argv[1]), int(sys.argv[2]))
"""


def put_by_processes(file: Path, processes: int) -> str:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, file, str(n)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for n in range(processes)
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    return "".join(writer.communicate(timeout=100)[0] for writer in writers)


async def test_processes_that_begin_a_new_file_together_share_it(file: Path, said: list[str]) -> None:
    assert await anyio.to_thread.run_sync(put_by_processes, file, 4) == ""
    async with open_response_cache(file, note=said.append) as cache:
        assert (await cache.stats()).entries == 80
