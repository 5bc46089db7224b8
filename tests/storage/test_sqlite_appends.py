"""Appends that share a commit, and what the writer may remember of the ends of streams from one commit to the next."""

import sqlite3
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from pathlib import Path
from threading import Event as Gate
from typing import Any

import anyio
import pytest
from anyio import to_thread

from codecompanion.domain.envelope import Draft, Event, verify_chain
from codecompanion.domain.errors import VersionConflict
from codecompanion.storage.sqlite import open_sqlite
from codecompanion.storage.sqlite_appends import Append
from codecompanion.storage.sqlite_schema import prepare
from codecompanion.storage.sqlite_writer import Writer

pytestmark = pytest.mark.anyio

Make = Callable[..., Draft]


@pytest.fixture
async def writer(path: Path) -> AsyncGenerator[Writer]:
    prepare(path)
    writer = Writer(path)
    yield writer
    await to_thread.run_sync(writer.close)


def append(draft: Draft, *, stream: str = "run-1", after: int = 0, key: str | None = None) -> Append:
    return Append(stream, [draft], [draft.event_id], after, key)


def leave_an_orphan(connection: sqlite3.Connection) -> None:
    """Break a foreign key in a way that only the commit notices."""
    connection.execute("PRAGMA defer_foreign_keys = ON")
    connection.execute("INSERT INTO append_keys VALUES ('run-9', 'k', 1, 1)")


async def in_one_group(writer: Writer, *jobs: Callable[[sqlite3.Connection], object]) -> list[Any]:
    """Return what became of jobs that wait together, in their order."""
    begun, let_go, answers = Gate(), Gate(), list[Any](jobs)

    def hold(_connection: sqlite3.Connection) -> None:
        begun.set()
        let_go.wait(timeout=10)

    async def ask(place: int, job: Callable[[sqlite3.Connection], object]) -> None:
        try:
            answers[place] = await writer.run(job)
        except (VersionConflict, sqlite3.IntegrityError) as error:
            answers[place] = error

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(writer.run, hold)
        await to_thread.run_sync(begun.wait)
        for place, job in enumerate(jobs):
            tasks.start_soon(ask, place, job)
        await anyio.wait_all_tasks_blocked()
        let_go.set()
    return answers


async def test_those_that_share_a_commit_are_numbered_in_their_order(writer: Writer, draft: Make) -> None:
    answers = await in_one_group(writer, *(append(draft(), stream=stream, key="k") for stream in ("run-1", "run-2", "run-3")))
    assert [(one.stream_id, one.version, one.position) for [one] in answers] == [
        ("run-1", 1, 1),
        ("run-2", 1, 2),
        ("run-3", 1, 3),
    ]


async def test_of_two_for_the_same_place_the_first_is_stored_and_the_second_is_told(writer: Writer, draft: Make) -> None:
    first, second, next_one = await in_one_group(writer, append(draft()), append(draft()), append(draft(), after=1))
    assert isinstance(second, VersionConflict)
    assert verify_chain("run-1", [*first, *next_one]) == 2


async def test_one_that_repeats_a_key_is_answered_with_its_first_events_and_holds_up_nobody(
    writer: Writer, draft: Make
) -> None:
    said = draft()
    stored = await writer.run(append(said, key="k"))
    again, other, repeated_id = await in_one_group(
        writer,
        append(draft(), after=1, key="k"),
        append(draft(), stream="run-2", key="k"),
        append(said, after=1),
    )
    assert again == stored
    assert [one.position for one in other] == [2]
    assert repeated_id == stored


async def test_after_a_commit_that_failed_the_log_ends_where_it_ended(writer: Writer, draft: Make) -> None:
    [before] = await writer.run(append(draft()))
    refused = await in_one_group(writer, append(draft(), after=1), leave_an_orphan)
    assert [type(one) for one in refused] == [sqlite3.IntegrityError] * 2
    [after] = await writer.run(append(draft(), after=1))
    assert (after.version, after.position) == (2, 2)
    assert verify_chain("run-1", [before, after]) == 2


async def test_what_a_job_took_away_is_not_remembered(writer: Writer, draft: Make) -> None:
    await writer.run(append(draft()))
    await writer.run(lambda connection: connection.execute("DROP TRIGGER events_do_not_vanish"))
    await writer.run(lambda connection: connection.execute("DELETE FROM events"))
    [first] = await writer.run(append(draft()))
    assert (first.version, first.position) == (1, 1)


async def test_two_writers_of_one_file_take_turns_without_a_gap(path: Path, draft: Make) -> None:
    async with open_sqlite(path) as (one, _), open_sqlite(path) as (other, _):
        for version in range(0, 6, 2):
            await one.append("run-1", [draft()], expected_version=version)
            await one.append("run-2", [draft()], expected_version=version // 2)
            with suppress(VersionConflict):  # it knows better by now
                await other.append("run-1", [draft()], expected_version=version)
            await other.append("run-1", [draft()], expected_version=version + 1)
        log: list[Event] = await one.read_all()
        assert [event.position for event in log] == list(range(1, 10))
        assert verify_chain("run-1", await other.read("run-1")) == 6
        assert verify_chain("run-2", await other.read("run-2")) == 3
