"""A server on this machine that speaks the wires of OpenAI's and Google's embeddings."""

import base64
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
from anyio.abc import SocketAttribute, SocketStream

from codecompanion.providers.dev_server.http import Request, json_response, read_request
from providers_bench import KEY


@dataclass
class Embeddings:
    """Serves vectors of (length of the text, 1), after as many refusals as there are statuses to refuse with."""

    refusals: list[int] = field(default_factory=list[int])
    short: bool = False
    requests: list[Request] = field(default_factory=list[Request])

    async def handle(self, stream: SocketStream) -> None:
        async with stream:
            request = await read_request(stream)
            assert request is not None
            self.requests.append(request)
            if self.refusals:
                error = {"error": {"message": f"no, and {KEY} is no key", "type": "refused", "code": None}}
                await stream.send(json_response(error, self.refusals.pop(0)))
            else:
                await stream.send(json_response(self.answer(request)))

    def answer(self, request: Request) -> dict[str, Any]:
        asked = request.json()
        if request.path.endswith(":batchEmbedContents"):
            texts = [entry["content"]["parts"][0]["text"] for entry in asked["requests"]]
            return {"embeddings": [{"values": vector_of(text)} for text in texts]}
        texts = asked["input"][: 1 if self.short else None]
        packed = asked.get("encoding_format") == "base64"
        data = [
            {"object": "embedding", "index": n, "embedding": _sent(vector_of(t), packed=packed)} for n, t in enumerate(texts)
        ]
        return {"object": "list", "data": data, "model": asked["model"], "usage": {"prompt_tokens": 2, "total_tokens": 2}}


def vector_of(text: str) -> list[float]:
    return [float(len(text)), 1.0]


def _sent(vector: list[float], *, packed: bool) -> object:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode() if packed else vector


@asynccontextmanager
async def serving(served: Embeddings) -> AsyncGenerator[int]:
    """Serve and give the port."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, served.handle)
        yield listener.extra(SocketAttribute.local_port)
        tasks.cancel_scope.cancel()
