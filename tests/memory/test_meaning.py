"""Search by meaning, with an embedder that knows a few concepts, and with the two ways to compare vectors."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from codecompanion.domain.errors import ModelUnavailable
from codecompanion.domain.events import ReviewCompleted
from codecompanion.memory.meaning import Meaning
from histories import REQUEST
from memory_place import Place
from recorded_runs import record

pytestmark = pytest.mark.anyio

CONCEPTS = (("price", "cost", "expensive"), ("wait", "sleep", "delay"), ("delete", "remove", "erase"))
COMPARE = Path(__file__).with_name("compare_vectors.py")


@dataclass
class Concepts:
    """An embedder with one dimension for each concept; `fails` after so many requests; `answer` is given instead."""

    name: str = "concepts"
    dimensions: int = len(CONCEPTS)
    asked: list[list[str]] = field(default_factory=list[list[str]])
    fails: int | None = None
    answer: list[list[float]] | None = None

    async def embed(self, texts: Sequence[str], *, as_query: bool = False) -> list[list[float]]:
        if self.fails is not None and len(self.asked) >= self.fails:
            raise ModelUnavailable("it is asleep", cause="night")
        self.asked.append([*texts, *(["as query"] if as_query else [])])
        if self.answer is not None:
            return self.answer
        return [[float(sum(word in text for word in words)) for words in CONCEPTS] for text in texts]


def remark(*findings: str) -> ReviewCompleted:
    return ReviewCompleted(
        task_id="review", attempt=1, reviewed=("code",), score=60, accepted=False, findings=findings, model="x:y"
    )


async def test_a_note_is_found_by_what_it_means_when_no_word_is_the_same(place: Place) -> None:
    await record(place.store, "a", [REQUEST, remark("sleep is too long"), remark("the cost is rounded")])
    embedder = Concepts()
    memory = replace(place.memory, meaning=Meaning(embedder))
    assert (await place.memory.search("price")).notes == ()
    found = await memory.search("price")
    assert [note.text for note in found.notes] == ["a reviewer found: the cost is rounded"]
    assert (found.by, found.missing) == (("words", "meaning"), "")
    assert embedder.asked[-1] == ["price", "as query"]


async def test_each_note_is_embedded_once_and_new_ones_later(place: Place) -> None:
    await record(place.store, "a", [REQUEST, remark("the cost is rounded")])
    embedder = Concepts()
    memory = replace(place.memory, meaning=Meaning(embedder))
    await memory.search("price")
    await memory.search("price")
    await record(place.store, "b", [REQUEST, remark("erase it", "the cost is rounded")])
    await memory.search("price")
    assert [texts for texts in embedder.asked if texts[-1] != "as query"] == [
        ["a reviewer found: the cost is rounded"],
        ["a reviewer found: erase it"],
    ]


async def test_an_embedder_that_does_not_answer_leaves_the_words_and_is_told(place: Place) -> None:
    await record(place.store, "a", [REQUEST, remark("the cost is rounded")])
    for fails in (0, 1):
        memory = replace(place.memory, meaning=Meaning(Concepts(fails=fails)))
        found = await memory.search("rounded")
        assert len(found.notes) == 1
        assert (found.by, found.missing) == (("words",), "it is asleep: night")


async def test_vectors_of_two_embedders_are_kept_apart(place: Place) -> None:
    await record(place.store, "a", [REQUEST, remark("the cost is rounded")])
    first, second = Concepts(), Concepts(name="other")
    await replace(place.memory, meaning=Meaning(first)).search("price")
    await replace(place.memory, meaning=Meaning(second)).search("price")
    assert first.asked == second.asked


async def test_a_forgotten_note_has_no_vector_left(place: Place) -> None:
    await record(place.store, "a", [REQUEST, remark("the cost is rounded")])
    memory = replace(place.memory, meaning=Meaning(Concepts()))
    [note] = (await memory.search("price")).notes
    await memory.forget(note.handle)
    assert (await memory.search("price")).notes == ()
    left = await memory.learner.file.run(lambda connection: connection.execute("SELECT count(*) FROM meaning").fetchone())
    assert left == (0,)


@pytest.mark.parametrize("vectors", [[], [[1.0], [1.0]], [[float("nan")]]], ids=["none", "too many", "no number"])
async def test_what_is_no_vector_of_each_text_is_refused(place: Place, vectors: list[list[float]]) -> None:
    await record(place.store, "a", [REQUEST, remark("the cost is rounded")])
    found = await replace(place.memory, meaning=Meaning(Concepts(answer=vectors))).search("rounded")
    assert "no vector of each text" in found.missing


def python_that_loads_extensions() -> str | None:
    """Return a Python of this version whose SQLite loads extensions: this one, or the system's."""
    names = (sys.executable, shutil.which(f"python{sys.version_info[0]}.{sys.version_info[1]}", path="/usr/bin:/usr/local/bin"))
    question = "import sqlite3, sys; sys.exit(not hasattr(sqlite3.Connection, 'enable_load_extension'))"
    return next((name for name in names if name and subprocess.run([name, "-c", question], check=False).returncode == 0), None)


@pytest.mark.skipif(python_that_loads_extensions() is None, reason="no Python of this version here loads SQLite extensions")
def test_sqlite_vec_and_numpy_find_the_same(tmp_path: Path) -> None:
    python = python_that_loads_extensions()
    assert python is not None
    path = [str(Path(__file__).parents[2] / "src"), *(place for place in sys.path if place.endswith("site-packages"))]
    done = subprocess.run(
        [python, str(COMPARE), str(tmp_path)],
        env={"PYTHONPATH": ":".join(path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["version"].startswith("v")
    assert len(answer["numpy"]) > 10
    assert [key for key, _ in answer["sqlite_vec"]] == [key for key, _ in answer["numpy"]]
    for (_, one), (_, other) in zip(answer["sqlite_vec"], answer["numpy"], strict=True):
        assert one == pytest.approx(other, abs=1e-5)
