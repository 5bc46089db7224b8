"""The server: which protocol a path belongs to, which turn answers, and a record of what was asked."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
from anyio.abc import SocketAttribute, SocketStream

from codecompanion.domain.errors import EnvironmentBroken, ModelUnavailable
from codecompanion.providers.dev_server.faults import Good, Reset, spoiled, tear
from codecompanion.providers.dev_server.http import BadRequest, Request, json_response, read_request
from codecompanion.providers.dev_server.wires import anthropic_messages, gemini, openai_chat, openai_responses, openrouter
from codecompanion.providers.dev_server.wires.wire import Reply, Wire
from codecompanion.providers.script import Script

MODEL = "scripted"
WIRES: dict[str, Wire] = {
    "/api/v1/chat/completions": openrouter,
    "/chat/completions": openai_chat,
    "/responses": openai_responses,
    "/messages": anthropic_messages,
    ":generateContent": gemini,
    ":streamGenerateContent": gemini,
}
"""Which protocol a path ends in; the first that fits counts."""
HOW_TO_USE = """serving on {url}
export ANTHROPIC_API_KEY=dev ANTHROPIC_BASE_URL={url}
export OPENAI_API_KEY=dev OPENAI_BASE_URL={url}/v1
export GEMINI_API_KEY=dev GOOGLE_GEMINI_BASE_URL={url}
export OPENROUTER_API_KEY=dev OPENROUTER_BASE_URL={url}/api/v1"""


@dataclass(slots=True)
class DevServer:
    """Answers from a script. `requests` are those that asked for an answer, in the order they came."""

    script: Script
    port: int = 0
    requests: list[Request] = field(default_factory=list[Request])
    disconnected: int = 0

    async def handle(self, stream: SocketStream) -> None:
        """Answer the one request of a connection."""
        async with stream:
            try:
                request = await read_request(stream)
                if request is not None:
                    await self._answer(stream, request)
            except BadRequest as error:
                await stream.send(json_response(openai_chat.error(400, str(error)), 400))
            except Reset:
                await tear(stream)
            except (anyio.BrokenResourceError, anyio.ClosedResourceError):
                self.disconnected += 1

    async def _answer(self, stream: SocketStream, request: Request) -> None:
        wire = next((wire for end, wire in WIRES.items() if request.path.endswith(end)), None)
        if request.method == "GET" and request.path.endswith("/models"):
            return await stream.send(json_response({"object": "list", "data": [{"id": MODEL, "object": "model"}]}))
        if wire is None or request.method != "POST":
            return await stream.send(json_response(openai_chat.error(404, f"{request.path} is not served"), 404))
        self.requests.append(request)
        await self._give_turn(stream, request, wire)
        return None

    async def _give_turn(self, stream: SocketStream, request: Request, wire: Wire) -> None:
        asked = request.json()
        try:
            turn = self.script.next_turn(request.body.decode(errors="replace"))
        except ModelUnavailable as error:
            return await stream.send(json_response(wire.error(400, error.what), 400))
        reply = Reply(turn, _model_of(request, asked), len(self.requests))
        streamed = _wants_stream(request, asked)
        pieces = wire.stream(reply) if streamed else [json.dumps(wire.answer(reply)).encode()]
        good = Good(wire, streamed, tuple(pieces))
        if turn.fault is None:
            return await stream.send(good.head + good.body)
        async for piece in spoiled(turn.fault, good):
            await stream.send(piece)
        return None


@asynccontextmanager
async def serve(script: Script, *, port: int = 0) -> AsyncGenerator[DevServer]:
    """Serve on this machine only, for as long as the context lasts. Port 0 takes a free one.

    Raises:
        EnvironmentBroken: The port is taken.
    """
    try:
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=port)
    except OSError as error:
        raise EnvironmentBroken(f"port {port} cannot be served", cause=str(error), fix="name another with --port") from error
    server = DevServer(script, listener.extra(SocketAttribute.local_port))  # noqa: S610 - anyio's typed attributes
    async with listener, anyio.create_task_group() as serving:
        serving.start_soon(listener.serve, server.handle)
        try:
            yield server
        finally:
            serving.cancel_scope.cancel()


def _wants_stream(request: Request, asked: dict[str, Any]) -> bool:
    return bool(asked.get("stream")) or request.path.endswith(":streamGenerateContent")


def _model_of(request: Request, asked: dict[str, Any]) -> str:
    return str(asked.get("model") or request.path.rpartition("/")[2].partition(":")[0])
