"""How the proxy asks the world outside. Tests bring a world of their own; the rules are the same in it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import anyio
from anyio.abc import ByteStream


async def system_resolve(host: str, port: int) -> list[str]:
    """Return the addresses that this machine finds for a name, best first.

    Raises:
        OSError: There are none.
    """
    found = await anyio.getaddrinfo(host, port)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


async def connect(address: str, port: int) -> ByteStream:
    """Return a connection to an IP address.

    Raises:
        OSError: There is none to be had.
    """
    return await anyio.connect_tcp(address, port)


@dataclass(frozen=True, slots=True)
class Internet:
    """Finds the addresses of a name, and connects to an address: both raise OSError."""

    resolve: Callable[[str, int], Awaitable[list[str]]] = system_resolve
    connect: Callable[[str, int], Awaitable[ByteStream]] = connect
