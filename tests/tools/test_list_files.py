import pytest

import projects
from agent_world import World
from codecompanion.tools.list_files import list_files

pytestmark = pytest.mark.anyio


async def test_files_have_sizes_and_what_is_ignored_is_counted(world: World) -> None:
    projects.write(
        world.root, {"a/b/c/d.py": "1\n", "a/b/e.py": "22\n", ".agentsignore": "private/\n", "private/x": "", "x.pyc": ""}
    )
    projects.write(world.root, {".gitignore": "*.pyc\n"})
    text = await world.call(list_files)
    assert text.split("\n") == [
        ".: 7 files",
        ".agentsignore  9 B",
        ".gitignore  6 B",
        "a/b/  (2 files)",
        "conftest.py  0 B",
        f"shop.py  {(world.root / 'shop.py').stat().st_size} B",
        f"tests/test_shop.py  {(world.root / 'tests/test_shop.py').stat().st_size} B",
        "[2 more in '.' itself, hidden by .gitignore or .agentsignore]",
    ]
    assert (await world.call(list_files, "a", 3)).split("\n") == ["a: 2 files", "b/c/d.py  2 B", "b/e.py  3 B"]


async def test_many_entries_are_cut(world: World) -> None:
    projects.write(world.root, {f"many/f{number:03}.txt": "" for number in range(250)})
    text = await world.call(list_files, "many")
    assert text.count("\n") == 201
    assert "[50 more entries: list a folder by itself, or less deep]" in text


async def test_a_folder_that_is_none_is_said_so(world: World) -> None:
    (world.root / "empty").mkdir()
    assert await world.call(list_files, "test") == "There is no folder 'test'. Did you mean 'tests'?"
    assert "is a file" in await world.call(list_files, "shop.py")
    assert "no file that is not ignored" in await world.call(list_files, "empty")
    assert "outside the worktree" in await world.call(list_files, "..")
