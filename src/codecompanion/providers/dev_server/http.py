"""As much of HTTP/1.1 as a server needs that must also be able to break it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import responses
from typing import Any
from urllib.parse import urlsplit

from anyio import EndOfStream, IncompleteRead
from anyio.abc import ByteReceiveStream
from anyio.streams.buffered import BufferedByteReceiveStream

MAX_HEAD_BYTES = 64 * 1024
MAX_BODY_BYTES = 32 * 1024**2


class BadRequest(Exception):
    """The request cannot be understood; the message is for the caller."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request with its body read. Header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object.

        Raises:
            BadRequest: It is none.
        """
        try:
            value = json.loads(self.body)
        except ValueError as error:
            raise BadRequest("the body is no JSON") from error
        if not isinstance(value, dict):
            raise BadRequest("the body is no JSON object")
        return value  # pyright: ignore[reportUnknownVariableType] - JSON of unknown shape


async def read_request(stream: ByteReceiveStream) -> Request | None:
    """Return the next request of a connection, None when the client has gone.

    Raises:
        BadRequest: It is no HTTP, or too large.
    """
    buffered = BufferedByteReceiveStream(stream)
    try:
        begin = await buffered.receive_exactly(1)
        if not begin.isalpha():
            raise BadRequest("this is no HTTP: TLS is not spoken here")
        head = begin + await buffered.receive_until(b"\r\n\r\n", MAX_HEAD_BYTES)
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ", 2)
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        if not 0 <= length <= MAX_BODY_BYTES:
            raise BadRequest("the body is too large")
        body = await buffered.receive_exactly(length) if length else b""
    except (EndOfStream, IncompleteRead):
        return None
    except ValueError as error:
        raise BadRequest("this is no HTTP/1.1 request") from error
    return Request(method, urlsplit(target).path, headers, body)


def head(status: int, headers: Mapping[str, str]) -> bytes:
    """Return a response's head; the connection is closed after it."""
    lines = [
        f"HTTP/1.1 {status} {responses.get(status, 'Unknown')}",
        "connection: close",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def json_response(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> bytes:
    """Return a whole response with a JSON body."""
    body = json.dumps(value).encode()
    return head(status, {"content-type": "application/json", "content-length": str(len(body)), **(headers or {})}) + body


def event(value: object, name: str = "") -> bytes:
    """Return one server-sent event."""
    prefix = f"event: {name}\n" if name else ""
    data = value if isinstance(value, str) else json.dumps(value)
    return f"{prefix}data: {data}\n\n".encode()
