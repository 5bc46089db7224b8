"""The address of a bus: what a client reads of it, what people may see, and what is ours in it."""

import re
from urllib.parse import parse_qsl, urlencode

PREFIX = "codecompanion"
_CREDENTIALS = re.compile(r"//[^/?#]*@")


def shown(url: str) -> str:
    """Return where a server is, without user, password and options."""
    return _CREDENTIALS.sub("//", url.partition("?")[0])


def split_prefix(url: str) -> tuple[str, str]:
    """Return a URL without its option `prefix`, and that prefix: what the names of ours begin with on the server."""
    address, _, query = url.partition("?")
    options = dict(parse_qsl(query))
    prefix = options.pop("prefix", PREFIX)
    return f"{address}?{urlencode(options)}" if options else address, prefix


def is_redis(url: str) -> bool:
    """Return whether a URL names a Redis."""
    return url.partition(":")[0] in ("redis", "rediss", "unix")
