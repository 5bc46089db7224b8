"""Whose file it is, who may read it, and what a broken one says."""

import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from codecompanion.domain.envelope import Draft
from codecompanion.domain.errors import EnvironmentBroken, LogCorrupt
from codecompanion.ports import EventStore
from codecompanion.storage.migrations.plain_sql import newest
from codecompanion.storage.sqlite import open_sqlite

pytestmark = pytest.mark.anyio

DraftFactory = Callable[..., Draft]


def change(path: Path, statement: str) -> None:
    """Run a statement behind the store's back, with its triggers off."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TRIGGER IF EXISTS events_do_not_change")
        connection.execute(statement)


def answer(path: Path, question: str) -> object:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(question).fetchone()[0]


async def test_c141_the_files_are_for_their_owner_alone(path: Path, draft: DraftFactory) -> None:
    async with open_sqlite(path) as (store, _):
        await store.append("run-1", [draft()], expected_version=0)
        modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert modes == {"log.db": 0o600, "log.db-wal": 0o600, "log.db-shm": 0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700


async def test_a_name_with_odd_characters_is_a_name(tmp_path: Path, draft: DraftFactory) -> None:
    path = tmp_path / "a b?#%20ü" / "log?mode=memory.db"
    async with open_sqlite(path) as (store, _):
        await store.append("run-1", [draft()], expected_version=0)
    assert answer(path, "SELECT count(*) FROM events") == 1


async def test_the_log_is_there_when_the_file_is_opened_again(path: Path, draft: DraftFactory) -> None:
    async with open_sqlite(path) as (store, blobs):
        events = await store.append("run-1", [draft()], expected_version=0, idempotency_key="k")
        sha256 = await blobs.put(b"prompt")
    async with open_sqlite(path) as (store, blobs):
        assert await store.find("run-1", "k") == events
        assert await blobs.get(sha256) == b"prompt"


async def test_a_restored_copy_is_written_ahead_again(path: Path, draft: DraftFactory) -> None:
    async with open_sqlite(path) as (store, _):
        events = await store.append("run-1", [draft()], expected_version=0)
    change(path, "PRAGMA journal_mode = DELETE")
    async with open_sqlite(path) as (store, _):
        assert await store.read("run-1") == events
    assert answer(path, "PRAGMA journal_mode") == "wal"


async def test_c168_a_database_of_another_program_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    change(path, "CREATE TABLE bookmarks (url)")
    before = path.read_bytes()
    with pytest.raises(EnvironmentBroken, match="another program") as refused:
        async with open_sqlite(path):
            pass
    assert "choose another state folder" in refused.value.fix
    assert path.read_bytes() == before


async def test_c148_a_log_of_a_newer_program_is_refused(path: Path) -> None:
    async with open_sqlite(path):
        pass
    change(path, "PRAGMA user_version = 99")
    with pytest.raises(EnvironmentBroken, match="newer") as refused:
        async with open_sqlite(path):
            pass
    assert refused.value.cause == f"its schema is 99, this program knows {newest()}"
    assert "upgrade" in refused.value.fix


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    path.write_bytes(b"no database at all " * 100)
    with pytest.raises(EnvironmentBroken, match="cannot be used") as refused:
        async with open_sqlite(path):
            pass
    assert "move the file away" in refused.value.fix


@pytest.mark.parametrize("place", ["file/log.db", "folder"])
async def test_a_place_that_cannot_hold_the_file_is_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(EnvironmentBroken) as refused:
        async with open_sqlite(tmp_path / place):
            pass
    assert "state folder" in refused.value.fix


@pytest.mark.parametrize("statement", ["UPDATE events SET actor = 'somebody'", "DELETE FROM events"])
async def test_the_database_itself_keeps_the_log_append_only(path: Path, draft: DraftFactory, statement: str) -> None:
    async with open_sqlite(path) as (store, _):
        await store.append("run-1", [draft()], expected_version=0)
    with closing(sqlite3.connect(path)) as connection, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)


@pytest.mark.parametrize("value", ["'{'", "'[1]'", "x'ff'", "CAST(x'ff' AS TEXT)", "'{\"a\": NaN'"])
async def test_c166_f25_an_event_that_cannot_be_read_is_named(path: Path, draft: DraftFactory, value: str) -> None:
    async with open_sqlite(path) as (store, _):
        events = await store.append("run-1", [draft(n=n) for n in range(3)], expected_version=0, idempotency_key="k")
        change(path, f"UPDATE events SET data = {value} WHERE version = 2")
        for reading in (lambda: store.read("run-1"), store.read_all, lambda: store.find("run-1", "k")):
            with pytest.raises(LogCorrupt) as corrupt:
                await reading()
            assert (corrupt.value.stream_id, corrupt.value.version) == ("run-1", 2)
        assert await store.read("run-1", up_to_version=1) == events[:1]


@pytest.mark.parametrize("compressed", [b"", b"no zlib", zlib.compress(b"something else"), zlib.compress(b"prompt")[:-1]])
async def test_c171_f25_a_blob_that_was_changed_is_not_handed_out(path: Path, compressed: bytes) -> None:
    async with open_sqlite(path) as (_, blobs):
        sha256 = await blobs.put(b"prompt")
        change(path, f"UPDATE blobs SET compressed = x'{compressed.hex()}'")
        with pytest.raises(LogCorrupt, match=sha256):
            await blobs.get(sha256)


async def test_who_reads_does_not_wait_for_who_writes(path: Path, draft: DraftFactory) -> None:
    async with open_sqlite(path) as (store, _):
        events = await store.append("run-1", [draft()], expected_version=0)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(append, store, draft())
                with anyio.fail_after(30):
                    assert await store.read("run-1") == events
                other.execute("COMMIT")
        assert len(await store.read("run-1")) == 2


async def append(store: EventStore, draft: Draft) -> None:
    await store.append("run-1", [draft], expected_version=1)
