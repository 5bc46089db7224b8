"""What stands around every request: its ids, who may send it, how large and how often; and the headers of every answer."""

import logging
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from math import ceil
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from codecompanion.api.buckets import Buckets
from codecompanion.api.problems import Refusal, answer
from codecompanion.observability.log_fields import log_fields
from codecompanion.observability.spans import Attribute, Span, SpanSink
from codecompanion.observability.trace_context import Place, inside, new_trace, read_traceparent

MAX_BODY_BYTES = 1_048_576
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
PROBES = frozenset({"/livez", "/readyz", "/startupz"})
QUIET = frozenset({*PROBES, "/metrics"})
"""What is asked every few seconds, and not worth a line in the log."""
_ID = re.compile(r"[\w.:-]{1,128}", re.ASCII)
_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)

_log = logging.getLogger(__name__)

Seen = Callable[[str, int, float], None]
"""Told of every answer: its method, its status and the seconds it took."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Whom a server answers. `hosts` are the names (without a port) that a request may call it by, all in lower case."""

    hosts: frozenset[str]
    buckets: Buckets = field(default_factory=lambda: Buckets(rate=50, burst=200))


class Shell:
    """Puts the rules around an application."""

    def __init__(self, app: ASGIApp, rules: Rules, seen: Seen, spans: SpanSink) -> None:
        self._app = app
        self._spans = spans
        self._rules = rules
        self._seen = seen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.monotonic()
        headers = Headers(scope=scope)
        request_id = headers.get("x-request-id", "")
        request_id = request_id if _ID.fullmatch(request_id) else secrets.token_hex(16)
        caller = read_traceparent(headers.get("traceparent", ""))
        place = new_trace() if caller is None else caller.below()
        scope.setdefault("state", {}).update(request_id=request_id)
        more = {"X-Request-Id": request_id, "traceparent": place.traceparent}

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add(message, more)
                seconds = time.monotonic() - begun
                self._seen(scope["method"], message["status"], seconds)
                _tell(scope, message["status"], seconds)
                if scope["method"] not in SAFE_METHODS:  # what begins or changes something; a run's trace hangs on it
                    self._spans.send([_span(scope, message["status"], place, caller, begun_ns)])
            await send(message)

        begun_ns = time.time_ns()
        with inside(place), log_fields(request_id=request_id):
            try:
                more |= self._check(scope, headers)
                await self._app(scope, _Counted(receive), sending)
            except Refusal as refusal:
                await answer(scope["path"], request_id, refusal)(scope, receive, sending)

    def _check(self, scope: Scope, headers: Headers) -> dict[str, str]:
        """Return the headers that tell how often one may ask.

        Raises:
            Refusal: The request is not to be answered.
        """
        host = _name(headers.get("host", ""))
        if host not in self._rules.hosts:
            raise Refusal(
                HTTPStatus.MISDIRECTED_REQUEST, "this server is not called by that name", fix="--host-name allows one"
            )
        origin = headers.get("origin")
        if origin is not None and scope["method"] not in SAFE_METHODS and urlsplit(origin).netloc != headers["host"]:
            raise Refusal(HTTPStatus.FORBIDDEN, "pages of other sites may not send this")
        if not _fits(headers.get("content-length", "0")):
            raise _too_large()
        return {} if scope["path"] in PROBES else self._counted(scope, headers)

    def _counted(self, scope: Scope, headers: Headers) -> dict[str, str]:
        buckets = self._rules.buckets
        client = scope.get("client") or ("", 0)
        names = [f"ip:{client[0]}"]
        if bearer := headers.get("authorization"):
            names.append(f"token:{sha256(bearer.encode()).hexdigest()}")
        left, wait_s = min(map(buckets.take, names))
        policy = {
            "RateLimit-Policy": f'"requests";q={buckets.burst};w={ceil(buckets.burst / buckets.rate) if buckets.rate else 0}',
            "RateLimit": f'"requests";r={max(left, 0)};t={ceil(wait_s)}',
        }
        if left < 0:
            wait = {**policy, "Retry-After": str(max(1, ceil(wait_s)))}
            raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, "too many requests", fix="wait as Retry-After says", headers=wait)
        return policy


def _add(message: Message, more: Mapping[str, str]) -> None:
    """Add to an answer's headers those that it lacks."""
    headers: list[tuple[bytes, bytes]] = message["headers"]
    given = {name for name, _ in headers}
    written = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in more.items()]
    headers += [pair for pair in (*_HEADERS, *written) if pair[0] not in given]


def _span(scope: Scope, status: int, place: Place, caller: Place | None, begun_ns: int) -> Span:
    route: str = getattr(scope.get("route"), "path", "")
    attributes: dict[str, Attribute] = {"http.request.method": scope["method"], "http.response.status_code": status}
    return Span(
        f"{scope['method']} {route}".rstrip(),
        place.trace_id,
        place.span_id,
        "" if caller is None else caller.span_id,
        begun_ns,
        time.time_ns(),
        kind="server",
        attributes={**attributes, **({"http.route": route} if route else {})},
        error=str(status) if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "",
    )


def _tell(scope: Scope, status: int, seconds: float) -> None:
    """Log an answer. The query is left out: it may hold what nobody should read.

    Reads that went well come in thousands and change nothing: `/metrics` counts them, and the level `debug` shows each.
    """
    is_usual = scope["path"] in QUIET or (scope["method"] in SAFE_METHODS and status < HTTPStatus.BAD_REQUEST)
    level = logging.DEBUG if is_usual else logging.INFO
    if not _log.isEnabledFor(level):
        return
    extra = {"method": scope["method"], "path": scope["path"], "status": status, "ms": round(seconds * 1000, 1)}
    _log.log(level, "answered", extra=extra)


class _Counted:
    """Reads a body and refuses it when it grows too large."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._bytes = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._bytes += len(message.get("body", b""))
        if self._bytes > MAX_BODY_BYTES:
            refusal = _too_large()  # as the framework's own error: any other one it would call a body that cannot be parsed
            raise HTTPException(refusal.status.value, refusal.detail)
        return message


def _too_large() -> Refusal:
    return Refusal(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"the body has more than {MAX_BODY_BYTES:,} bytes",
        fix="put long text into a file of the repository and name it",
    )


def _fits(length: str) -> bool:
    return (
        length.isdecimal() and length.isascii() and len(length) < len(str(MAX_BODY_BYTES)) + 1 and int(length) <= MAX_BODY_BYTES
    )


def _name(host: str) -> str:
    """Return the name in a Host header, without its port, in lower case."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""
