"""The wire, with limits: times that are kept, sizes that are capped, redirects that are refused.

Every provider's SDK sends through it, so that what an SDK would do on its own (wait for ten minutes, follow a redirect with
the key, unpack a bomb) cannot happen. Retries are not its business.
"""

import codecs
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar, cast

import anyio
import httpx2

from codecompanion.domain.internet import is_private_by_name
from codecompanion.providers.addresses import Resolve, public_addresses, system_resolve
from codecompanion.providers.heard import HEARING
from codecompanion.providers.policy import CallPolicy
from codecompanion.providers.proxy import ProxyFor
from codecompanion.providers.wire_errors import AnotherKind, NotAnAnswer, RedirectRefused, ResponseTooLarge

ANSWER_TYPES = ("json", "event-stream")

T = TypeVar("T")
_UTF8 = codecs.getincrementaldecoder("utf-8")


class GuardedTransport(httpx2.AsyncBaseTransport):
    """Sends requests under a policy. Closing it closes its connections; the next request opens new ones.

    Args:
        policy: The limits.
        proxy_for: Which proxy a URL is reached through; the environment is not asked.
        resolve: Finds the addresses of a name. What a proxy reaches is the proxy's to find.
    """

    def __init__(self, policy: CallPolicy, *, proxy_for: ProxyFor | None = None, resolve: Resolve = system_resolve) -> None:
        self._policy = policy
        self._proxy_for = proxy_for
        self._resolve = resolve
        self._pools: dict[tuple[str | None, str], httpx2.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request and return the response once its head is there.

        Raises:
            httpx2.TransportError: It cannot be sent, is not answered in time, or the answer is refused.
        """
        policy = self._policy
        begun = anyio.current_time()
        request.headers["accept-encoding"] = "identity"  # a packed answer could unpack to any size
        request.extensions = {**request.extensions, "timeout": _timeouts(policy)}
        response = await _in_time(policy.first_byte_s, self._send(request), _no_answer(policy))
        body = GuardedBody(cast("httpx2.AsyncByteStream", response.stream), policy, begun, _is_stream(response))
        try:
            _check_head(response)
        except httpx2.TransportError:
            await _hear(body)
            await response.aclose()
            raise
        return httpx2.Response(response.status_code, headers=response.headers, stream=body, extensions=response.extensions)

    async def aclose(self) -> None:
        """Close all connections."""
        pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            await pool.aclose()

    async def _send(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        proxy = self._proxy_for(str(url)) if self._proxy_for else None
        pool = self._pool(proxy, url.host)
        if proxy is not None or is_private_by_name(url.host, self._policy.private_hosts):
            return await pool.handle_async_request(request)
        addresses = await self._public_addresses(url)
        for address in addresses[:-1]:
            with suppress(httpx2.ConnectError, httpx2.ConnectTimeout):
                return await pool.handle_async_request(_sent_to(request, address))
        return await pool.handle_async_request(_sent_to(request, addresses[-1]))

    async def _public_addresses(self, url: httpx2.URL) -> list[str]:
        port = url.port or (443 if url.scheme == "https" else 80)
        with anyio.move_on_after(self._policy.connect_s):
            return await public_addresses(url.host, port, self._resolve)
        raise httpx2.ConnectTimeout(f"no address was found for {url.host} within {self._policy.connect_s:g} s")

    def _pool(self, proxy: str | None, host: str) -> httpx2.AsyncHTTPTransport:
        # One for each host: connections are kept by address, and an address may serve many hosts.
        if (proxy, host) not in self._pools:
            self._pools[proxy, host] = httpx2.AsyncHTTPTransport(proxy=proxy, trust_env=False)
        return self._pools[proxy, host]


def _sent_to(request: httpx2.Request, address: str) -> httpx2.Request:
    """Return a request that goes to an address that was looked at: a name asked for again could lead elsewhere.

    Its host is still named in the header, and it is the host's certificate that is asked for.
    """
    extensions = {**request.extensions, "sni_hostname": request.url.host}
    url = request.url.copy_with(host=address)
    return httpx2.Request(request.method, url, headers=request.headers, stream=request.stream, extensions=extensions)


@dataclass(slots=True)
class GuardedBody(httpx2.AsyncByteStream):
    """A response's body, piece by piece, each in time and all within the limits. `begun` is when the request was sent."""

    inner: httpx2.AsyncByteStream
    policy: CallPolicy
    begun: float
    streamed: bool

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the pieces.

        Raises:
            httpx2.ReadTimeout: The next piece is late.
            ResponseTooLarge: There is too much of it.
            NotAnAnswer: It is no UTF-8; some SDKs would put other characters in its place.
        """
        pieces = aiter(self.inner)
        received, open_line, decoder, heard = 0, 0, _UTF8(), HEARING.get()
        while (piece := await self._next(pieces, first=not received)) is not None:
            received += len(piece)
            if heard is not None:
                heard.add(piece)
            first, *later = (len(line) for line in piece.split(b"\n"))
            self._check_size(received, max(open_line + first, *later, 0))
            open_line = later[-1] if later else open_line + first
            _check_text(decoder, piece)
            yield piece

    async def aclose(self) -> None:
        """Stop receiving."""
        await self.inner.aclose()

    async def _next(self, pieces: AsyncIterator[bytes], *, first: bool) -> bytes | None:
        policy, passed_s = self.policy, anyio.current_time() - self.begun
        limits = [
            (policy.total_s - passed_s, f"the answer was not whole within {policy.total_s:g} s"),
            (policy.first_byte_s - passed_s, _no_answer(policy))
            if first
            else (policy.idle_s, f"the answer stopped midway: nothing for {policy.idle_s:g} s"),
        ]
        left_s, late = min(limits)
        return await _in_time(max(left_s, 0), anext(pieces, None), late)

    def _check_size(self, received: int, line: int) -> None:
        if received > self.policy.max_response_bytes:
            raise ResponseTooLarge(f"the answer is larger than {self.policy.max_response_bytes} bytes")
        if self.streamed and line > self.policy.max_line_bytes:
            raise ResponseTooLarge(f"a line of the streamed answer is longer than {self.policy.max_line_bytes} bytes")


async def _hear(body: GuardedBody) -> None:
    """Read the beginning of a body that is refused, for whoever looks at it later."""
    heard = HEARING.get()
    if heard is None:
        return
    with suppress(httpx2.TransportError):
        async for _ in body:
            if heard.is_full:
                return


async def _in_time(left_s: float, awaited: Awaitable[T], late: str) -> T:
    try:
        with anyio.fail_after(left_s):
            return await awaited
    except TimeoutError as error:
        raise httpx2.ReadTimeout(late) from error


def _no_answer(policy: CallPolicy) -> str:
    return f"no answer within {policy.first_byte_s:g} s"


def _timeouts(policy: CallPolicy) -> dict[str, float | None]:
    # Reading is timed by us: the client has one limit for the first byte and for all later ones.
    return {"connect": policy.connect_s, "pool": policy.connect_s, "write": policy.idle_s, "read": None}


def _is_stream(response: httpx2.Response) -> bool:
    return "event-stream" in response.headers.get("content-type", "")


def _check_head(response: httpx2.Response) -> None:
    if response.has_redirect_location:
        raise RedirectRefused(response.headers["location"])
    if response.headers.get("content-encoding", "identity") != "identity":
        raise NotAnAnswer(f"the answer is packed ({response.headers['content-encoding']}) although that was not asked for")
    kind = response.headers.get("content-type", "json")
    if response.is_success and not any(known in kind for known in ANSWER_TYPES):
        raise AnotherKind(f"the answer is {kind!r}, not a model's: is the base URL right?")


def _check_text(decoder: codecs.IncrementalDecoder, piece: bytes) -> None:
    try:
        decoder.decode(piece)
    except UnicodeDecodeError as error:
        raise NotAnAnswer("the answer is not UTF-8") from error
