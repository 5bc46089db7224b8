"""Notices that an agent gives its instructions away: to a command, into a file, to an MCP server.

Nobody who does a task has a reason to; who was talked into it by a text that it read has been taken over, and its attempt ends.
The sentences of the instructions are the canary themselves, so that requests stay the same from run to run.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from pydantic_ai.capabilities import AbstractCapability, ValidatedToolArgs
from pydantic_ai.messages import ToolCallPart
from pydantic_ai.tools import RunContext, ToolDefinition

from codecompanion.observability.secret_forms import forms_of
from codecompanion.tools.desk import Desk

ASK_USER = "ask_user"
LEAST_SENTENCE = 60
"""Characters; shorter ones may be anybody's."""
_BLANKS = re.compile(r"\s+")


class GaveItselfAway(Exception):
    """A call holds a sentence of the agent's instructions; the message names the tool."""


@dataclass
class Canary(AbstractCapability[Desk]):
    """Watches the calls of one agent for sentences of its instructions, plain or in another form.

    `is_known` says whether a sentence stands in the files of the project, where an agent may have it from. What is asked of the
    person may hold anything: it goes nowhere else.
    """

    instructions: str
    is_known: Callable[[str], bool]
    _forms: dict[str, str] = field(default_factory=dict[str, str], init=False)

    def __post_init__(self) -> None:
        for sentence in sentences(self.instructions):
            self._forms |= dict.fromkeys(map(_even, forms_of(sentence)), sentence)

    async def before_tool_execute(
        self, ctx: RunContext[Any], *, call: ToolCallPart, tool_def: ToolDefinition, args: ValidatedToolArgs
    ) -> ValidatedToolArgs:
        """Let a call pass, or end the attempt.

        Raises:
            GaveItselfAway: It holds a sentence of the instructions.
        """
        del ctx, tool_def
        if call.tool_name == ASK_USER:
            return args
        said = _even("\n".join(_texts(args)))
        told = {sentence for form, sentence in self._forms.items() if form in said}
        if any(not self.is_known(sentence) for sentence in told):
            raise GaveItselfAway(f"a call of {call.tool_name} held a sentence of its own instructions")
        return args


def sentences(instructions: str) -> Sequence[str]:
    """Return the lines of instructions that are long enough to be nobody else's."""
    lines = (line.strip().removeprefix("- ") for line in instructions.splitlines())
    return tuple(dict.fromkeys(line for line in lines if len(line) >= LEAST_SENTENCE))


def _even(text: str) -> str:
    return _BLANKS.sub(" ", text)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _texts(list(cast("dict[Any, Any]", value).values()))
    elif isinstance(value, list | tuple):
        for item in cast("Sequence[Any]", value):
            yield from _texts(item)
