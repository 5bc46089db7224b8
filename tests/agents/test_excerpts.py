"""An agent is shown the code that is probably meant, as it is in the files."""

from pathlib import Path

import pytest

from codecompanion.agents.outlook import Outlook
from projects import BUGGY, SHOP, commit_all, repository, write

pytestmark = pytest.mark.anyio


@pytest.fixture
def outlook(tmp_path: Path) -> Outlook:
    shop = repository(tmp_path / "shop", SHOP)
    return Outlook(shop, shop, tmp_path / "state", lambda _: None)


async def test_the_function_that_is_meant_is_shown_with_the_numbers_of_its_lines(outlook: Outlook) -> None:
    said = await outlook.code("discount of ten pieces", 100)
    assert said.startswith(f"shop.py, lines 4 to 8 of {len(BUGGY.splitlines())}\n    4 | def discount(count):")
    assert "    6 |     if count > 10:" in said
    assert "test_shop.py" not in said


async def test_files_that_are_named_come_first_a_short_one_whole_and_a_long_one_with_its_imports(outlook: Outlook) -> None:
    test = 'def test_of_{0}():\n    assert "{0}"\n\n\n'
    tests = "import shop\n\n\n" + "".join(test.format(word) for word in ("pieces", *map(str, range(40)), "rebate"))
    write(outlook.root, {"tests/test_long.py": tests, "tests/__init__.py": "# nothing\n"})
    commit_all(outlook.root)
    words = "In tests/test_long.py test the rebate; see `./shop.py`, not __init__.py or gone.py."
    named = await outlook.named(words)
    assert named == ("tests/test_long.py", "shop.py", "tests/__init__.py")
    said = await outlook.code(words, 140, named=named[:2])
    whole = len(BUGGY.splitlines())
    assert said.startswith(f"shop.py, lines 1 to {whole} of {whole}\n")
    assert "tests/test_long.py, lines 1 to 20 of 171\n    1 | import shop\n" in said
    assert "\n  168 | def test_of_rebate():" in said
    assert said.count(" | def discount(count):") == 1


async def test_what_does_not_fit_is_left_out_whole(outlook: Outlook) -> None:
    said = await outlook.code("discount of ten pieces, total of prices", 5)
    assert len(said.splitlines()) <= 6
    assert await outlook.code("discount", 2) == ""
