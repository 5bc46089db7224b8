"""Search by meaning, with an embedder that knows a few concepts, and vectors in the file of the memory."""

from dataclasses import replace

import pytest

from codecompanion.memory.file_vectors import FileVectors
from codecompanion.memory.meaning import Meaning
from codecompanion.memory.memory import ProjectMemory
from concepts import Concepts, remark
from histories import REQUEST
from memory_place import Place
from recorded_runs import record

pytestmark = pytest.mark.anyio


def with_meaning(place: Place, embedder: Concepts) -> ProjectMemory:
    return replace(place.memory, meaning=Meaning(embedder, FileVectors(place.memory.learner.file)))


async def test_a_note_is_found_by_what_it_means_when_no_word_is_the_same(place: Place) -> None:
    await record(place.store, "a", [REQUEST, remark("sleep is too long"), remark("the cost is rounded")])
    embedder = Concepts()
    memory = with_meaning(place, embedder)
    assert (await place.memory.search("price")).notes == ()
    found = await memory.search("price")
    assert [note.text for note in found.notes] == ["a reviewer found: the cost is rounded"]
    assert (found.by, found.missing) == (("words", "meaning"), "")
    assert embedder.asked[-1] == ["price", "as query"]


async def test_each_note_is_embedded_once_and_new_ones_later(place: Place) -> None:
    await record(place.store, "a", [REQUEST, remark("the cost is rounded")])
    embedder = Concepts()
    memory = with_meaning(place, embedder)
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
        memory = with_meaning(place, Concepts(fails=fails))
        found = await memory.search("rounded")
        assert len(found.notes) == 1
        assert (found.by, found.missing) == (("words",), "it is asleep: night")


async def test_vectors_of_two_embedders_are_kept_apart(place: Place) -> None:
    await record(place.store, "a", [REQUEST, remark("the cost is rounded")])
    first, second = Concepts(), Concepts(name="other")
    await with_meaning(place, first).search("price")
    await with_meaning(place, second).search("price")
    assert first.asked == second.asked


async def test_a_forgotten_note_has_no_vector_left(place: Place) -> None:
    await record(place.store, "a", [REQUEST, remark("the cost is rounded")])
    memory = with_meaning(place, Concepts())
    [note] = (await memory.search("price")).notes
    await memory.forget(note.handle)
    assert (await memory.search("price")).notes == ()
    left = await memory.learner.file.run(lambda connection: connection.execute("SELECT count(*) FROM meaning").fetchone())
    assert left == (0,)


@pytest.mark.parametrize(
    "vectors",
    [[], [[1.0], [1.0]], [[float("nan")]], [[]], [[0.5] * 16_001]],
    ids=["none", "too many", "no number", "no numbers", "too long"],
)
async def test_what_is_no_vector_of_each_text_is_refused(place: Place, vectors: list[list[float]]) -> None:
    await record(place.store, "a", [REQUEST, remark("the cost is rounded")])
    found = await with_meaning(place, Concepts(answer=vectors)).search("rounded")
    assert "no vector of each text" in found.missing
