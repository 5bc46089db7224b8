"""A TCP proxy on loopback that can cut its connections, refuse new ones and swallow answers."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import anyio
from anyio.abc import ByteStream, SocketStream


class Proxy:
    """Stands before `server`, which may become another one. `port` is where it listens."""

    def __init__(self, host: str, port: int) -> None:
        self.server = (host, port)
        self._open: set[SocketStream] = set()
        self.port = 0
        self.refuses = False
        self.swallows_answers = False
        self.asked = anyio.Event()

    async def cut(self) -> None:
        """End all connections at once."""
        for stream in list(self._open):
            await stream.aclose()

    async def serve(self, client: SocketStream) -> None:
        """Connect a client with the server."""
        if self.refuses:
            await client.aclose()
            return
        async with client, await anyio.connect_tcp(*self.server) as server:
            self._open |= {client, server}
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._pump, client, server, False)  # noqa: FBT003 - by position only
                tasks.start_soon(self._pump, server, client, True)  # noqa: FBT003 - by position only
            self._open -= {client, server}

    async def _pump(self, source: ByteStream, target: ByteStream, answers: bool) -> None:  # noqa: FBT001 - as above
        with suppress(anyio.EndOfStream, anyio.ClosedResourceError, anyio.BrokenResourceError):
            while True:
                content = await source.receive()
                if answers and self.swallows_answers:
                    self.asked.set()
                    continue
                await target.send(content)
        with suppress(Exception):
            await target.aclose()


@asynccontextmanager
async def proxy(host: str, port: int, *, listen: str = "127.0.0.1") -> AsyncGenerator[Proxy]:
    """Run a proxy before a server, on an address of this machine."""
    one = Proxy(host, port)
    async with await anyio.create_tcp_listener(local_host=listen) as listener, anyio.create_task_group() as tasks:
        one.port = listener.extra(anyio.abc.SocketAttribute.local_port)
        tasks.start_soon(listener.serve, one.serve)
        yield one
        tasks.cancel_scope.cancel()
