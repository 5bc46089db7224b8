import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from codecompanion.domain.errors import EnvironmentBroken, ModelUnavailable
from codecompanion.workspace.retrieval.answer import answer, located
from codecompanion.workspace.retrieval.meaning import Meaning, nearness
from codecompanion.workspace.retrieval.project import Project, open_project
from codecompanion.workspace.retrieval.vectors import VectorFile

pytestmark = pytest.mark.anyio
ABOUT = (("login", "password", "sign"), ("price", "money", "cost"), ("letter", "mail", "post"))
"""Words that mean about the same: one dimension each."""


class Dictionary:
    """Embeds a text by which of the meanings it knows stand there."""

    name = "dictionary"
    dimensions = len(ABOUT)

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def embed(self, texts: Sequence[str], *, as_query: bool = False) -> list[list[float]]:
        self.seen += [] if as_query else texts
        return [[sum(text.lower().count(word) for word in words) + 0.1 for words in ABOUT] for text in texts]


@pytest.fixture
async def project(repo: Path, tmp_path: Path) -> Project:
    (repo / "gate.py").write_text("def check(password):\n    return hash(password)\n")
    (repo / "till.py").write_text("def total(prices):\n    return sum(prices)\n")
    (repo / "box.py").write_text("def send(letter):\n    return letter\n")
    return await open_project(repo, tmp_path, on_progress=nothing, say=print)


@pytest.fixture
def vectors(tmp_path: Path) -> VectorFile:
    return VectorFile(tmp_path / "deep" / "vectors.sqlite3")


def nothing(_done: int, _of: int) -> None: ...


async def test_a_file_that_means_the_same_in_other_words_moves_up(project: Project, vectors: VectorFile) -> None:
    objective = "nobody can sign in"
    assert located(project, answer(project, objective), 3) == []
    near = await nearness(project, objective, Meaning(Dictionary(), vectors, str), nothing)
    [first, *_] = located(project, answer(project, objective, near), 3, explain=True)
    assert (first.path, first.reasons[0].signal) == ("gate.py", "meaning")


async def test_only_new_contents_are_embedded(project: Project, vectors: VectorFile, tmp_path: Path) -> None:
    await nearness(project, "cost", Meaning(Dictionary(), vectors, str), nothing)
    again = Dictionary()
    (project.root / "box.py").write_text("def send(mail):\n    return mail\n")
    project = await open_project(project.root, tmp_path, on_progress=nothing, say=print)
    told: list[tuple[int, int]] = []
    near = await nearness(project, "post", Meaning(again, vectors, str), lambda done, of: told.append((done, of)))
    assert [text.partition("\n")[0] for text in again.seen] == ["box.py"]
    assert told == [(0, 1)]
    assert project.place.corpus.paths[int(near.argmax())] == "box.py"


async def test_vectors_of_another_maker_or_length_are_not_compared(project: Project, vectors: VectorFile) -> None:
    class Longer(Dictionary):
        async def embed(self, texts: Sequence[str], *, as_query: bool = False) -> list[list[float]]:
            return [[*vector, 1.0] for vector in await super().embed(texts, as_query=as_query)]

    class Other(Dictionary):
        name = "other"

    await nearness(project, "cost", Meaning(Dictionary(), vectors, str), nothing)
    for embedder in (Longer(), Other()):
        await nearness(project, "cost", Meaning(embedder, vectors, str), nothing)
        assert len(embedder.seen) == len([kind for kind in project.place.corpus.sources if kind])


async def test_an_embedder_that_answers_with_less_is_refused_and_what_was_paid_is_kept(
    project: Project, vectors: VectorFile, tmp_path: Path
) -> None:
    class Tires(Dictionary):
        async def embed(self, texts: Sequence[str], *, as_query: bool = False) -> list[list[float]]:
            made = await super().embed(texts, as_query=as_query)
            return made[1:] if len(self.seen) > 64 else made

    for number in range(80):
        (project.root / f"part{number}.py").write_text(f"part = {number}\n")
    project = await open_project(project.root, tmp_path, on_progress=nothing, say=print)
    with pytest.raises(ModelUnavailable, match="made 19 vectors of 20 texts"):
        await nearness(project, "cost", Meaning(Tires(), vectors, str), nothing)
    rest = Dictionary()
    await nearness(project, "cost", Meaning(rest, vectors, str), nothing)
    assert len(rest.seen) == 20


async def test_a_damaged_file_of_vectors_is_told(project: Project, vectors: VectorFile, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "vectors.sqlite3").write_bytes(b"no database" * 1000)
    with pytest.raises(EnvironmentBroken, match="cannot be used"):
        await nearness(project, "cost", Meaning(Dictionary(), vectors, str), nothing)


async def test_two_may_keep_the_same_vector(project: Project, vectors: VectorFile, tmp_path: Path) -> None:
    for _ in range(2):
        await nearness(project, "cost", Meaning(Dictionary(), vectors, str), nothing)
    with closing(sqlite3.connect(tmp_path / "deep" / "vectors.sqlite3")) as connection:
        [count] = connection.execute("SELECT COUNT(*) FROM vector").fetchone()
    assert count == project.place.corpus.sources.sum()
