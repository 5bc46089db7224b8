"""Which HTTP proxy a request goes through, by the variables that all tools know."""

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from codecompanion.domain.internet import names_a_host

ProxyFor = Callable[[str], str | None]


def proxy_for(environ: Mapping[str, str]) -> ProxyFor:
    """Return a function from a URL to the URL of its proxy, None for none.

    `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` count, in upper or lower case. This machine's own addresses are
    always reached directly.
    """

    def proxy(url: str) -> str | None:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if host in {"localhost", "127.0.0.1", "::1"} or names_a_host(host, _value(environ, "NO_PROXY").split(",")):
            return None
        return _value(environ, f"{parts.scheme.upper()}_PROXY") or _value(environ, "ALL_PROXY") or None

    return proxy


def _value(environ: Mapping[str, str], name: str) -> str:
    return (environ.get(name) or environ.get(name.lower()) or "").strip()
