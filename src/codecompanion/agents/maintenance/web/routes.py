"""What is wrong with an application's routes: two for one address, and one that is never reached."""

import re
from collections.abc import Iterator, Sequence

from codecompanion.agents.maintenance.report import Noted
from codecompanion.agents.maintenance.web.proving import Route

_BRACES = re.compile(r"\{(\w+)(?::(\w+))?\}")
_ANGLES = re.compile(r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>")
_KINDS = {"int": r"\d+", "float": r"\d+(?:\.\d+)?", "path": ".*", "uuid": r"[0-9a-fA-F-]{36}", "slug": r"[-\w]+"}
IN_ORDER = frozenset(("fastapi", "starlette", "django"))
"""The frameworks that take the first route that fits, whichever fits better."""
_MOST_COMPARED = 400


def route_findings(routes: Sequence[Route], framework: str) -> Iterator[Noted]:
    """Yield the routes that another one hides."""
    seen: dict[tuple[str, str], Route] = {}
    for route in routes:
        for method in route.methods:
            first = seen.setdefault((method, shape(route.path)), route)
            if first is not route:
                what = f"{method} {route.path} is answered by {first.handler} ({first.where}): {route.handler} is never reached"
                yield Noted(severity="warning", what=what, where=route.where, fix="remove one, or give it another path")
                break
    if framework in IN_ORDER:
        yield from _shadowed(routes[:_MOST_COMPARED])


def _shadowed(routes: Sequence[Route]) -> Iterator[Noted]:
    open_routes: list[tuple[Route, re.Pattern[str]]] = []
    for route in routes:
        if shape(route.path) != route.path:
            open_routes += [(route, pattern)] if (pattern := _pattern(route.path)) else []
            continue
        for earlier, pattern in open_routes:
            if set(earlier.methods) & set(route.methods) and pattern.fullmatch(route.path):
                what = f"{route.path} is taken by {earlier.path} ({earlier.where}), which is declared before it"
                yield Noted(severity="warning", what=what, where=route.where, fix=f"declare {route.path} first")
                break


def shape(path: str) -> str:
    """Return a path without the names of its parameters: paths of one shape answer to the same addresses."""
    return _ANGLES.sub(lambda found: f"<{found[1] or 'str'}>", _BRACES.sub(lambda found: f"{{{found[2] or 'str'}}}", path))


def _pattern(path: str) -> re.Pattern[str] | None:
    """Return what addresses a path takes; None for one that is a regular expression itself."""
    if re.search(r"[\\^$(|*+?]", _ANGLES.sub("", _BRACES.sub("", path))):
        return None
    parts = re.split(r"(\{\w+(?::\w+)?\}|<(?:\w+:)?\w+>)", path)
    return re.compile("".join(_part(part) for part in parts))


def _part(part: str) -> str:
    braces, angles = _BRACES.fullmatch(part), _ANGLES.fullmatch(part)
    if not (braces or angles):
        return re.escape(part)
    kind = braces[2] if braces else (angles[1] if angles else None)
    return _KINDS.get(kind or "str", "[^/]+")
