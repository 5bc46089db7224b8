"""Google's Gemini API."""

from typing import Any

from codecompanion.providers.dev_server.http import event
from codecompanion.providers.dev_server.wires.wire import Reply, argument_object
from codecompanion.providers.script import Tokens

FINISHES = {"stop": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}
STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


def answer(reply: Reply) -> dict[str, Any]:
    """Return a response with everything in it."""
    text = [{"text": reply.turn.text}] if reply.turn.text else []
    return _response(reply, [*text, *_calls(reply)], ended=True)


def stream(reply: Reply) -> list[bytes]:
    """Return responses that make up the answer; the last has the reason of its end."""
    pieces: list[list[dict[str, Any]]] = [[{"text": piece}] for piece in reply.turn.pieces]
    pieces += [[call] for call in _calls(reply)]
    *first, last = pieces or [[]]
    return [event(_response(reply, parts, ended=False)) for parts in first] + [event(_response(reply, last, ended=True))]


def error(status: int, message: str) -> dict[str, Any]:
    """Return an error's body."""
    return {"error": {"code": status, "message": message, "status": STATUSES.get(status, "UNKNOWN")}}


def error_in_stream(message: str) -> bytes:
    """Return an error event."""
    return event(error(503, message))


def _calls(reply: Reply) -> list[dict[str, Any]]:
    return [{"functionCall": {"name": tool.name, "args": argument_object(tool)}} for tool in reply.turn.tools]


def _response(reply: Reply, parts: list[dict[str, Any]], *, ended: bool) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}, "index": 0}
    if ended:
        candidate["finishReason"] = FINISHES[reply.turn.finish]
    frame = {"candidates": [candidate], "modelVersion": reply.answering_model, "responseId": f"resp-{reply.number}"}
    return {**frame, **_usage(reply.turn.usage)} if ended else frame


def _usage(tokens: Tokens | None) -> dict[str, Any]:
    if tokens is None:
        return {}
    counts = {"promptTokenCount": tokens.input, "candidatesTokenCount": tokens.output}
    cached = {"cachedContentTokenCount": tokens.cached} if tokens.cached else {}
    return {"usageMetadata": {**counts, "totalTokenCount": tokens.input + tokens.output, **cached}}
