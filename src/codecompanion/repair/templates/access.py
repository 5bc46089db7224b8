"""Ways to reach an item: by index, with a default, by taking it out."""

import ast
from collections.abc import Iterator

from codecompanion.repair.templates.site import Proposal, Site

BY_KEY = ("get", "pop", "setdefault", "index", "__getitem__")
DEFAULTS = ("None", "0", "''", "[]", "()", "{}", "1", "False")


def changed(site: Site) -> Iterator[Proposal]:
    """`x[k]` -> `x.get(k)`, `x.pop(k)`, `x(k)`; `x.get(k)` -> `x[k]`, with a default or another one."""
    for node in site.of(ast.Subscript):
        assert isinstance(node, ast.Subscript)
        if isinstance(node.ctx, ast.Load) and not isinstance(node.slice, ast.Slice):
            base, key = site.operand(node.value), site.text(node.slice)
            yield site.replace(node, f"{base}.get({key})")
            yield site.replace(node, f"{base}.pop({key})")
            yield site.replace(node, f"{base}({key})", 0.2)
            yield from (site.replace(node, f"{base}.get({key}, {value})", 0.6) for value in (*DEFAULTS, key))
    for node in site.of(ast.Call):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in BY_KEY and node.args:
            base, key = site.operand(node.func.value), site.text(node.args[0])
            yield site.replace(node, f"{base}[{key}]", 2.0)
            for value in (*DEFAULTS, key):
                yield site.replace(node, f"{base}.{node.func.attr}({key}, {value})", 0.5)


def exchanged(site: Site) -> Iterator[Proposal]:
    """Two variables of a statement in each other's place, everywhere in it."""
    places: dict[str, list[ast.expr]] = {}
    for node in site.of(ast.Name):
        assert isinstance(node, ast.Name)
        if isinstance(node.ctx, ast.Load) and node.id in site.scope.locals:
            places.setdefault(node.id, []).append(node)
    names = list(places)
    for at, left in enumerate(names):
        for right in names[at + 1 :]:
            swaps = [(node, right) for node in places[left]] + [(node, left) for node in places[right]]
            first, *others = [site.replace(node, text).edit for node, text in swaps]
            yield Proposal(first, 1.0, tuple(others))
