"""How the server misbehaves: what each fault sends instead of a good answer."""

import gzip
import socket
import struct
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

import anyio
from anyio.abc import SocketAttribute, SocketStream

from codecompanion.providers.dev_server.http import head, json_response
from codecompanion.providers.dev_server.wires.wire import Wire
from codecompanion.providers.script import Fault, FaultKind

PIECE = 64 * 1024
HTML = b"<!doctype html><title>Bad gateway</title>"
SSE = {"content-type": "text/event-stream", "cache-control": "no-cache"}
JSON = {"content-type": "application/json"}
UNTIL_IT_ARRIVES_S = 0.05


class Reset(Exception):
    """The connection is to be torn down without a word."""


@dataclass(frozen=True, slots=True)
class Good:
    """The answer that a fault spoils: the pieces of its body, one when it is not streamed."""

    wire: Wire
    streamed: bool
    pieces: tuple[bytes, ...]

    @property
    def head(self) -> bytes:
        """The response's head."""
        return head(200, SSE if self.streamed else JSON)

    @property
    def body(self) -> bytes:
        """The whole body."""
        return b"".join(self.pieces)

    def begun(self, fault: Fault) -> bytes:
        """Return the head and what comes before the fault."""
        return self.head + b"".join(self.pieces[: fault.after or 0])


async def spoiled(fault: Fault, good: Good) -> AsyncIterator[bytes]:
    """Yield what is sent.

    Raises:
        Reset: Here the connection breaks.
    """
    if fault.kind in _AT_ONCE:
        yield _AT_ONCE[fault.kind](fault, good)
    else:
        async for piece in _IN_TIME[fault.kind](fault, good):
            yield piece


async def tear(stream: SocketStream) -> None:
    """Close a connection with a reset instead of an end."""
    with suppress(OSError):
        raw = stream.extra(SocketAttribute.raw_socket)  # noqa: S610 - anyio's typed attributes, no SQL
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def _slow(fault: Fault, good: Good) -> AsyncIterator[bytes]:
    await anyio.sleep(fault.seconds)
    yield good.head + good.body


async def _stall(fault: Fault, good: Good) -> AsyncIterator[bytes]:
    yield good.begun(fault)
    await anyio.sleep(fault.seconds)


async def _drip(fault: Fault, good: Good) -> AsyncIterator[bytes]:
    yield good.head
    for piece in good.pieces:
        await anyio.sleep(fault.seconds)
        yield piece


async def _reset(fault: Fault, good: Good) -> AsyncIterator[bytes]:
    if fault.after is not None:
        yield good.begun(fault)
        await anyio.sleep(UNTIL_IT_ARRIVES_S)
    raise Reset


async def _flood(fault: Fault, good: Good) -> AsyncIterator[bytes]:
    yield head(200, SSE if good.streamed or fault.kind == "huge_line" else JSON)
    often = b"x"
    if good.streamed and fault.kind == "huge_body":
        *begun, often = good.pieces[:3]
        yield b"".join(begun)
    block = often * (PIECE // len(often) + 1)
    for _ in range(fault.size // len(block) + 1):
        yield block


def _status(fault: Fault, good: Good) -> bytes:
    if fault.body is not None:
        return head(fault.status, {**JSON, **fault.headers}) + fault.body.encode()
    return json_response(good.wire.error(fault.status, f"status {fault.status}"), fault.status, fault.headers)


def _bad_json(_fault: Fault, good: Good) -> bytes:
    first, *rest = good.pieces
    if not good.streamed:
        return good.head + first[: len(first) // 2]
    cut = rest[0][:-8] + b"\n\n" if rest else first[:-8]
    return good.head + b"".join([first, cut, *rest[1:]])


def _bad_utf8(_fault: Fault, good: Good) -> bytes:
    return good.head + good.body.replace(b'"text"', b'"\xff\xfe"').replace(b'"role"', b'"\xff\xfe"').replace(
        b'"status"', b'"\xff"'
    )


def _short_body(_fault: Fault, good: Good) -> bytes:
    return head(200, {**(SSE if good.streamed else JSON), "content-length": str(len(good.body) + 100)}) + good.body


_IN_TIME: Mapping[FaultKind, Callable[[Fault, Good], AsyncIterator[bytes]]] = {
    "slow": _slow,
    "drip": _drip,
    "stall": _stall,
    "reset": _reset,
    "huge_body": _flood,
    "huge_line": _flood,
}

_AT_ONCE: Mapping[FaultKind, Callable[[Fault, Good], bytes]] = {
    "status": _status,
    "truncate": lambda fault, good: good.begun(fault),
    "redirect": lambda fault, _good: head(307, {"location": fault.location, "content-length": "0"}),
    "not_json": lambda _fault, _good: head(200, {"content-type": "text/html"}) + HTML,
    "empty_body": lambda _fault, good: head(200, {**(SSE if good.streamed else JSON), "content-length": "0"}),
    "packed": lambda _fault, good: head(200, {**JSON, "content-encoding": "gzip"}) + gzip.compress(good.body)[:-4],
    "short_body": _short_body,
    "error_event": lambda fault, good: good.begun(fault) + good.wire.error_in_stream("Overloaded"),
    "bad_json": _bad_json,
    "bad_utf8": _bad_utf8,
    "junk": lambda _fault, good: good.head + b": keep-alive\n\n" * good.streamed + good.body,
    "duplicate": lambda _fault, good: good.head + b"".join(piece * (1 + good.streamed) for piece in good.pieces),
}
