"""What was acknowledged survives: a killed process, a full disk, a second process."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from codecompanion.domain.envelope import Draft, Event, verify_chain
from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.storage.sqlite import SqliteBlobStore, SqliteEventStore, open_sqlite
from codecompanion.storage.sqlite_changes import Changes
from codecompanion.storage.sqlite_readers import Readers
from codecompanion.storage.sqlite_schema import prepare
from codecompanion.storage.sqlite_writer import Writer

pytestmark = pytest.mark.anyio

DraftFactory = Callable[..., Draft]


def start_writer(path: Path, *, appends: int, file_bytes: int = 0) -> subprocess.Popen[str]:
    program = Path(__file__).with_name("writer_process.py")
    argv = [sys.executable, str(program), str(path), "run-1", str(appends), str(file_bytes)]
    return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)


def say_go(*processes: subprocess.Popen[str]) -> None:
    """Let the processes begin at one moment, when all of them are ready."""
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")


def lines(process: subprocess.Popen[str]) -> list[str]:
    """Return what is left of the output; not by `communicate`, which does not see what `readline` has read ahead."""
    assert process.stdout is not None
    return process.stdout.read().split()


async def verified(path: Path) -> list[Event]:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    async with open_sqlite(path) as (store, _):
        events = await store.read("run-1")
        assert verify_chain("run-1", events) == len(events)
        assert await store.read_all(limit=len(events) + 1) == events
        return events


async def test_f03_a_killed_process_loses_no_acknowledged_event(path: Path) -> None:
    acknowledged: list[int] = []
    for patience in (1, 20, 60):
        with start_writer(path, appends=100_000) as process:
            say_go(process)
            assert process.stdout is not None
            acknowledged += [int(process.stdout.readline()) for _ in range(patience)]
            process.kill()
            acknowledged += map(int, lines(process))
        stored = [event.version for event in await verified(path)]
        assert set(acknowledged) <= set(stored)
        assert len(stored) <= len(acknowledged) + 3  # each killed process may have been cut off before it could say so


async def test_f29_processes_that_race_on_one_new_file_lose_nothing(path: Path) -> None:
    with ExitStack() as stack:
        processes = [stack.enter_context(start_writer(path, appends=60)) for _ in range(3)]
        say_go(*processes)
        acknowledged = [int(line) for process in processes for line in lines(process)]
    assert sorted(acknowledged) == list(range(1, 181)) == [event.version for event in await verified(path)]


async def test_f21_a_disk_that_refuses_to_write_breaks_the_append_and_nothing_else(path: Path) -> None:
    with start_writer(path, appends=100_000, file_bytes=300_000) as process:
        say_go(process)
        *acknowledged, last = lines(process)
    assert last == "broken"
    stored = await verified(path)
    assert [event.version for event in stored] == [int(version) for version in acknowledged]
    with start_writer(path, appends=1) as process:
        say_go(process)
        assert lines(process) == [str(len(stored) + 1)]


async def test_f21_a_full_disk_breaks_the_append_and_the_store_goes_on_when_there_is_room(
    path: Path, draft: DraftFactory
) -> None:
    prepare(path)
    writer, readers, changes = Writer(path), Readers(path), Changes(path)
    store, blobs = SqliteEventStore(writer, readers, changes), SqliteBlobStore(writer, readers)
    first = await store.append("run-1", [draft()], expected_version=0)
    await writer.run(lambda connection: connection.execute("PRAGMA max_page_count = 1"))  # as few pages as it has now
    large = draft(text="x" * 1_000_000)
    with pytest.raises(EnvironmentBroken, match="cannot be used") as broken:
        await store.append("run-1", [draft(), large], expected_version=1, idempotency_key="k")
    assert "full" in broken.value.cause
    assert "free some disk space" in broken.value.fix
    assert isinstance(broken.value.__cause__, sqlite3.OperationalError)
    with pytest.raises(EnvironmentBroken):
        await blobs.put(bytes(range(256)) * 1_000 + draft().event_id.encode() * 100_000)
    assert await store.read_all() == first

    await writer.run(lambda connection: connection.execute("PRAGMA max_page_count = 100000"))
    second = await store.append("run-1", [large], expected_version=1, idempotency_key="k")
    changes.close()
    readers.close()
    writer.close()
    assert await verified(path) == first + second
