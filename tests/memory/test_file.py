"""The memory's file: damaged, of another program, of a later version, on a bad disk, and used by several processes."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.memory.file import MemoryDamaged, MemoryFile
from memory_place import Place
from recorded_runs import SOLVED, record

pytestmark = pytest.mark.anyio

PROCESS = Path(__file__).with_name("learning_process.py")
TESTS = Path(__file__).parents[1]


def count(connection: sqlite3.Connection) -> int:
    return connection.execute("SELECT count(*) FROM note").fetchone()[0]


def damage_header(path: Path) -> None:
    path.write_bytes(b"this is no database" * 100)


def damage_pages(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[1024:] = os.urandom(len(content) - 1024)
    path.write_bytes(content)


def of_another_program(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE other (a)")


@pytest.mark.parametrize("damage", [damage_header, damage_pages, of_another_program])
async def test_a_damaged_file_is_set_aside_and_learned_again(place: Place, damage: object) -> None:
    await record(place.store, "a", SOLVED)
    assert len((await place.memory.search("sale tests")).notes) == 2
    path = place.folder / "memory.sqlite3"
    assert callable(damage)
    damage(path)
    spoiled = path.read_bytes()
    assert len((await place.memory.search("sale tests")).notes) == 2
    assert (place.folder / "memory.sqlite3.damaged").read_bytes() == spoiled


async def test_what_was_set_aside_does_not_outlive_forgetting(place: Place) -> None:
    await record(place.store, "a", SOLVED)
    note = (await place.memory.search("sale")).notes[0]
    content = bytearray((place.folder / "memory.sqlite3").read_bytes())
    content[:16] = b"0" * 16
    (place.folder / "memory.sqlite3").write_bytes(content)
    await place.memory.forget(note.handle)
    assert note.text.encode() not in place.bytes_on_disk()


async def test_a_file_that_is_cut_off_is_set_aside(place: Place) -> None:
    await record(place.store, "a", SOLVED)
    await place.memory.learn()
    with (place.folder / "memory.sqlite3").open("r+b") as file:
        file.truncate(5000)
    assert len((await place.memory.search("sale tests")).notes) == 2


async def test_two_jobs_that_meet_the_same_damage_set_one_file_aside(tmp_path: Path) -> None:
    file = MemoryFile(tmp_path / "memory.sqlite3")
    damage_header(file.path)
    with pytest.raises(MemoryDamaged, match="was damaged"):
        await file.run(count)
    assert await file.run(count) == 0
    assert await file.run(count) == 0
    assert file.damaged.read_bytes().startswith(b"this is no database")


async def test_a_file_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    file = MemoryFile(tmp_path / "memory.sqlite3")
    await file.run(count)
    with closing(sqlite3.connect(file.path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(EnvironmentBroken, match="newer CodeCompanion"):
        await file.run(count)
    assert not file.damaged.exists()


async def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    with pytest.raises(EnvironmentBroken, match="cannot be made"):
        await MemoryFile(tmp_path / "state/memory.sqlite3").run(count)


async def test_a_job_that_fails_leaves_nothing(tmp_path: Path) -> None:
    file = MemoryFile(tmp_path / "memory.sqlite3")

    def job(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO mark VALUES (1, 'x')")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await file.run(job, writes=True)
    assert await file.run(lambda connection: connection.execute("SELECT * FROM mark").fetchall()) == []


async def test_processes_that_learn_at_once_learn_everything_once(place: Place) -> None:
    for number in range(30):
        await record(place.store, f"run-{number}", SOLVED)
    processes = [_learning(place.folder) for _ in range(4)]
    for process in processes:
        _begin(process)
    assert [process.wait(60) for process in processes] == [0] * 4
    found = await place.memory.search("sale tests")
    assert [len(note.sources) for note in found.notes] == [30, 30]


async def test_a_process_that_is_killed_while_it_learns_leaves_a_memory_that_can_be_completed(place: Place) -> None:
    for number in range(60):
        await record(place.store, f"run-{number}", SOLVED)
    for delay_s in (0.0, 0.01, 0.03, 0.06, 0.1):
        process = _learning(place.folder)
        _begin(process)
        await anyio.sleep(delay_s)
        process.send_signal(signal.SIGKILL)
        process.wait(60)
    found = await place.memory.search("sale tests")
    assert [len(note.sources) for note in found.notes] == [60, 60]


def _learning(folder: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, str(PROCESS), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def _begin(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    process.stdin.close()
    assert process.stdout is not None
    process.stdout.close()
