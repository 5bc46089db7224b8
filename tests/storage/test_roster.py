"""The contract of every Roster: silence is measured by its own clock."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest

from codecompanion.ports import Attendance, Roster
from codecompanion.storage.memory_roster import MemoryRoster
from codecompanion.storage.postgres import open_postgres
from codecompanion.storage.sqlite import open_sqlite
from codecompanion.storage.sqlite_readers import Readers
from codecompanion.storage.sqlite_roster import SqliteRoster
from codecompanion.storage.sqlite_schema import prepare
from codecompanion.storage.sqlite_writer import Writer
from postgres_server import execute

pytestmark = pytest.mark.anyio

ONE = Attendance("w1", "here:1", 2, lease_s=15.0)


@pytest.fixture
async def roster(kind: str, url: str, path: Path) -> AsyncGenerator[Roster]:
    match kind:
        case "memory":
            yield MemoryRoster(anyio.current_time)
        case "sqlite":
            async with open_sqlite(path) as (store, _blobs):
                yield store.roster()
        case _:
            async with open_postgres(url) as (store, _blobs):
                yield store.roster()


async def test_who_comes_and_goes_is_known(roster: Roster) -> None:
    assert await roster.present() == []
    await roster.beat(Attendance("w2", "there:7", 1, lease_s=2.0))
    await roster.beat(ONE)
    first, second = await roster.present()
    assert (first.worker, first.place, first.size, first.lease_s, first.draining) == ("w1", "here:1", 2, 15.0, False)
    assert 0 <= first.silent_s < 15
    assert second.worker == "w2"
    await roster.beat(Attendance("w1", "here:1", 2, lease_s=15.0, draining=True))
    assert [one.draining for one in await roster.present()] == [True, False]
    await roster.leave("w2")
    await roster.leave("nobody")
    assert [one.worker for one in await roster.present()] == ["w1"]


async def test_silence_grows_until_a_word_is_heard(roster: Roster) -> None:
    await roster.beat(ONE)
    await anyio.sleep(0.05)
    [one] = await roster.present()
    assert one.silent_s >= 0.05
    await roster.beat(ONE)
    [again] = await roster.present()
    assert again.silent_s < one.silent_s


@dataclass
class Hands:
    """A clock that is set by hand."""

    at: float = 1000.0

    def __call__(self) -> float:
        return self.at


async def test_f26_a_lease_is_over_after_its_silence_and_a_restart_of_the_machine_ends_all(path: Path) -> None:
    prepare(path)
    hands, writer, readers = Hands(), Writer(path), Readers(path)
    roster = SqliteRoster(writer, readers, seconds=hands)
    await roster.beat(ONE)
    hands.at += 14.9
    assert [one.holds for one in await roster.present()] == [True]
    hands.at += 0.2
    assert [one.holds for one in await roster.present()] == [False]
    hands.at = 5.0  # the monotonic clock begins anew
    assert await roster.present() == []
    await roster.beat(Attendance("w3", "here:9", 1, lease_s=15.0))
    assert [one.worker for one in await roster.present()] == ["w3"]
    readers.close()
    writer.close()


async def test_f26_in_a_database_the_time_is_the_servers(postgres_url: str) -> None:
    async with open_postgres(postgres_url) as (store, _blobs):
        roster = store.roster()
        await roster.beat(ONE)
        await anyio.to_thread.run_sync(
            execute,
            postgres_url,
            "SET search_path TO codecompanion; UPDATE workers SET heard_at = heard_at - interval '20 seconds'",
        )
        [silent] = await roster.present()
        assert not silent.holds
        await roster.beat(ONE)
        [heard] = await roster.present()
        assert heard.holds
