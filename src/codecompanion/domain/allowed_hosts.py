"""What a program with a network grant may reach: hosts by their names, each with a port."""

import re

from codecompanion.domain.internet import is_private_by_name
from codecompanion.domain.project import Value

HTTPS_PORT = 443
LONGEST_HOST = 253
_WRITTEN = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?(?::(?P<port>[0-9]{1,5}))?")
_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""A full name whose last part begins with a letter: what ends with a number ("127.1", "0x7f.1") is read as an address."""
WILDCARD = "*."


class AllowedHost(Value):
    """A host and a port. The name is in small letters; one that begins with "*." stands for all names below, not for itself."""

    name: str
    port: int = HTTPS_PORT

    @property
    def told(self) -> str:
        """How it is written: the port only where it is not that of HTTPS."""
        return self.name if self.port == HTTPS_PORT else f"{self.name}:{self.port}"

    def covers(self, name: str, port: int) -> bool:
        """Whether a host, in small letters and without a dot at its end, is meant."""
        return port == self.port and (name.endswith(self.name[1:]) if self.name.startswith(WILDCARD) else name == self.name)


def written_host(text: str) -> AllowedHost:
    """Return a host as a person writes it: HOST or HOST:PORT.

    Raises:
        ValueError: It is none, in a sentence.
    """
    match = _WRITTEN.fullmatch(text.strip().lower())
    port = int(match["port"] or HTTPS_PORT) if match else 0
    if match is None or not 0 < port < 2**16 or len(match["name"]) > LONGEST_HOST:
        raise ValueError(
            f"{text[:LONGEST_HOST]!r} is no host: write HOST or HOST:PORT, such as api.example.org or *.example.org:8443"
        )
    return AllowedHost(name=match["name"], port=port)


def is_public_name(name: str) -> bool:
    """Whether a text, in small letters, is a full name of the internet by its form: no address, and not of a private domain."""
    return len(name) <= LONGEST_HOST and _NAME.fullmatch(name) is not None and not is_private_by_name(name)
