"""Finds an agent that goes round in circles, and ends its attempt."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from pydantic_ai.capabilities import AbstractCapability, ValidatedToolArgs
from pydantic_ai.messages import ToolCallPart
from pydantic_ai.tools import RunContext, ToolDefinition

from codecompanion.tools.desk import Desk

SAME_CALLS = 4
SAME_ANSWERS = 3
ALTERNATION = 6
"""The limits that agents in the field use: so many identical calls, identical refusals, calls of two kinds in turn."""


class GoesInCircles(Exception):
    """The agent repeats itself; the message says how."""


@dataclass
class LoopGuard(AbstractCapability[Desk]):
    """Watches the calls of one agent. Made for each run of it."""

    _calls: list[str] = field(default_factory=list[str], init=False)
    _edits: int = field(default=0, init=False)
    _refusals: Counter[str] = field(default_factory=Counter[str], init=False)

    async def before_tool_execute(
        self, ctx: RunContext[Any], *, call: ToolCallPart, tool_def: ToolDefinition, args: ValidatedToolArgs
    ) -> ValidatedToolArgs:
        """Let a call pass, or end the attempt.

        Raises:
            GoesInCircles: It was made too often.
        """
        del ctx, tool_def
        self._calls.append(f"{call.tool_name} {call.args_as_json_str()}")
        if (why := circles(self._calls)) is not None:
            raise GoesInCircles(why)
        return args

    async def after_tool_execute(
        self,
        ctx: RunContext[Any],
        *,
        call: ToolCallPart,
        tool_def: ToolDefinition,
        args: ValidatedToolArgs,
        result: Any,
    ) -> Any:
        """Count identical answers to edits, which are refusals: one that was applied cannot be applied again.

        Raises:
            GoesInCircles: The same refusal came too often.
        """
        del ctx, tool_def, args
        if call.tool_name == "edit" and isinstance(result, str):
            self._refusals[result] += 1
            if self._refusals[result] >= SAME_ANSWERS:
                raise GoesInCircles(f"the same edit was refused {SAME_ANSWERS} times")
        return result


def circles(calls: list[str]) -> str | None:
    """Return how the last calls repeat themselves, None when they do not."""
    last = calls[-SAME_CALLS:]
    name = calls[-1].partition(" ")[0]
    if len(last) == SAME_CALLS and len(set(last)) == 1:
        return f"{name} was called {SAME_CALLS} times in a row with the same arguments"
    turn = calls[-ALTERNATION:]
    if len(turn) == ALTERNATION and len(set(turn)) == 2 and turn[::2] == [turn[0]] * 3 and turn[1::2] == [turn[1]] * 3:  # noqa: PLR2004
        return f"two calls were made in turn, {ALTERNATION} times in all"
    return None
