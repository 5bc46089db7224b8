import pytest
from pydantic_ai import ModelRetry

from agent_world import SECRET, World
from codecompanion.tools.ask_user import ask_user
from codecompanion.tools.find_symbol import find_symbol
from codecompanion.tools.recall_note import recall_note
from codecompanion.tools.repo_map import repo_map

pytestmark = pytest.mark.anyio


async def test_the_persons_answer_is_returned(world: World) -> None:
    world.answers = ["yes, from ten on"]
    assert await world.call(ask_user, "From ten on?") == "yes, from ten on"
    assert world.asked == ["From ten on?"]


async def test_with_nobody_there_the_model_decides_and_says_so(world: World) -> None:
    assert (await world.call(ask_user, "From ten on?")).startswith("Nobody is there: decide yourself")


async def test_symbols_and_the_outline_come_from_the_desk(world: World) -> None:
    assert await world.call(find_symbol, " discount ") == "shop.py:4: def discount(count)"
    assert await world.call(find_symbol, "nothing") == "Nothing is called 'nothing'."
    assert await world.call(repo_map, "the discount") == "the discount within 2000"
    with pytest.raises(ModelRetry):
        await world.call(find_symbol, "")


async def test_a_note_comes_from_the_desk_without_secrets(world: World) -> None:
    said = await world.call(recall_note, "[M3f2a91c0]")
    assert said.startswith("[M3f2a91c0] cure: ")
    assert SECRET not in said
    with pytest.raises(ModelRetry):
        await world.call(recall_note, " ")
