import sqlite3
from pathlib import Path

import anyio
import pytest

from codecompanion.domain.errors import BadInput
from codecompanion.workspace.retrieval.answer import answer, located
from codecompanion.workspace.retrieval.background import indexing
from codecompanion.workspace.retrieval.index import open_index
from codecompanion.workspace.retrieval.project import Project, index_path, open_project

pytestmark = pytest.mark.anyio
FILES = 1200


@pytest.fixture
def many(repo: Path) -> Path:
    for number in range(FILES):
        (repo / f"part{number}.py").write_text(f"def part{number}():\n    return {number}\n")
    return repo


def nothing(_done: int, _of: int) -> None: ...


def best(project: Project, objective: str) -> str:
    return located(project, answer(project, objective), 1)[0].path


async def test_the_index_is_built_while_the_caller_does_something_else(many: Path, tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    turns = 0
    async with indexing(many, tmp_path, on_progress=lambda done, of: heard.append((done, of)), say=print) as index:
        while not index.ready:
            turns += 1
            await anyio.sleep(0.001)
        assert best(await index.project(), "part777") == "part777.py"
    assert turns > 3
    assert heard[0] == (0, FILES + 3)
    assert heard[-1] == (FILES + 3, FILES + 3) == (index.done, index.of)


async def test_who_leaves_early_leaves_a_good_index_that_goes_on_from_there(many: Path, tmp_path: Path) -> None:
    # Leaves when the first files are committed and the next are being read.
    second = anyio.Event()

    def at_second(done: int, _of: int) -> None:
        if done:
            anyio.from_thread.run_sync(second.set)

    with anyio.fail_after(30):
        async with indexing(many, tmp_path, on_progress=at_second, say=print) as index:
            await second.wait()
    assert not index.ready
    with sqlite3.connect(index_path(tmp_path, many)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        [kept] = connection.execute("SELECT COUNT(*) FROM file").fetchone()
    connection.close()
    assert 0 < kept < FILES
    said: list[str] = []
    changed: list[int] = []
    project = await open_project(many, tmp_path, on_progress=lambda _done, of: changed.append(of), say=said.append)
    assert changed[-1] == FILES + 3 - kept
    assert (best(project, "part1199"), said) == ("part1199.py", [])


async def test_who_waits_for_another_process_can_leave(repo: Path, tmp_path: Path) -> None:
    with open_index(index_path(tmp_path, repo), lambda: None), anyio.move_on_after(0.3) as waited, anyio.fail_after(30):
        await open_project(repo, tmp_path, on_progress=nothing, say=print)
    assert waited.cancelled_caught
    assert best(await open_project(repo, tmp_path, on_progress=nothing, say=print), "add") == "calc.py"


async def test_what_goes_wrong_is_told_to_who_asks_and_to_nobody_else(repo: Path, tmp_path: Path) -> None:
    async with indexing(repo / "gone", tmp_path, on_progress=nothing, say=print) as index:
        while not index.ready:  # noqa: ASYNC110 - nobody asks for the project: that is what is tested
            await anyio.sleep(0.001)
    with pytest.raises(BadInput, match="does not exist"):
        async with indexing(repo / "gone", tmp_path, on_progress=nothing, say=print) as index:
            await index.project()


async def test_an_error_of_the_caller_comes_out_as_it_is(repo: Path, tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        async with indexing(repo, tmp_path, on_progress=nothing, say=print):
            raise ZeroDivisionError
