"""Keeps a conversation short: old answers of tools are masked, the oldest turns left out, the task and its rules never."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelRequestPart, ModelResponse, ToolReturnPart
from pydantic_ai.models import ModelRequestContext
from pydantic_ai.tools import RunContext

from codecompanion.domain.counting import counted
from codecompanion.tools.desk import Desk

MOST_MESSAGES = 50
WHOLE_ANSWERS = 12
"""So many of the newest messages keep what tools answered; older answers are masked."""
STEP = 8
"""Masking moves on by so many messages at a time: each move costs the provider's cache of what stands before."""
SHORT = 400
"""Answers of at most so many characters are not worth masking."""


@dataclass
class ShortHistory(AbstractCapability[Desk]):
    """Shortens what is sent; the agent's own history stays whole."""

    async def before_model_request(self, ctx: RunContext[Any], request_context: ModelRequestContext) -> ModelRequestContext:
        """Send a shorter conversation."""
        del ctx
        request_context.messages = shortened(request_context.messages)
        return request_context


def shortened(messages: Sequence[ModelMessage]) -> list[ModelMessage]:
    """Return the conversation: its first message, and the newest with the answers of older tools masked."""
    masked_up_to = (max(0, len(messages) - WHOLE_ANSWERS) // STEP) * STEP
    masked = [_masked(one) if i < masked_up_to else one for i, one in enumerate(messages)]
    if len(masked) <= MOST_MESSAGES:
        return masked
    start = masked_up_to - (MOST_MESSAGES - WHOLE_ANSWERS - STEP)  # moves when the masking does, not at another time
    while start < len(masked) and not isinstance(masked[start], ModelResponse):
        start += 1  # an answer of a tool cannot stand without its call
    return [masked[0], *masked[start:]]


def _masked(message: ModelMessage) -> ModelMessage:
    if not isinstance(message, ModelRequest):
        return message
    return replace(message, parts=[_masked_part(part) for part in message.parts])


def _masked_part(part: ModelRequestPart) -> ModelRequestPart:
    if not isinstance(part, ToolReturnPart) or not isinstance(part.content, str) or len(part.content) <= SHORT:
        return part
    lines = part.content.count("\n") + 1
    return replace(
        part, content=f"({counted(lines, 'line')} of an old answer left out; call {part.tool_name} again if you need them)"
    )
