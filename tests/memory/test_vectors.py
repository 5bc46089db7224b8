"""What all indexes of vectors promise: sqlite-vec and numpy on the file of the memory, pgvector in a database."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import anyio
import pytest

from codecompanion.memory.file_vectors import by_numpy
from codecompanion.storage.postgres_vectors import open_postgres_vectors
from vector_contract import (
    ASKED,
    BATCH,
    NOTES,
    OPPOSITE,
    OTHER_NOTE,
    SHORT,
    TWINS,
    expected,
    file_outcomes,
    outcomes,
)

CONTRACT = Path(__file__).parents[1] / "vector_contract.py"
Told = Mapping[str, Any]


def python_that_loads_extensions() -> str | None:
    """Return a Python of this version whose SQLite loads extensions: this one, or the system's."""
    names = (sys.executable, shutil.which(f"python{sys.version_info[0]}.{sys.version_info[1]}", path="/usr/bin:/usr/local/bin"))
    question = "import sqlite3, sys; sys.exit(not hasattr(sqlite3.Connection, 'enable_load_extension'))"
    return next((name for name in names if name and subprocess.run([name, "-c", question], check=False).returncode == 0), None)


def told_by_sqlite_vec(folder: Path) -> Told:
    python = python_that_loads_extensions()
    if python is None:
        pytest.skip("no Python of this version here loads SQLite extensions")
    path = [str(Path(__file__).parents[2] / "src"), *(place for place in sys.path if place.endswith("site-packages"))]
    done = subprocess.run(
        [python, str(CONTRACT), str(folder)],
        env={"PYTHONPATH": os.pathsep.join(path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


async def told_by_pgvector(url: str) -> Told:
    async with open_postgres_vectors(url) as index:
        readiness = await index.ready()
        assert readiness.ok, readiness
        return await outcomes(index)


@pytest.fixture(scope="module", params=["numpy", "sqlite-vec", "pgvector"])
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """What one index answers, asked once for all the tests."""
    folder = tmp_path_factory.mktemp("memory")
    match request.param:
        case "numpy":
            return anyio.run(file_outcomes, folder, by_numpy)
        case "sqlite-vec":
            return told_by_sqlite_vec(folder)
        case _:
            with request.getfixturevalue("pgvector").database() as url:
                return anyio.run(told_by_pgvector, url)


def same(answer: Sequence[Sequence[Any]], wanted: Sequence[tuple[str, float]]) -> bool:
    """Return whether notes and their order are the same, and distances as far as 32 bits can tell."""
    if [note_id for note_id, _ in answer] != [note_id for note_id, _ in wanted]:
        return False
    return [distance for _, distance in answer] == pytest.approx([distance for _, distance in wanted], abs=1e-6)


def test_the_nearest_are_those_of_plain_arithmetic_the_nearest_first(told: Told) -> None:
    assert same(told["nearest"], expected(NOTES, 40))
    assert [note_id for note_id, _ in told["nearest"][: len(TWINS)]] == sorted(TWINS), (
        "equally near ones are in the order of their ids"
    )


def test_what_has_nothing_to_do_with_what_is_asked_is_left_out(told: Told) -> None:
    assert same(told["all"], expected(NOTES, 1000))
    assert 100 < len(told["all"]) < 200


def test_only_notes_that_are_asked_among_are_found(told: Told) -> None:
    assert same(told["among some"], expected(NOTES[::7], 40))
    assert told["among none"] == []


def test_vectors_of_another_length_are_not_compared(told: Told) -> None:
    assert same(told["shorter"], [(SHORT, 0.0)])


def test_each_note_is_wanted_once_in_order(told: Told) -> None:
    assert told["wanted of none"] == NOTES[:BATCH]
    assert told["wanted in all"] == NOTES


def test_embedders_and_projects_are_kept_apart(told: Told) -> None:
    assert told["wanted by another embedder"] == list(TWINS)
    assert same(told["of another embedder"], [(TWINS[1], 0.0)])
    assert same(told["of the first embedder"], expected(NOTES, 40))
    assert told["wanted of another project"] == [OTHER_NOTE]
    assert same(told["of another project"], [(OTHER_NOTE, 0.0)])


def test_a_vector_that_is_put_anew_replaces_the_old_one_and_that_of_an_unknown_note_is_not_kept(told: Told) -> None:
    assert same(told["put anew"], [(OPPOSITE, 0.0)])


def test_forgotten_notes_are_found_by_no_embedder(told: Told) -> None:
    left = [note_id for note_id in NOTES if note_id not in (OPPOSITE, *TWINS)]
    assert same(told["after forgetting"], expected(left, 40))
    assert told["of another embedder after forgetting"] == []


def test_the_numbers_are_worth_comparing() -> None:
    assert len(expected(NOTES, 40)) == 40
    assert sorted(TWINS) not in (TWINS, TWINS[::-1])
    assert abs(sum(number * number for number in ASKED) - 1) < 1e-12
