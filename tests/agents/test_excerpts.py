"""An agent is shown the code that is probably meant, as it is in the files."""

from pathlib import Path

import pytest

from codecompanion.agents.outlook import Outlook
from projects import BUGGY, SHOP, repository

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


async def test_what_does_not_fit_is_left_out_whole(outlook: Outlook) -> None:
    said = await outlook.code("discount of ten pieces, total of prices", 5)
    assert len(said.splitlines()) <= 6
    assert await outlook.code("discount", 2) == ""
