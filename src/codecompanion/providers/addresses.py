"""Where a name leads: a public name must not lead into a private network, whatever its DNS says.

Who can answer a name server's questions could else have a key and a prompt sent to a machine of this network. A server of the
user's own is meant when its address is private by what was written: an IP address, a name without a dot, a name that is
reserved for private use, or one of the setting `private_hosts`.
"""

from collections.abc import Awaitable, Callable

import anyio
import httpx2

from codecompanion.domain.internet import is_public
from codecompanion.providers.wire_errors import AddressRefused

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Returns the IP addresses of a name, for a port, best first; raises OSError when there are none."""


async def system_resolve(host: str, port: int) -> list[str]:
    """Return the addresses that this machine finds for a name."""
    found = await anyio.getaddrinfo(host, port)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


async def public_addresses(host: str, port: int, resolve: Resolve) -> list[str]:
    """Return the addresses of a public name.

    Raises:
        AddressRefused: One of them is private.
        httpx2.ConnectError: There are none.
    """
    try:
        addresses = await resolve(host, port)
    except (OSError, UnicodeError) as error:
        raise httpx2.ConnectError(f"the name {host} is not known: {error}") from error
    inside = next((address for address in addresses if not is_public(address)), None)
    if inside is not None:
        raise AddressRefused(f"{host} is a public name and leads to {inside}, which is not an address of the internet")
    return addresses
