import pytest

from agent_world import World
from codecompanion.tools.edit import edit

pytestmark = pytest.mark.anyio


def block(path: str, old: str, new: str) -> str:
    return f"{path}\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n"


async def test_a_block_is_applied(world: World) -> None:
    assert await world.call(edit, block("shop.py", "    if count > 10:\n", "    if count >= 10:\n")) == "modified shop.py"
    assert "if count >= 10" in (world.root / "shop.py").read_text()


async def test_an_edit_after_which_a_file_no_longer_parses_is_refused_with_its_line(world: World) -> None:
    before = (world.root / "shop.py").read_text()
    text = await world.call(edit, block("shop.py", "    if count > 10:\n", "    if count >= 10\n"))
    assert "shop.py: the file could be parsed before and cannot after the edit from line 6 on" in text
    assert "if count >= 10" in text
    assert (world.root / "shop.py").read_text() == before


async def test_a_new_file_that_does_not_parse_is_said_at_once_with_its_line(world: World) -> None:
    text = await world.call(edit, block("till.py", "", "def count(\n"))
    assert text.startswith("added till.py\nBut till.py no longer parses (Python 3.")
    assert "line 1: '(' was never closed" in text
    assert text.endswith("def count(")


async def test_only_files_that_the_edit_touched_are_blamed(world: World) -> None:
    (world.root / "other.py").write_text("def (\n")
    assert "parses" not in await world.call(edit, block("shop.py", "    if count > 10:\n", "    if count >= 10:\n"))


async def test_a_block_that_does_not_fit_changes_nothing(world: World) -> None:
    before = (world.root / "shop.py").read_text()
    assert "Not applied, nothing was changed." in await world.call(
        edit, block("shop.py", "    if amount > 10:\n        sell()\n", "x\n")
    )
    assert (world.root / "shop.py").read_text() == before


async def test_the_scope_contract_holds(world: World) -> None:
    text = await world.call(edit, block("tests/test_shop.py", "    assert discount(10) == 5\n", "    assert True\n"))
    assert text.endswith("tests/test_shop.py: tests are not to be changed.")
