"""An agent that goes round in circles is found out, and one that only works on is not."""

from typing import Any

import pytest
from pydantic_ai import RunContext
from pydantic_ai.messages import ToolCallPart
from pydantic_ai.models.test import TestModel
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.usage import RunUsage

from codecompanion.agents.loop_guard import GoesInCircles, LoopGuard, circles

pytestmark = pytest.mark.anyio

TOOL = ToolDefinition(name="x")


def context() -> RunContext[Any]:
    return RunContext(deps=None, model=TestModel(), usage=RunUsage())


@pytest.mark.parametrize(
    ("calls", "why"),
    [
        ("a a a", None),
        ("a a a a", "a was called 4 times in a row with the same arguments"),
        ("a a a b a", None),
        ("a b a b a", None),
        ("a b a b a b", "two calls were made in turn, 6 times in all"),
        ("a b c a b c a b c", None),
        ("x y a b a b a b", "two calls were made in turn, 6 times in all"),
        ("a b a b b a", None),
    ],
)
def test_repetition(calls: str, why: str | None) -> None:
    assert circles(calls.split()) == why


async def test_the_same_call_with_other_arguments_is_another_call() -> None:
    guard = LoopGuard()
    for line in range(10):
        call = ToolCallPart("read_file", {"path": "a.py", "first_line": line})
        assert await guard.before_tool_execute(context(), call=call, tool_def=TOOL, args={"path": "a.py"}) == {"path": "a.py"}


async def test_the_fourth_identical_call_ends_the_attempt() -> None:
    guard = LoopGuard()
    call = ToolCallPart("read_file", {"path": "a.py"})
    for _ in range(3):
        await guard.before_tool_execute(context(), call=call, tool_def=TOOL, args={})
    with pytest.raises(GoesInCircles, match="read_file was called 4 times"):
        await guard.before_tool_execute(context(), call=call, tool_def=TOOL, args={})


async def test_the_third_identical_refusal_of_an_edit_ends_the_attempt_also_when_the_edits_differ() -> None:
    guard = LoopGuard()

    async def refuse(text: str, tool: str = "edit") -> None:
        call = ToolCallPart(tool, {"blocks": text})
        await guard.after_tool_execute(context(), call=call, tool_def=TOOL, args={}, result=text)

    for _ in range(5):
        await refuse("3 passed", "run_tests")
    for text in ("not in the file", "in two places", "not in the file"):
        await refuse(text)
    with pytest.raises(GoesInCircles, match="the same edit was refused 3 times"):
        await refuse("not in the file")
