"""The proxy of one caged process: it connects to the hosts that were allowed, and to nothing else.

What passes through is not looked at, so the name in a program's TLS may be another than the one it asked for: it reaches
whatever the allowed host's server serves.
"""

import errno
import logging
import os
import socket
import stat
from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus

import anyio
from anyio.abc import ByteReceiveStream, ByteStream, SocketListener
from anyio.streams.buffered import BufferedByteStream

from codecompanion.domain.allowed_hosts import AllowedHost, is_public_name
from codecompanion.domain.internet import is_public
from codecompanion.ports import RefusedHost
from codecompanion.workspace.sandboxes.network.asking import CONNECTED, HEAD_BYTES, Refusal, asked_for
from codecompanion.workspace.sandboxes.network.internet import Internet

HEAD_S = 10.0
CONNECT_S = 15.0
IDLE_S = 300.0
"""A connection over which nothing came for so long is ended."""
MOST_CONNECTIONS = 64
"""Those beyond wait until another ends."""
MOST_ADDRESSES = 4
"""Of a name, so many are tried."""
MOST_REFUSED = 100
"""So many different hosts are kept of those that were refused."""
CHUNK_BYTES = 64 * 1024
PAUSE_S = 0.5
SHORTAGES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
"""Of the whole system, or of our process: others give something back."""

_log = logging.getLogger(__name__)


class AllowListProxy:
    """Serves one cage.

    Args:
        hosts: What may be reached.
        internet: How names are looked up and addresses connected to.
    """

    def __init__(self, hosts: Sequence[AllowedHost], internet: Internet) -> None:
        self._hosts = hosts
        self._internet = internet
        self._refused: dict[RefusedHost, None] = {}
        self._free = anyio.Semaphore(MOST_CONNECTIONS)

    @property
    def refused(self) -> tuple[RefusedHost, ...]:
        """The hosts that were asked for and refused, each once, in the order of their first asking; at most 100."""
        return tuple(self._refused)

    async def serve_what_comes_out(self, channel: socket.socket) -> None:
        """Serve at the socket that the cage hands out on a channel; only the first thing that comes is taken."""
        await anyio.wait_readable(channel)
        listener = await _handed_out(channel)
        if listener is not None:
            async with listener:
                await self._serve(listener)

    async def _serve(self, listener: SocketListener) -> None:
        async with anyio.create_task_group() as group:
            while True:
                await self._free.acquire()
                try:
                    stream = await listener.accept()
                except OSError as error:
                    _log.warning("the proxy of a sandbox cannot accept a connection: %s", error)
                    if error.errno not in SHORTAGES:
                        return
                    self._free.release()
                    await anyio.sleep(PAUSE_S)
                else:
                    group.start_soon(self._converse, stream)

    async def _converse(self, stream: ByteStream) -> None:
        try:
            async with stream:
                with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream, anyio.IncompleteRead):
                    await self._answer(BufferedByteStream(stream))
        finally:
            self._free.release()

    async def _answer(self, inside: BufferedByteStream) -> None:
        try:
            outside = await self._connected(await _head(inside))
        except Refusal as refusal:
            await inside.send(refusal.answer())
            return
        async with outside:
            await inside.send(CONNECTED)
            await _relay(inside, outside)

    async def _connected(self, head: bytes) -> ByteStream:
        host, port = asked_for(head)
        if not (is_public_name(host) and any(allowed.covers(host, port) for allowed in self._hosts)):
            # Not looked up either: a question to a name server can carry something out.
            raise self._noted(host, port, "is not among the hosts that were allowed")
        failure = "there is no address for it"
        with anyio.move_on_after(CONNECT_S):
            for address in (await self._addresses(host, port))[:MOST_ADDRESSES]:
                try:
                    return await self._internet.connect(address, port)
                except OSError as error:
                    failure = str(error)
            raise Refusal(HTTPStatus.BAD_GATEWAY, f"{host}:{port} cannot be reached: {failure}")
        raise Refusal(HTTPStatus.GATEWAY_TIMEOUT, f"{host}:{port} did not answer within {CONNECT_S:g} s")

    async def _addresses(self, host: str, port: int) -> list[str]:
        """Return the addresses of a host: what is connected to is one of those that were looked at here."""
        try:
            addresses = await self._internet.resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise Refusal(HTTPStatus.BAD_GATEWAY, f"the name {host} is not known: {error}") from error
        if not all(map(is_public, addresses)):
            raise self._noted(host, port, "leads to an address that is not of the internet")
        return addresses

    def _noted(self, host: str, port: int, why: str) -> Refusal:
        refused = RefusedHost(host, port, why)
        if refused not in self._refused and len(self._refused) < MOST_REFUSED:
            self._refused[refused] = None
            _log.warning("a program in the sandbox was refused the network: %s:%d %s", host, port, why)
        return Refusal(HTTPStatus.FORBIDDEN, f"{host}:{port} {why}")


async def _handed_out(channel: socket.socket) -> SocketListener | None:
    """Return the listening socket that came, None when something else came or nothing."""
    _, descriptors, *_ = socket.recv_fds(channel, 1, 1, socket.MSG_CMSG_CLOEXEC)
    if not descriptors:
        return None
    # The command's own variables are set already when it is sent, LD_PRELOAD too: so it is looked at.
    if not stat.S_ISSOCK(os.fstat(descriptors[0]).st_mode):
        os.close(descriptors[0])
        return None
    handed = socket.socket(fileno=descriptors[0])
    is_listening = handed.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    if handed.family is not socket.AF_INET or handed.type is not socket.SOCK_STREAM or not is_listening:
        handed.close()
        return None
    handed.settimeout(0)
    return await SocketListener.from_socket(handed)


async def _head(inside: BufferedByteStream) -> bytes:
    """Return the head of a request; what came behind it stays to be read.

    Raises:
        Refusal: It is too long, or too slow.
    """
    with anyio.move_on_after(HEAD_S):
        with suppress(anyio.DelimiterNotFound):
            head = await inside.receive_until(b"\r\n\r\n", HEAD_BYTES)
            if len(head) <= HEAD_BYTES:  # more can have come at once
                return head
        status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        raise Refusal(status, f"the head of a request has more than {HEAD_BYTES} bytes")
    raise Refusal(HTTPStatus.REQUEST_TIMEOUT, f"the head of a request did not come within {HEAD_S:g} s")


async def _relay(inside: ByteStream, outside: ByteStream) -> None:
    """Carry bytes both ways until both ends are done, one breaks, or nothing comes for too long."""
    with anyio.move_on_after(IDLE_S) as idle:
        async with anyio.create_task_group() as group:
            group.start_soon(_carry, inside, outside, idle)
            group.start_soon(_carry, outside, inside, idle)


async def _carry(source: ByteReceiveStream, sink: ByteStream, idle: anyio.CancelScope) -> None:
    try:
        while True:
            chunk = await source.receive(CHUNK_BYTES)
            idle.deadline = anyio.current_time() + IDLE_S
            await sink.send(chunk)
    except anyio.EndOfStream:
        with suppress(OSError, anyio.BrokenResourceError, anyio.ClosedResourceError):
            await sink.send_eof()
    except (anyio.BrokenResourceError, anyio.ClosedResourceError):
        idle.cancel()
