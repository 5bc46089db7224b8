"""Updates that are missing: of a container, a counter or a member, and branches that do for the rest what an `if` does."""

import ast
import re
from collections.abc import Iterator

from codecompanion.repair.scope import Scope
from codecompanion.repair.source import SourceFile
from codecompanion.repair.templates.site import Proposal, Site

MOST_VALUES = 8
MOST_DONORS = 24
COUNTERPARTS: dict[type[ast.operator], str] = {
    ast.Add: "-", ast.Sub: "+", ast.Mult: "//", ast.Div: "*", ast.FloorDiv: "*", ast.BitOr: "&", ast.BitAnd: "|",
}  # fmt: skip
ADDED = {"list": "append({})", "set": "add({})", "deque": "append({})"}


def filled(site: Site) -> Iterator[Proposal]:
    """Something put into a container that is made empty here and never filled."""
    if site.block is None:
        return
    for name, kind in site.scope.unfilled.items():
        for text, weight in _additions(site.scope, name, kind):
            yield from _around(site, text, weight)


def _additions(scope: Scope, name: str, kind: str) -> Iterator[tuple[str, float]]:
    values = [value for value in dict.fromkeys([*scope.loops, *scope.locals]) if value != name][:MOST_VALUES]
    weights = {value: 2.0 if value in scope.loops else 1.0 for value in values}
    if kind in ADDED:
        yield from ((f"{name}.{ADDED[kind].format(value)}", weight) for value, weight in weights.items())
        return
    for key, weight in weights.items():
        yield f"{name}[{key}] = {name}.get({key}, 0) + 1", weight
        yield from ((f"{name}[{key}] = {value}", weight * 0.7) for value in [*values, "True", "1"] if value != key)


def varied(site: Site) -> Iterator[Proposal]:
    """A statement more, or in the place of `pass`, that is like another one: its counterpart, a part of it, other variables."""
    if site.block is None or site.scope.function is None:
        return
    is_empty = isinstance(site.stmt, ast.Pass)
    for text, weight in _variants(site):
        if is_empty:
            yield site.replace_statement(text, weight)
        else:
            yield from _around(site, text, weight)


def branches(site: Site) -> Iterator[Proposal]:
    """`if c: x` -> `if c: x` with an `else:` that does the like, or what another statement of the function does."""
    stmt = site.stmt
    if not isinstance(stmt, ast.If) or stmt.orelse or not site.source.starts_line(stmt):
        return
    own = [node for node in stmt.body if isinstance(node, ast.Assign | ast.AugAssign | ast.Expr | ast.Return)]
    offers = {text: 1.0 for node in own for text in _changed(site.source, site.scope, node)}
    for text, is_near in site.scope.statements:
        if is_near:
            offers.setdefault(text, 0.5)
    for text, weight in offers.items():
        if "\n" not in text and site.scope.can_read(text) and (text not in ("continue", "break") or site.loop()):
            yield site.insert_after(f"else:\n    {text}", weight)


def _around(site: Site, text: str, weight: float) -> Iterator[Proposal]:
    yield site.insert_before(text, weight)
    if not isinstance(site.stmt, ast.Return | ast.Raise | ast.Continue | ast.Break):
        yield site.insert_after(text, weight)


def _variants(site: Site) -> Iterator[tuple[str, float]]:
    donors = [(node, 1.0) for node in site.scope.simple] + [(node, 0.5) for node in site.scope.index.simple]
    seen: set[str] = set()
    for node, weight in donors[:MOST_DONORS]:
        for text in _changed(site.source, site.scope, node):
            if text not in seen and "\n" not in text and site.scope.can_read(text):
                seen.add(text)
                yield text, weight


def _changed(source: SourceFile, scope: Scope, node: ast.stmt) -> Iterator[str]:
    """Yield texts like a simple statement's."""
    text = source.segment(node)
    if isinstance(node, ast.AugAssign) and type(node.op) in COUNTERPARTS:
        target, value = source.segment(node.target), source.segment(node.value)
        yield f"{target} {COUNTERPARTS[type(node.op)]}= {value}"
    value = getattr(node, "value", None)
    if isinstance(value, ast.BinOp):
        ahead = text[: len(text) - len(source.segment(value))]
        yield from (ahead + source.segment(side) for side in (value.left, value.right))
    names = dict.fromkeys(n.id for n in ast.walk(node) if isinstance(n, ast.Name) and n.id in scope.locals)
    for name in names:
        for other in scope.locals[:MOST_VALUES]:
            if other != name:
                yield re.sub(rf"(?<![\w.]){re.escape(name)}\b", other, text)
