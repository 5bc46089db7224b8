"""OpenAI's Responses API."""

from collections.abc import Iterator
from typing import Any

from codecompanion.providers.dev_server.http import event
from codecompanion.providers.dev_server.wires import openai_chat
from codecompanion.providers.dev_server.wires.wire import Reply, arguments, halves
from codecompanion.providers.script import Tokens, ToolUse, Turn

REASONS = {"length": "max_output_tokens", "content_filter": "content_filter"}

error = openai_chat.error


def answer(reply: Reply) -> dict[str, Any]:
    """Return a finished response."""
    return _response(reply, _items(reply), _status(reply.turn), reply.turn.usage)


def stream(reply: Reply) -> list[bytes]:
    """Return the events of a response, numbered."""
    status = _status(reply.turn)
    begun = _response(reply, [], "in_progress", None)
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": begun},
        {"type": "response.in_progress", "response": begun},
        *(item_event for index, item in enumerate(_items(reply)) for item_event in _item_events(index, item, reply.turn)),
        {"type": f"response.{status}", "response": answer(reply)},
    ]
    return [event({**body, "sequence_number": number}, body["type"]) for number, body in enumerate(events)]


def error_in_stream(message: str) -> bytes:
    """Return an error event."""
    body = {"type": "error", "code": "server_is_overloaded", "message": message, "param": None, "sequence_number": 99}
    return event(body, "error")


def _status(turn: Turn) -> str:
    return "completed" if turn.finish == "stop" else "incomplete"


def _response(reply: Reply, output: list[dict[str, Any]], status: str, usage: Tokens | None) -> dict[str, Any]:
    return {
        "id": f"resp_{reply.number}",
        "object": "response",
        "created_at": openai_chat.CREATED,
        "status": status,
        "error": None,
        "incomplete_details": {"reason": REASONS[reply.turn.finish]} if status == "incomplete" else None,
        "instructions": None,
        "metadata": {},
        "model": reply.answering_model,
        "output": output,
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": _usage(usage),
    }


def _items(reply: Reply) -> list[dict[str, Any]]:
    text = [_message(reply)] if reply.turn.text else []
    return [*text, *(_call(reply, index, tool) for index, tool in enumerate(reply.turn.tools))]


def _message(reply: Reply) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "output_text", "text": reply.turn.text, "annotations": [], "logprobs": []}]
    return {"id": f"msg_{reply.number}", "type": "message", "role": "assistant", "status": "completed", "content": content}


def _call(reply: Reply, index: int, tool: ToolUse) -> dict[str, Any]:
    ids = {"id": f"fc_{reply.number}_{index}", "call_id": tool.id or f"call_{reply.number}_{index}"}
    return {**ids, "type": "function_call", "status": "completed", "name": tool.name, "arguments": arguments(tool)}


def _item_events(index: int, item: dict[str, Any], turn: Turn) -> Iterator[dict[str, Any]]:
    place = {"output_index": index, "item_id": item["id"]}
    if item["type"] == "message":
        yield {"type": "response.output_item.added", "output_index": index, "item": {**item, "content": []}}
        yield from _text_events({**place, "content_index": 0}, item["content"][0], turn)
    else:
        yield {"type": "response.output_item.added", "output_index": index, "item": {**item, "arguments": ""}}
        for half in halves(item["arguments"]):
            yield {"type": "response.function_call_arguments.delta", **place, "delta": half}
        done = {"name": item["name"], "arguments": item["arguments"]}
        yield {"type": "response.function_call_arguments.done", **place, **done}
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


def _text_events(place: dict[str, Any], part: dict[str, Any], turn: Turn) -> Iterator[dict[str, Any]]:
    yield {"type": "response.content_part.added", **place, "part": {**part, "text": ""}}
    for piece in turn.pieces:
        yield {"type": "response.output_text.delta", **place, "delta": piece, "logprobs": []}
    yield {"type": "response.output_text.done", **place, "text": part["text"], "logprobs": []}
    yield {"type": "response.content_part.done", **place, "part": part}


def _usage(tokens: Tokens | None) -> dict[str, Any] | None:
    if tokens is None:
        return None
    return {
        "input_tokens": tokens.input,
        "input_tokens_details": {"cached_tokens": tokens.cached},
        "output_tokens": tokens.output,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": tokens.input + tokens.output,
    }
