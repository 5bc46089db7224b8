"""Reading on in the log: what moves, breaks or lies there."""

import logging
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from codecompanion.domain.commands import Command
from codecompanion.domain.envelope import Draft
from codecompanion.domain.memory import learned_from
from codecompanion.memory.file import MemoryFile
from codecompanion.memory.forgotten import Forgotten
from codecompanion.memory.keeping import keep
from codecompanion.storage.sqlite import open_sqlite
from histories import MEASURED, REQUEST, commands, history
from memory_place import GONE, PROJECT, Place, memory_in
from recorded_runs import SOLVED, events, record

pytestmark = pytest.mark.anyio


async def test_a_log_that_was_replaced_is_read_from_its_beginning(tmp_path: Path) -> None:
    for run, count in (("a", 2), ("b", 2)):
        async with open_sqlite(tmp_path / f"{run}.sqlite3") as (store, _):
            await record(store, run, SOLVED)
            memory = memory_in(tmp_path, store)
            assert await memory.learn() == count
            assert await memory.learn() == 0
    [note] = (await memory.search("sale", 1)).notes
    assert [source.run_id for source in note.sources] == ["b", "a"]


async def test_a_run_whose_repository_has_gone_teaches_nothing_and_the_others_do(place: Place) -> None:
    await record(place.store, "a", [REQUEST.model_copy(update={"repo": GONE}), *SOLVED[1:]])
    await record(place.store, "b", SOLVED)
    assert await place.memory.learn() == 2


async def test_a_run_that_cannot_be_read_is_left_out_and_told(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    broken = Draft("1" * 32, "BaseMeasured", 1, "2026-01-01T00:00:00.000000Z", {"counts": "many"}, "builtin")
    await record(place.store, "a", SOLVED)
    await place.store.append("a", [broken], expected_version=len(SOLVED))
    await record(place.store, "b", SOLVED)
    with caplog.at_level(logging.WARNING):
        assert await place.memory.learn() == 2
    assert "nothing is learned from run a" in caplog.text


async def test_a_stream_that_is_no_run_teaches_nothing(place: Place) -> None:
    await record(place.store, "a", [MEASURED.model_copy(update={"flaky": ("t::x",)})])
    assert await place.memory.learn() == 0


async def test_secrets_that_the_log_keeps_in_names_are_masked(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path / "log.sqlite3") as (store, _):
        await record(store, "a", [REQUEST, MEASURED.model_copy(update={"flaky": ("t::x[hunter2hunter2]",)})])
        memory = memory_in(tmp_path, store, redact=lambda text: text.replace("hunter2hunter2", "[redacted]"))
        [note] = (await memory.search("flaky")).notes
    assert "t::x[[redacted]]" in note.text
    assert b"hunter2" not in (tmp_path / "memory.sqlite3").read_bytes()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(commands)
async def test_learning_is_idempotent_and_does_not_depend_on_order(
    tmp_path_factory: pytest.TempPathFactory, asked: list[Command]
) -> None:
    folder = tmp_path_factory.mktemp("memory")
    items = [item for run in ("a", "b") for item in learned_from(PROJECT, events(run, history(asked)))]
    orders = (items, items[::-1], [*items, *items])
    files = [MemoryFile(folder / f"memory{number}.sqlite3") for number in range(len(orders))]
    for file, order in zip(files, orders, strict=True):
        assert await file.run(partial(keep, items=order, forgotten=()), writes=True) == len(items)
        assert await file.run(partial(keep, items=order, forgotten=()), writes=True) == 0
    first, *others = [await file.run(everything) for file in files]
    assert all(other == first for other in others)


def everything(connection: sqlite3.Connection) -> list[tuple[str, ...]]:
    """Return all notes and sources, without the numbers that depend on their order."""
    return connection.execute(
        "SELECT item_id, event_id, note_id, text, first_at, last_at FROM source JOIN note ON note = key ORDER BY item_id"
    ).fetchall()


async def test_the_ids_of_what_was_forgotten_survive_a_torn_line(tmp_path: Path) -> None:
    forgotten = Forgotten(tmp_path / "memory.forgotten")
    assert forgotten.ids() == frozenset()
    forgotten.add(["a" * 64])
    with (tmp_path / "memory.forgotten").open("a") as file:
        file.write("b" * 20)
    forgotten.add(["c" * 64])
    assert forgotten.ids() == {"a" * 64, "c" * 64}
    assert (tmp_path / "memory.forgotten").stat().st_mode & 0o777 == 0o600


async def test_the_memory_is_for_its_owner_only(place: Place) -> None:
    await record(place.store, "a", SOLVED)
    await place.memory.learn()
    assert (place.folder / "memory.sqlite3").stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(place.folder / "memory.sqlite3")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
