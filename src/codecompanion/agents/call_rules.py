"""What is done with the tool calls of an answer before they are carried out: ids of their own, and not too many."""

from dataclasses import dataclass, field, replace
from typing import Any

from pydantic_ai.capabilities import AbstractCapability, ValidatedToolArgs
from pydantic_ai.exceptions import ToolFailed
from pydantic_ai.messages import ModelResponse, ToolCallPart
from pydantic_ai.models import ModelRequestContext
from pydantic_ai.tools import RunContext, ToolDefinition

from codecompanion.tools.desk import Desk

MOST_CALLS = 20
"""So many calls of an answer are carried out: a model that wants more has not looked at what came of the first ones."""

TOO_MANY = (
    f"not carried out: these were too many calls at once, only the first {MOST_CALLS} were; call again for what is needed"
)


@dataclass
class CallRules(AbstractCapability[Desk]):
    """Holds an agent's answers to the rules. Made for each run of it; it must hear of a call before those that count calls."""

    _excess: frozenset[str] = field(default=frozenset(), init=False)

    async def after_model_request(
        self, ctx: RunContext[Any], *, request_context: ModelRequestContext, response: ModelResponse
    ) -> ModelResponse:
        """Return the answer with ids that differ, and note which of its calls are too many."""
        del ctx, request_context
        response = with_ids_of_their_own(response)
        calls = [part.tool_call_id for part in response.parts if isinstance(part, ToolCallPart)]
        self._excess = frozenset(calls[MOST_CALLS:])
        return response

    async def before_tool_execute(
        self, ctx: RunContext[Any], *, call: ToolCallPart, tool_def: ToolDefinition, args: ValidatedToolArgs
    ) -> ValidatedToolArgs:
        """Let a call pass.

        Raises:
            ToolFailed: It is one too many.
        """
        del ctx, tool_def
        if call.tool_call_id in self._excess:
            raise ToolFailed(TOO_MANY)
        return args


def with_ids_of_their_own(response: ModelResponse) -> ModelResponse:
    """Return an answer in which no two calls have the same id, or none: the answers to them could not be told apart."""
    seen: set[str] = set()
    parts: list[Any] = []
    for number, part in enumerate(response.parts):
        if isinstance(part, ToolCallPart):
            own = part.tool_call_id
            if not own or own in seen:
                own = f"{own or 'call'}_{number}"
            seen.add(own)
            parts.append(part if own == part.tool_call_id else replace(part, tool_call_id=own))
        else:
            parts.append(part)
    return replace(response, parts=parts)
