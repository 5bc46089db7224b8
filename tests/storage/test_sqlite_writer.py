"""Jobs that wait for the writer share a commit, and only that."""

import sqlite3
from collections.abc import AsyncGenerator, Callable
from contextlib import closing
from pathlib import Path
from threading import Event as Gate

import anyio
import pytest
from anyio import to_thread

from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.storage.sqlite_schema import prepare
from codecompanion.storage.sqlite_writer import Writer

pytestmark = pytest.mark.anyio


@pytest.fixture
async def writer(path: Path) -> AsyncGenerator[Writer]:
    prepare(path)
    writer = Writer(path)
    yield writer
    await to_thread.run_sync(writer.close)


class Held:
    """A job that holds the writer, in its transaction, until it is let go."""

    def __init__(self) -> None:
        self.begun, self.let_go = Gate(), Gate()

    def __call__(self, connection: sqlite3.Connection) -> bool:
        self.begun.set()
        return self.let_go.wait(timeout=10) and connection.in_transaction


class Insert:
    """A job that writes one row, then fails if it is told to."""

    def __init__(self, sha256: str, *, error: Exception | None = None) -> None:
        self.sha256, self.error = sha256, error

    def __call__(self, connection: sqlite3.Connection) -> str:
        connection.execute("INSERT INTO blobs (sha256, compressed) VALUES (?, x'00')", (self.sha256,))
        if self.error is not None:
            raise self.error
        return self.sha256


def stored(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [sha256 for (sha256,) in connection.execute("SELECT sha256 FROM blobs ORDER BY sha256")]


async def test_a_job_that_fails_is_undone_alone(writer: Writer, path: Path) -> None:
    held, answers = Held(), dict[str, object]()

    async def ask(job: Insert) -> None:
        try:
            answers[job.sha256] = await writer.run(job)
        except (KeyError, sqlite3.IntegrityError) as error:
            answers[job.sha256] = type(error)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(writer.run, held)
        await to_thread.run_sync(held.begun.wait)
        for job in (Insert("a"), Insert("b", error=KeyError()), Insert("c")):
            tasks.start_soon(ask, job)
        await anyio.wait_all_tasks_blocked()
        assert stored(path) == []
        held.let_go.set()
    assert answers == {"a": "a", "b": KeyError, "c": "c"}
    assert stored(path) == ["a", "c"]
    await ask(Insert("a"))
    assert answers["a"] is sqlite3.IntegrityError


async def test_nobody_is_answered_before_the_commit(writer: Writer, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with anyio.move_on_after(0.2) as waited:
            await writer.run(Insert("a"))
        assert waited.cancelled_caught
        assert stored(path) == []
        other.execute("COMMIT")
    assert await writer.run(Insert("b")) == "b"


async def test_a_job_that_is_cancelled_before_its_turn_is_not_carried_out(writer: Writer, path: Path) -> None:
    held = Held()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(writer.run, held)
        await to_thread.run_sync(held.begun.wait)
        with anyio.move_on_after(0.05) as waited:
            await writer.run(Insert("a"))
        assert waited.cancelled_caught
        held.let_go.set()
    assert await writer.run(Insert("b")) == "b"
    assert stored(path) == ["b"]


def leave_an_orphan(connection: sqlite3.Connection) -> None:
    """Break a foreign key in a way that only the commit notices."""
    connection.execute("PRAGMA defer_foreign_keys = ON")
    connection.execute("INSERT INTO append_keys VALUES ('run-1', 'k', 1, 1)")


async def test_a_commit_that_fails_is_told_to_its_whole_group_and_to_nobody_else(writer: Writer, path: Path) -> None:
    held, refused = Held(), list[str]()

    async def ask(job: Callable[[sqlite3.Connection], object]) -> None:
        try:
            await writer.run(job)
        except sqlite3.IntegrityError as error:
            refused.append(str(error))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(writer.run, held)
        await to_thread.run_sync(held.begun.wait)
        tasks.start_soon(ask, Insert("a"))
        tasks.start_soon(ask, leave_an_orphan)
        await anyio.wait_all_tasks_blocked()
        held.let_go.set()
    assert refused == ["FOREIGN KEY constraint failed"] * 2
    assert await writer.run(Insert("b")) == "b"
    assert stored(path) == ["b"]


async def test_who_cannot_get_the_lock_is_told_and_can_try_again(writer: Writer, path: Path) -> None:
    await writer.run(lambda connection: connection.execute("PRAGMA busy_timeout = 0"))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(EnvironmentBroken) as broken:
            await writer.run(Insert("a"))
        assert "another process holds the log" in broken.value.fix
        other.execute("COMMIT")
    assert await writer.run(Insert("b")) == "b"
    assert stored(path) == ["b"]


async def test_closing_finishes_what_waits(path: Path) -> None:
    prepare(path)
    writer, held = Writer(path), Held()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(writer.run, held)
        await to_thread.run_sync(held.begun.wait)
        for sha256 in "abc":
            tasks.start_soon(writer.run, Insert(sha256))
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(to_thread.run_sync, writer.close)
        await anyio.wait_all_tasks_blocked()
        held.let_go.set()
    assert stored(path) == ["a", "b", "c"]
