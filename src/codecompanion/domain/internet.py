"""Which names and addresses are of the internet, and which lead into a private network or to this machine."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

PRIVATE_DOMAINS = ("localhost", "local", "internal", "lan", "home.arpa", "test")
"""No public name ends so: RFC 6761, 6762 and 8375, and what ICANN keeps for private use (internal)."""
TRANSLATED = IPv6Network("64:ff9b::/96")
"""IPv6 addresses that hold an IPv4 address (RFC 6052)."""


def names_a_host(host: str, names: Iterable[str]) -> bool:
    """Whether a host is one of some names or below one of them; "*" is every host."""
    wanted = [name.strip().lstrip(".").lower() for name in names if name.strip()]
    return any(name in {"*", host} or host.endswith(f".{name}") for name in wanted)


def is_private_by_name(host: str, own: Iterable[str] = ()) -> bool:
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


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.strip("[]"))
    except ValueError:
        return None
