"""What an agent sees of the repository is what is in its worktree now."""

from pathlib import Path

import anyio
import pytest

from codecompanion.agents.outlook import LIKELY_FILES, Outlook
from projects import write
from team_runs import stockroom

pytestmark = pytest.mark.anyio


@pytest.fixture
def outlook(tmp_path: Path) -> Outlook:
    repo = stockroom(tmp_path / "stockroom")
    return Outlook(repo, repo, tmp_path / "state", lambda _sentence: None)


async def test_the_files_are_those_git_takes_less_what_the_project_hides_from_agents(outlook: Outlook) -> None:
    write(outlook.root, {".agentsignore": "secret/\n", "secret/a.py": "x = 1\n", "new.py": "y = 1\n", ".git/x.py": ""})
    paths = await outlook.paths()
    assert "new.py" in paths
    assert "src/stockroom/stock.py" in paths
    assert not [path for path in paths if path.startswith(("secret/", ".git/"))]
    assert list(paths) == sorted(paths)


async def test_what_an_objective_names_comes_first(outlook: Outlook) -> None:
    lines = (await outlook.likely("a delivery note that lists an article twice")).splitlines()
    assert lines[0].startswith("- src/stockroom/deliveries.py (")
    assert len(lines) <= LIKELY_FILES


async def test_a_map_shows_signatures_within_its_budget(outlook: Outlook) -> None:
    large, small = await outlook.map("Stock.take", 2000), await outlook.map("Stock.take", 60)
    assert "def take(self, number: str, count: int) -> None" in large
    assert len(small) < len(large)
    assert "stock.py" in await outlook.map("", 2000), "without words it is a map of the whole"


async def test_a_symbol_is_found_where_it_is_defined_and_where_it_is_used(outlook: Outlook) -> None:
    said = await outlook.symbols("stockroom.stock.NotEnough")
    assert said.startswith("Defined:\n  src/stockroom/stock.py:8: class NotEnough(ValueError)\nUsed:\n")
    assert '  src/stockroom/stock.py:35: raise NotEnough(f"{there} of {number} are there, not {count}")' in said
    assert "  tests/test_stock.py:3: from stockroom.stock import NotEnough, Stock" in said


@pytest.mark.parametrize(("name", "said"), [("nothing_like_it", "Defined: nowhere\nUsed: nowhere"), ("  ", "Give a name")])
async def test_what_is_nowhere_is_said_to_be_nowhere(outlook: Outlook, name: str, said: str) -> None:
    assert (await outlook.symbols(name)).startswith(said)


async def test_it_looks_anew_each_time(outlook: Outlook) -> None:
    assert "nowhere" in (await outlook.symbols("fresh")).splitlines()[0]
    write(outlook.root, {"src/stockroom/fresh.py": "def fresh() -> int:\n    return 1\n"})
    assert "src/stockroom/fresh.py:1: def fresh() -> int" in await outlook.symbols("fresh")
    assert "fresh.py" in await outlook.likely("make fresh better")


async def test_what_has_not_changed_since_the_last_look_is_taken_from_it(outlook: Outlook) -> None:
    first = await outlook.project()
    write(outlook.root, {"src/stockroom/stock.py": "def recounted(): ...\n"})
    second = await outlook.project()
    assert second.place.corpus.tree is first.place.corpus.tree
    assert (await outlook.likely("recounted", second)).startswith("- src/stockroom/stock.py (recounted)")
    write(outlook.root, {"src/stockroom/later.py": "def recounted_later(): ...\n"})
    assert (await outlook.likely("recounted later")).startswith("- src/stockroom/later.py (recounted_later)")


async def test_the_files_are_indexed_beside_something_else_and_progress_is_told(tmp_path: Path) -> None:
    repo = stockroom(tmp_path / "stockroom")
    write(repo, {f"parts/part{n}.py": f"def part{n}() -> int:\n    return {n}\n" for n in range(1000)})
    said: list[str] = []
    all_told = anyio.Event()

    def hear(sentence: str) -> None:
        said.append(sentence)
        done, of = sentence.removeprefix("indexing: ").removesuffix(" files").split(" of ")
        if done == of:
            all_told.set()

    outlook = Outlook(repo, repo, tmp_path / "state", hear)
    with anyio.fail_after(60):
        async with outlook.warming():
            await all_told.wait()
    many = len(await outlook.paths())
    assert (said[0], said[-1]) == (f"indexing: 0 of {many} files", f"indexing: {many} of {many} files")
    told = len(said)
    assert "parts/part777.py" in await outlook.likely("part777")
    assert len(said) == told, "what is indexed already is not read again"
