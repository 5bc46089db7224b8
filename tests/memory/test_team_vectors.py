"""Machines of a team that keep their vectors in one database, with pgvector."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from anyio import to_thread

from codecompanion.domain.errors import DatabaseUnavailable
from codecompanion.memory.meaning import BATCH, Meaning
from codecompanion.memory.memory import ProjectMemory
from codecompanion.ports import EventStore
from codecompanion.storage.postgres_vectors import CLAIM_S, PostgresVectors, open_postgres_vectors
from codecompanion.storage.sqlite import open_sqlite
from concepts import Concepts, remark
from histories import REQUEST
from memory_place import memory_in
from postgres_server import answer, execute
from recorded_runs import record

pytestmark = pytest.mark.anyio

COST, SLEEP = "a reviewer found: the cost is rounded", "a reviewer found: sleep is too long"


@pytest.fixture
def url(pgvector_url: str) -> str:
    return pgvector_url


@pytest.fixture
async def vectors(url: str) -> AsyncGenerator[PostgresVectors]:
    async with open_postgres_vectors(url) as opened:
        assert (await opened.ready()).ok
        yield opened


@dataclass(frozen=True)
class Machines:
    """The machines of a team, which learn from one log."""

    folder: Path
    store: EventStore
    vectors: PostgresVectors
    url: str

    def machine(self, name: str, embedder: Concepts) -> ProjectMemory:
        memory = memory_in(self.folder / name, self.store)
        return replace(memory, meaning=Meaning(embedder, self.vectors), shared=self.vectors)

    async def rows(self) -> list[tuple[str, bool]]:
        """Return the ids of the notes in the table, and whether each has a vector."""
        rows = "SELECT coalesce(json_agg((note_id, vector IS NOT NULL) ORDER BY note_id), '[]')::text FROM memory_vectors"
        found: list[dict[str, Any]] = json.loads(await to_thread.run_sync(answer, self.url, rows))
        return [(row["f1"], row["f2"]) for row in found]


@pytest.fixture
async def team(tmp_path: Path, vectors: PostgresVectors, url: str) -> AsyncGenerator[Machines]:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    async with open_sqlite(tmp_path / "log.sqlite3") as (store, _):
        await record(store, "a", [REQUEST, remark("the cost is rounded", "sleep is too long")])
        yield Machines(tmp_path, store, vectors, url)


async def test_each_note_is_embedded_once_for_the_whole_team(team: Machines) -> None:
    first, second = Concepts(), Concepts()
    found = await team.machine("one", first).search("price")
    assert await team.machine("other", second).search("price") == found
    assert [note.text for note in found.notes] == [COST]
    assert (found.by, found.missing) == (("words", "meaning"), "")
    assert (sorted(first.told()), second.told()) == ([SLEEP, COST], [])
    await record(team.store, "b", [REQUEST, remark("erase it", "the cost is rounded")])
    await team.machine("other", second).search("price")
    await team.machine("one", first).search("price")
    assert (len(first.told()), second.told()) == (2, ["a reviewer found: erase it"])


async def test_two_machines_that_search_at_once_share_the_work(team: Machines) -> None:
    first, second = Concepts(), Concepts()
    one, other = team.machine("one", first), team.machine("other", second)
    meanwhile: list[Sequence[object]] = []

    async def search() -> None:
        meanwhile.append((await other.search("price")).notes)

    first.meanwhile = search
    found = await one.search("price")
    assert (len(found.notes), len(first.told()), second.told()) == (1, 2, [])
    assert meanwhile == [()], "who is not given a note to embed answers with what there is"
    assert (await other.search("price")).notes == found.notes


async def test_more_notes_than_one_request_takes_are_embedded_one_request_after_the_other(team: Machines) -> None:
    await record(team.store, "b", [REQUEST, *(remark(f"number {number} would cost much") for number in range(2 * BATCH))])
    first, second = Concepts(), Concepts()
    await team.machine("one", first).search("price", k=1000)
    await team.machine("other", second).search("price", k=1000)
    assert [len(texts) for texts in first.asked] == [BATCH, BATCH, 2, 2], "the notes, and what is asked"
    assert second.told() == []


async def test_what_a_machine_left_behind_is_embedded_by_another_one_a_minute_later(team: Machines, url: str) -> None:
    dead, second = Concepts(fails=0), Concepts()
    assert (await team.machine("one", dead).search("price")).missing == "it is asleep: night"
    await team.machine("other", second).search("price")
    assert second.told() == []
    later = f"UPDATE memory_vectors SET claimed_at = claimed_at - interval '{CLAIM_S + 1} s'"
    assert [has_vector for _, has_vector in await team.rows()] == [False, False]
    await to_thread.run_sync(execute, url, later)
    assert len((await team.machine("other", second).search("price")).notes) == 1
    assert sorted(second.told()) == [SLEEP, COST]


async def test_a_forgotten_note_has_no_vector_left_in_the_database(team: Machines) -> None:
    one = team.machine("one", Concepts())
    [note] = (await one.search("price")).notes
    assert len(await team.rows()) == 2
    without_embedder = replace(one, meaning=None)
    assert await without_embedder.forget(note.handle) == 1
    [(left, has_vector)] = await team.rows()
    assert (left != note.note_id, has_vector) == (True, True)


async def test_a_forgotten_run_and_a_forgotten_project_have_no_vectors_left(team: Machines) -> None:
    await record(team.store, "b", [REQUEST, remark("erase it", "the cost is rounded")])
    elsewhere = REQUEST.model_copy(update={"repo": "/home/user/other"})
    await record(team.store, "c", [elsewhere, remark("the cost is rounded")])
    one = team.machine("one", Concepts())
    other = replace(one, project=one.project.replace(":shop", ":other"))
    [kept] = (await other.search("price")).notes
    await one.search("price")
    assert len(await team.rows()) == 4
    assert await one.forget_run("b") == 1, "what the other run taught as well stays"
    assert len(await team.rows()) == 3
    assert await one.forget_all() == 2
    assert await team.rows() == [(kept.note_id, True)]


async def test_a_note_that_is_forgotten_while_the_embedder_has_its_text_gets_no_vector(team: Machines) -> None:
    embedder = Concepts()
    one = team.machine("one", embedder)
    [note] = (await replace(one, meaning=None).search("rounded")).notes
    embedder.meanwhile = lambda: one.forget(note.handle)
    assert (await one.search("price")).notes == ()
    assert [note_id for note_id, _ in await team.rows()] != [note.note_id]
    assert len(await team.rows()) == 1


class Interrupted:
    """Vectors that a search of another process puts back once, right after they were deleted."""

    def __init__(self, vectors: PostgresVectors, search: Callable[[], Awaitable[object]]) -> None:
        self._vectors = vectors
        self._search: Callable[[], Awaitable[object]] | None = search
        self.wanted, self.put, self.nearest = vectors.wanted, vectors.put, vectors.nearest

    async def forget(self, note_ids: Sequence[str]) -> None:
        await self._vectors.forget(note_ids)
        search, self._search = self._search, None
        if search is not None:
            await search()


async def test_what_another_search_puts_back_while_a_note_is_forgotten_is_deleted_as_well(team: Machines) -> None:
    embedder = Concepts()
    one = team.machine("one", embedder)
    [note] = (await one.search("price")).notes
    interrupted = Interrupted(team.vectors, lambda: one.search("price"))
    assert await replace(one, shared=interrupted).forget(note.handle) == 1
    assert embedder.told().count(COST) == 2, "it was put back"
    assert note.note_id not in dict(await team.rows())


async def test_nothing_is_forgotten_by_half(team: Machines, url: str) -> None:
    one = team.machine("one", Concepts())
    [note] = (await one.search("price")).notes
    async with open_postgres_vectors(f"{url}_gone") as away:
        with pytest.raises(DatabaseUnavailable):
            await replace(one, shared=away).forget(note.handle)
    assert (await one.show(note.handle)).note_id == note.note_id
    assert await one.forget(note.handle) == 1
