"""Anthropic's Messages API."""

from collections.abc import Iterator
from typing import Any

from codecompanion.providers.dev_server.http import event
from codecompanion.providers.dev_server.wires.wire import Reply, argument_object, arguments, halves
from codecompanion.providers.script import Tokens, Turn

STOPS = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal"}
KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
    529: "overloaded_error",
}


def answer(reply: Reply) -> dict[str, Any]:
    """Return a message."""
    return {**_message(reply, _usage(reply.turn.usage)), "content": _blocks(reply), "stop_reason": _stop(reply.turn)}


def stream(reply: Reply) -> list[bytes]:
    """Return the events of a message."""
    tokens = reply.turn.usage
    delta = {"stop_reason": _stop(reply.turn), "stop_sequence": None}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": _message(reply, {**_usage(tokens), "output_tokens": 1 if tokens else 0})},
        *(part for index, block in enumerate(_blocks(reply)) for part in _block_events(index, block, reply)),
        {"type": "message_delta", "delta": delta, "usage": {"output_tokens": tokens.output if tokens else 0}},
        {"type": "message_stop"},
    ]
    return [event(body, body["type"]) for body in events]


def error(status: int, message: str) -> dict[str, Any]:
    """Return an error's body."""
    return {"type": "error", "error": {"type": KINDS.get(status, "api_error"), "message": message}}


def error_in_stream(message: str) -> bytes:
    """Return an error event."""
    return event(error(529, message), "error")


def _message(reply: Reply, usage: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"msg_{reply.number}",
        "type": "message",
        "role": "assistant",
        "model": reply.answering_model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }


def _stop(turn: Turn) -> str:
    return "tool_use" if turn.tools and turn.finish == "stop" else STOPS[turn.finish]


def _blocks(reply: Reply) -> list[dict[str, Any]]:
    text: list[dict[str, Any]] = [{"type": "text", "text": reply.turn.text}] if reply.turn.text else []
    return text + [
        {
            "type": "tool_use",
            "id": tool.id or f"toolu_{reply.number}_{index}",
            "name": tool.name,
            "input": argument_object(tool),
        }
        for index, tool in enumerate(reply.turn.tools)
    ]


def _block_events(index: int, block: dict[str, Any], reply: Reply) -> Iterator[dict[str, Any]]:
    empty: dict[str, Any]
    if block["type"] == "text":
        empty, deltas = {**block, "text": ""}, [{"type": "text_delta", "text": piece} for piece in reply.turn.pieces]
    else:
        tool = reply.turn.tools[index - (1 if reply.turn.text else 0)]
        empty = {**block, "input": {}}
        deltas = [{"type": "input_json_delta", "partial_json": half} for half in halves(arguments(tool))]
    yield {"type": "content_block_start", "index": index, "content_block": empty}
    for delta in deltas:
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}


def _usage(tokens: Tokens | None) -> dict[str, Any]:
    if tokens is None:
        return {"input_tokens": 0, "output_tokens": 0}
    fresh = tokens.input - tokens.cached  # here the cached ones are not part of the input
    return {"input_tokens": fresh, "output_tokens": tokens.output, "cache_read_input_tokens": tokens.cached}
