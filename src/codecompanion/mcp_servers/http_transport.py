"""Opens the transport to an MCP server at an address."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client

from codecompanion.domain.mcp_servers import HttpServer

CONNECT_S = 5.0
IDLE_S = 300.0
LARGEST_ANSWER = 32 * 1024**2
"""Bytes of one response, a stream of many messages included."""


class _Capped(httpx2.AsyncByteStream):
    """The body of a response, up to a limit."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = LARGEST_ANSWER
        async for chunk in self._stream:
            left -= len(chunk)
            if left < 0:
                raise httpx2.ReadError(f"the answer has more than {LARGEST_ANSWER:,} bytes")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


async def _cap(response: httpx2.Response) -> None:
    assert isinstance(response.stream, httpx2.AsyncByteStream)
    response.stream = _Capped(response.stream)


def _client(
    headers: Mapping[str, str] | None = None, timeout: httpx2.Timeout | None = None, auth: httpx2.Auth | None = None
) -> httpx2.AsyncClient:
    # No redirects: the SDK follows those that stay at the same server.
    return httpx2.AsyncClient(
        headers=headers,
        timeout=timeout or httpx2.Timeout(CONNECT_S, read=IDLE_S),
        auth=auth,
        follow_redirects=False,
        event_hooks={"response": [_cap]},
    )


@asynccontextmanager
async def http_transport(server: HttpServer) -> AsyncGenerator[Any]:
    """Connect to a server, whose variables are filled in, and return the SDK's streams to it."""
    if server.type == "sse":
        async with sse_client(server.url, headers=dict[str, Any](server.headers), httpx_client_factory=_client) as streams:
            yield streams
        return
    async with (
        _client(server.headers) as client,
        # It is not told when the session ends: one that hangs would keep us, and servers forget sessions by themselves.
        streamable_http_client(server.url, http_client=client, terminate_on_close=False) as streams,
    ):
        yield streams
