"""OpenAI's chat completions, which every compatible server speaks too."""

from collections.abc import Iterator
from typing import Any

from codecompanion.providers.dev_server.http import event
from codecompanion.providers.dev_server.wires.wire import Reply, arguments, halves
from codecompanion.providers.script import Tokens, ToolUse, Turn

CREATED = 1_700_000_000


def answer(reply: Reply) -> dict[str, Any]:
    """Return a chat completion."""
    turn = reply.turn
    message: dict[str, Any] = {"role": "assistant", "content": turn.text or None}
    if turn.tools:
        message["tool_calls"] = [_call(reply, index, tool) for index, tool in enumerate(turn.tools)]
    choice = {"index": 0, "message": message, "finish_reason": _finish(turn), "logprobs": None}
    return {**_frame(reply, "chat.completion"), "choices": [choice], **_usage(turn.usage)}


def stream(reply: Reply) -> list[bytes]:
    """Return the chunks, the last of them with the usage, and the end mark."""
    turn = reply.turn
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": piece} for piece in turn.pieces]
    deltas += [delta for index, tool in enumerate(turn.tools) for delta in _call_deltas(reply, index, tool)]
    chunks = [_chunk(reply, {"index": 0, "delta": delta, "finish_reason": None}) for delta in deltas]
    last = _chunk(reply, {"index": 0, "delta": {}, "finish_reason": _finish(turn)})
    counted: dict[str, Any] = {**_frame(reply, "chat.completion.chunk"), "choices": [], **_usage(turn.usage)}
    usage = [counted] if turn.usage else []
    return [event(chunk) for chunk in (*chunks, last, *usage)] + [event("[DONE]")]


def error(status: int, message: str) -> dict[str, Any]:
    """Return an error's body."""
    kinds = {400: "invalid_request_error", 401: "invalid_request_error", 429: "rate_limit_error"}
    codes = {401: "invalid_api_key", 429: "rate_limit_exceeded"}
    return {"error": {"message": message, "type": kinds.get(status, "server_error"), "param": None, "code": codes.get(status)}}


def error_in_stream(message: str) -> bytes:
    """Return an error event."""
    return event(error(503, message))


def _frame(reply: Reply, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{reply.number}", "object": kind, "created": CREATED, "model": reply.answering_model}


def _chunk(reply: Reply, choice: dict[str, Any]) -> dict[str, Any]:
    return {**_frame(reply, "chat.completion.chunk"), "choices": [choice]}


def _finish(turn: Turn) -> str:
    return "tool_calls" if turn.tools and turn.finish == "stop" else turn.finish


def _call(reply: Reply, index: int, tool: ToolUse) -> dict[str, Any]:
    function = {"name": tool.name, "arguments": arguments(tool)}
    return {"id": tool.id or f"call_{reply.number}_{index}", "type": "function", "function": function}


def _call_deltas(reply: Reply, index: int, tool: ToolUse) -> Iterator[dict[str, Any]]:
    call = _call(reply, index, tool)
    yield {"tool_calls": [{**call, "index": index, "function": {"name": tool.name, "arguments": ""}}]}
    for half in halves(arguments(tool)):
        yield {"tool_calls": [{"index": index, "function": {"arguments": half}}]}


def _usage(tokens: Tokens | None) -> dict[str, Any]:
    if tokens is None:
        return {}
    total = tokens.input + tokens.output
    cached = {"prompt_tokens_details": {"cached_tokens": tokens.cached}} if tokens.cached else {}
    return {"usage": {"prompt_tokens": tokens.input, "completion_tokens": tokens.output, "total_tokens": total, **cached}}
