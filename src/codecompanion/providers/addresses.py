"""Where a name leads: a public name must not lead into a private network, whatever its DNS says.

Who can answer a name server's questions could else have a key and a prompt sent to a machine of this network. A server of the
user's own is meant when its address is private by what was written: an IP address, a name without a dot, a name that is
reserved for private use, or one of the setting `private_hosts`.
"""

from collections.abc import Awaitable, Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import anyio
import httpx2

from codecompanion.providers.wire_errors import AddressRefused

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Returns the IP addresses of a name, for a port, best first; raises OSError when there are none."""

PRIVATE_DOMAINS = ("localhost", "local", "internal", "lan", "home.arpa", "test")
"""No public name ends so: RFC 6761, 6762 and 8375, and what ICANN keeps for private use (internal)."""
TRANSLATED = IPv6Network("64:ff9b::/96")
"""IPv6 addresses that hold an IPv4 address (RFC 6052)."""


async def system_resolve(host: str, port: int) -> list[str]:
    """Return the addresses that this machine finds for a name."""
    found = await anyio.getaddrinfo(host, port)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def names_a_host(host: str, names: Iterable[str]) -> bool:
    """Whether a host is one of some names or below one of them; "*" is every host."""
    wanted = [name.strip().lstrip(".").lower() for name in names if name.strip()]
    return any(name in {"*", host} or host.endswith(f".{name}") for name in wanted)


def is_private_by_name(host: str, own: Iterable[str]) -> bool:
    """Whether what was written says that a host may be in a private network; `own` are names that the user calls private."""
    name = host.lower().rstrip(".")
    return _address(name) is not None or "." not in name or names_a_host(name, (*PRIVATE_DOMAINS, *own))


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet. One that holds another is what that one is."""
    ip = _address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (IPv4Address(int(ip) & 0xFFFFFFFF) if ip in TRANSLATED else None)
        ip = inner or ip
    return ip is not None and ip.is_global and not ip.is_multicast


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


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.strip("[]"))
    except ValueError:
        return None
