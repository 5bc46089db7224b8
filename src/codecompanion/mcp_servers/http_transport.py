"""Opens the transport to an MCP server at an address."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
import httpx2
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client

from codecompanion.domain.mcp_servers import HttpServer
from codecompanion.mcp_servers.stream_transport import StreamTransport

CONNECT_S = 5.0
IDLE_S = 300.0
LEAST_ERROR, NOT_LET_IN, MAY_HOLD_A_REFUSAL = 400, (401, 403, 407), (400, 404)
"""Statuses: the least that is an error, those of a wrong key, those under which a server may refuse a call."""
LARGEST_ANSWER = 32 * 1024**2
"""Bytes of one response, a stream of many messages included."""

TOO_LARGE = f"the answer has more than {LARGEST_ANSWER:,} bytes"
LONGEST_EVENT = 4 * 1024**2
"""Bytes of one message in a stream of them."""


class _Capped(httpx2.AsyncByteStream):
    """The body of a response, up to a limit. `tell` hears that it was passed."""

    def __init__(self, stream: httpx2.AsyncByteStream, tell: Callable[[str], None]) -> None:
        self._stream = stream
        self._tell = tell

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = LARGEST_ANSWER
        # Other errors than this kind end the SDK's whole session, with whoever waits in it.
        try:
            async for chunk in self._stream:
                left -= len(chunk)
                if left < 0:
                    self._tell(TOO_LARGE)
                    raise httpx2.StreamError(TOO_LARGE)
                yield chunk
        except httpx2.TransportError as error:
            self._tell(f"its answer broke off: {str(error) or type(error).__name__}")
            raise httpx2.StreamError("its answer broke off") from error

    async def aclose(self) -> None:
        await self._stream.aclose()


@dataclass(slots=True)
class HttpTransport(StreamTransport):
    """A transport of the SDK to a server at an address, whose variables are filled in.

    `fault` says what the server answered instead of a message, "" for nothing: the SDK tells it as a refusal, or not at all.
    """

    server: HttpServer
    _waiting: set[anyio.CancelScope] = field(default_factory=set[anyio.CancelScope], init=False)

    @property
    def noise_told(self) -> str:
        """What was sent that is no message: that is told as a fault."""
        return ""

    @contextmanager
    def asking(self) -> Generator[None]:
        """Wait for an answer that may never come.

        Raises:
            httpx2.RemoteProtocolError: The server answered what is no message, and nothing can come any more.
        """
        self.fault = ""
        with anyio.CancelScope() as scope:
            self._waiting.add(scope)
            try:
                yield
            finally:
                self._waiting.discard(scope)
        if scope.cancelled_caught:
            raise httpx2.RemoteProtocolError(self.fault)

    @asynccontextmanager
    async def _streams(self) -> AsyncGenerator[Any]:
        if self.server.type == "sse":
            headers = dict[str, Any](self.server.headers)
            async with sse_client(self.server.url, headers=headers, httpx_client_factory=self._client) as streams:
                yield streams
            return
        async with (
            self._client(self.server.headers) as client,
            # It is not told when the session ends: one that hangs would keep us, and servers forget sessions by themselves.
            streamable_http_client(
                self.server.url, http_client=client, terminate_on_close=False, max_sse_event_size=LONGEST_EVENT
            ) as streams,
        ):
            yield streams

    def _client(
        self, headers: Mapping[str, str] | None = None, timeout: httpx2.Timeout | None = None, auth: httpx2.Auth | None = None
    ) -> httpx2.AsyncClient:
        # No redirects: the SDK follows those that stay at the same server.
        return httpx2.AsyncClient(
            headers=headers,
            timeout=timeout or httpx2.Timeout(CONNECT_S, read=IDLE_S),
            auth=auth,
            follow_redirects=False,
            event_hooks={"response": [self._see]},
        )

    async def _see(self, response: httpx2.Response) -> None:
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _Capped(response.stream, self._fail)
        only_listens = response.request.method != "POST" and self.server.type != "sse"
        if response.status_code < LEAST_ERROR or only_listens:  # not every server has something to say by itself
            return
        is_json = response.headers.get("content-type", "").startswith("application/json")
        if is_json and response.status_code in MAY_HOLD_A_REFUSAL:
            return
        closed = ": the headers that .mcp.json gives it do not let us in" if response.status_code in NOT_LET_IN else ""
        self._fail(f"it answers with the HTTP status {response.status_code}{closed}")

    def _fail(self, fault: str) -> None:
        self.fault = fault
        if self.server.type == "sse":  # answers come on another stream, and none will come to this
            for scope in self._waiting:
                scope.cancel()
