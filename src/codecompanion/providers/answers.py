"""Whether an answer is whole, and what it really used."""

import json
from collections.abc import Sequence
from dataclasses import replace

from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelResponse
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.usage import RequestUsage
from pydantic_core import PydanticSerializationError

from codecompanion.providers.failures import IncompleteAnswer

CHARACTERS_PER_TOKEN = 3
"""Code and English have three to four characters in a token; an estimate of cost errs on the dear side."""
MOST_TOKENS = 100_000_000
"""No answer uses more, whatever a server says."""
ESTIMATED = "usage_estimated"


def whole(response: ModelResponse) -> ModelResponse:
    """Return the answer if the provider said that it is at its end and there is something in it.

    Every wire has a terminal marker (`finish_reason`, `stop_reason`, `finishReason`, a response's status), which pydantic-ai
    keeps in the provider's details; a stream that ends without one was cut, however cleanly.

    Raises:
        IncompleteAnswer: It is cut or empty, or holds half a character, which nothing could keep or send on.
    """
    name = response.model_name or "the model"
    refused = response.finish_reason == "content_filter"
    if not refused and not (response.provider_details or {}).get("finish_reason"):
        raise IncompleteAnswer(name, "the answer ended without the mark of its end")
    if response.state not in ("complete", "suspended") and response.finish_reason not in ("length", "content_filter"):
        raise IncompleteAnswer(name, f"the answer is {response.state}")
    if not refused and response.finish_reason != "length" and not _says_something(response):
        raise IncompleteAnswer(name, "the answer is empty")
    if not _can_be_kept(response):
        raise IncompleteAnswer(ascii(name)[1:-1], "the answer holds half a character: a surrogate without its other")
    return response


def with_plausible_usage(
    response: ModelResponse, messages: Sequence[ModelMessage], parameters: ModelRequestParameters
) -> ModelResponse:
    """Return the answer, its usage estimated when the provider's is missing, negative or absurd, and marked as such."""
    usage = response.usage
    if usage.input_tokens > 0 and all(0 <= count <= MOST_TOKENS for count in _counts(usage)):
        return response
    estimate = estimated_usage(messages, parameters, response)
    return replace(response, usage=estimate, metadata={**(response.metadata or {}), ESTIMATED: True})


def broken_off(partial: ModelResponse, messages: Sequence[ModelMessage], parameters: ModelRequestParameters) -> ModelResponse:
    """Return what had come of an answer with what it used until then: most providers only say so at the end.

    As much as the provider said, but not less than what the text that came amounts to; nothing when none came.
    """
    if not partial.parts:
        return partial
    plausible = with_plausible_usage(partial, messages, parameters)
    least = estimated_usage(messages, parameters, partial).output_tokens
    if plausible.usage.output_tokens >= least:
        return plausible
    usage = replace(plausible.usage, output_tokens=least)
    return replace(plausible, usage=usage, metadata={**(plausible.metadata or {}), ESTIMATED: True})


def estimated_usage(
    messages: Sequence[ModelMessage], parameters: ModelRequestParameters, response: ModelResponse
) -> RequestUsage:
    """Return the tokens that a request and its answer have, estimated from their characters.

    A request is its messages, the instructions and what describes the tools.
    """
    asked = sum(map(_characters, messages)) + _characters_of(parameters)
    return RequestUsage(input_tokens=tokens_of(asked), output_tokens=tokens_of(_characters(response)))


def _says_something(response: ModelResponse) -> bool:
    return bool(response.tool_calls or response.files or (response.text or "").strip())


def _can_be_kept(response: ModelResponse) -> bool:
    try:
        ModelMessagesTypeAdapter.dump_json([response])
    except PydanticSerializationError:
        return False
    return True


def _counts(usage: RequestUsage) -> tuple[int, ...]:
    return (usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.cache_write_tokens)


def tokens_of(characters: int) -> int:
    """Return about how many tokens a text of so many characters has."""
    return characters // CHARACTERS_PER_TOKEN + 1


def _characters(message: ModelMessage) -> int:
    return sum(len(str(getattr(part, "content", None) or getattr(part, "args", None) or "")) for part in message.parts)


def _characters_of(parameters: ModelRequestParameters) -> int:
    tools = [*parameters.function_tools, *parameters.output_tools]
    described = (f"{tool.name} {tool.description or ''} {json.dumps(tool.parameters_json_schema)}" for tool in tools)
    return sum(map(len, described)) + sum(len(part.content) for part in parameters.instruction_parts or ())
