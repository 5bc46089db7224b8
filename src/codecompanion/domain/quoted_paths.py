"""Paths as git quotes them when they hold what a line cannot: controls, quotes, bytes that are no text."""

import re

_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_NAMED = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}


def unquoted(path: str, errors: str = "surrogateescape") -> str:
    """Return a path without the quotes and escapes of git, decoded as UTF-8; `errors` is what becomes of other bytes."""
    path = path.strip()
    if not (len(path) > 1 and path[0] == path[-1] == '"'):
        return path
    raw = path[1:-1].encode("utf-8", "surrogateescape")
    return _ESCAPE.sub(_unescaped, raw).decode("utf-8", errors)


def _unescaped(found: re.Match[bytes]) -> bytes:
    escape = found[1]
    if escape[0] in b"01234567":
        return bytes([int(escape, 8) & 0xFF])
    return _NAMED.get(escape, escape)
