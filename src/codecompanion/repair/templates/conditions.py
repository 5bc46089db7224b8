"""Conditions that are missing, too strict or too loose, and guards around statements."""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

from codecompanion.repair.templates.site import Proposal, Site

MOST = 100
MOST_EXITS = 6
MOST_STRINGS = 4
SHOWN = re.compile(r"""[(`'"]([^\w\s()]{1,3})[)`'"]""")
LONGEST = 60


def _donors(site: Site, most: int = MOST) -> list[tuple[str, float]]:
    """Return conditions that could be meant here, from the code around and made from its variables, the likeliest first."""
    written = [(text, 1.5) for text in site.scope.conditions[:MOST] if "\n" not in text and site.scope.can_read(text)]
    near = _names_near(site)
    weighted = [
        (text, weight * (1.5 if near & _words(text) else 0.7)) for text, weight in dict([*_made(site), *written]).items()
    ]
    return sorted(weighted, key=lambda pair: -pair[1])[:most]


def _names_near(site: Site) -> set[str]:
    """Return the words of the statement and of its neighbours."""
    body, at = site.block or ([site.stmt], 0)
    return set[str]().union(*(_words(site.text(stmt)) for stmt in body[max(0, at - 1) : at + 2]))


def _words(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z_]\w*", text))


def _spoken(site: Site) -> Iterator[tuple[str, float]]:
    """Yield tests for the strings that the function writes or its docstring shows."""
    function = site.scope.function
    shown = SHOWN.findall(ast.get_docstring(function) or "") if function else []
    weights = dict.fromkeys(site.scope.strings[:MOST_STRINGS], 0.3) | dict.fromkeys(shown[:MOST_STRINGS], 0.6)
    for name in site.scope.locals[:MOST_STRINGS]:
        for text, weight in weights.items():
            if text:
                yield from ((f"{name}.{test}({text!r})", weight) for test in ("startswith", "endswith"))
                yield f"{text!r} in {name}", weight * 0.6
            yield f"{name} == {text!r}", weight


def _cells(site: Site) -> Iterator[tuple[str, float]]:
    """Yield `(y, x) != (row, column)` for the variables of loops and two parameters in a row."""
    loops = site.scope.loops[:MOST_EXITS]
    others = [name for name in site.scope.locals[:MOST_EXITS] if name not in loops]
    for y, x in pairwise(loops):
        yield from ((f"({y}, {x}) != ({a}, {b})", 1.0) for a, b in pairwise(others))


def _made(site: Site) -> Iterator[tuple[str, float]]:
    yield from _cells(site)
    yield from _spoken(site)
    for name in [*site.scope.locals, *site.scope.members][:12]:
        yield name, 0.8
        yield f"not {name}", 0.8
        yield f"{name} is None", 0.5
        yield f"{name} is not None", 0.5
        for test in ("== 0", "!= 0", "> 0", "< 0", "== 1", "> 1", "% 2 == 0", "% 2 != 0", "== ''"):
            yield f"{name} {test}", 0.25
        yield f"len({name}) == 0", 0.25
        yield f"len({name}) == 1", 0.25
    for left in site.scope.locals[:8]:
        for right in site.scope.locals[:8]:
            if left < right:
                yield from ((f"{left} {sign} {right}", 0.15) for sign in ("==", "!=", "<", ">", "<=", ">="))
            if left != right:
                yield from ((f"{left} {sign} {right}", 0.15) for sign in ("in", "not in"))
    for name, function in site.scope.index.functions.items():
        if len(function.args.args) == 1 and function is not site.scope.function:
            yield from ((f"{name}({local})", 0.4) for local in site.scope.locals[:8])


def strengthened(site: Site) -> Iterator[Proposal]:
    """`if a` -> `if a and b`, `if a or b`."""
    if not isinstance(site.stmt, ast.If | ast.While):
        return
    test = site.stmt.test
    own = site.operand(test) if isinstance(test, ast.BoolOp | ast.IfExp) else site.text(test)
    for text, weight in _donors(site):
        if text != own:
            other = f"({text})" if re.search(r"\b(and|or|if)\b", text) else text
            yield site.replace(test, f"{own} and {other}", weight)
            yield site.replace(test, f"{own} or {other}", weight)
            yield site.replace(test, f"{other} and {own}", weight * 0.2)
            yield site.replace(test, text, weight * 0.5)
    yield site.replace(test, "True", 0.3)
    yield site.replace(test, "False", 0.3)


def guarded(site: Site) -> Iterator[Proposal]:
    """`x` -> `if c: x` over two lines."""
    if site.block is None or isinstance(site.stmt, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom | ast.Pass):
        return
    text = _dedented(site)
    inner = "\n".join("    " + line if line else line for line in text.split("\n"))
    for condition, weight in _donors(site):
        yield site.replace_statement(f"if {condition}:\n{inner}", weight)
        yield site.replace_statement(f"if not ({condition}):\n{inner}", weight * 0.5)


def unguarded(site: Site) -> Iterator[Proposal]:
    """`if c: x` -> `x`."""
    stmt = site.stmt
    if isinstance(stmt, ast.If) and site.block is not None and stmt.body[0].lineno > stmt.lineno:
        first, last = stmt.body[0], stmt.body[-1]
        lines = site.source.data[site.source.line_start(first.lineno) : site.source.span(last)[1]].decode().split("\n")
        extra = first.col_offset
        yield site.replace_statement("\n".join(line[extra:] if not line[:extra].strip() else line for line in lines))


def early_exits(site: Site) -> Iterator[Proposal]:
    """A guard before the statement: `if c: return v`, `continue` or `break`."""
    if site.block is None or site.scope.function is None:
        return
    exits = list(_awaited(site))
    exits += [("continue", 0.7), ("break", 0.7)] if site.loop() else []
    exits += [
        (text, 1.0)
        for text, near in site.scope.statements
        if near and text.startswith(("return", "raise")) and len(text) <= LONGEST and site.scope.can_read(text)
    ]
    exits += [
        (f"return {value}", 0.4) for value in ("False", "True", "None", "0", "1", "-1", "[]", "''", *site.scope.locals[:6])
    ]
    for condition, weight in [*_checks(site), *_donors(site, 40)]:
        for text, factor in list(dict(exits).items())[:MOST_EXITS]:
            yield site.insert_before(f"if {condition}:\n    {text}", weight * factor)


def _checks(site: Site) -> Iterator[tuple[str, float]]:
    """Yield the usual checks of parameters, at the level of the function where they stand."""
    if site.scope.function is not None and site.block is not None and site.block[0] is site.scope.function.body:
        for name in site.scope.parameters:
            yield f"not {name}", 1.8
            yield f"{name} is None", 1.3


def _awaited(site: Site) -> Iterator[tuple[str, float]]:
    """Yield `raise X` for the exceptions that tests wait for or nobody raises, as the file does it or with what it is about."""
    idle = sorted(name for name in site.scope.index.idle if name.endswith(("Error", "Exception")))
    for name in dict.fromkeys([*site.scope.project.awaited, *idle[:2]]):
        written = [
            text for text, _ in site.scope.statements if re.match(rf"raise {name}\b", text) and site.scope.can_read(text)
        ]
        yield from ((text, 3.0) for text in written[:2])
        if name in site.scope.visible:
            yield from ((f"raise {name}({value})", 3.0) for value in ("", *site.scope.parameters[:1]))


def _dedented(site: Site) -> str:
    indent = site.source.indent(site.stmt)
    lines = site.text(site.stmt).split("\n")
    return "\n".join([lines[0], *(line.removeprefix(indent) for line in lines[1:])])
