"""Statements that are surplus, missing, out of order or at the wrong depth."""

import ast
from collections.abc import Iterator

from codecompanion.repair.source import Edit
from codecompanion.repair.templates.site import Proposal, Site

MOST_FAR = 150
MOST_LOCALS = 10


def removed(site: Site) -> Iterator[Proposal]:
    """A statement less. Checks (`assert`, `raise`) stay."""
    if site.block is None or isinstance(
        site.stmt, ast.Assert | ast.Raise | ast.FunctionDef | ast.ClassDef | ast.Pass | ast.Global | ast.Nonlocal
    ):
        return
    body, _ = site.block
    if len(body) == 1:
        yield site.replace_statement("pass")
        return
    start = site.source.line_start(site.stmt.lineno)
    end = site.source.line_start((site.stmt.end_lineno or 0) + 1)
    yield Proposal(Edit(start, end, ""))


def inserted(site: Site) -> Iterator[Proposal]:
    """A statement more: one of the function or the file, before or after this one."""
    if site.block is None or site.scope.function is None:
        return
    for text, weight in _donated(site):
        yield site.insert_before(text, weight)
        if not isinstance(site.stmt, ast.Return | ast.Raise | ast.Continue | ast.Break):
            yield site.insert_after(text, weight)


def filled(site: Site) -> Iterator[Proposal]:
    """`pass` -> a statement of the function or the file; any simple statement -> another one of the function."""
    if isinstance(site.stmt, ast.Pass):
        for text, weight in _donated(site):
            yield site.replace_statement(text, 10 * weight)
        yield from (
            site.replace_statement(f"return {text}", 5)
            for text in [*site.scope.locals, *site.scope.members, *site.scope.expressions]
        )
    elif isinstance(site.stmt, ast.Assign | ast.AugAssign | ast.Return | ast.Expr | ast.Continue | ast.Break):
        own = site.text(site.stmt)
        yield from (site.replace_statement(text, weight) for text, weight in _donated(site) if text != own)


def _donated(site: Site) -> Iterator[tuple[str, float]]:
    for name in site.scope.locals:
        yield f"return {name}", 0.5
    for text in ("return True", "return False", "return None", "return", "return self"):
        yield text, 0.3
    if site.loop():
        yield "continue", 1.0
        yield "break", 1.0
    near = [text for text, is_near in site.scope.statements if is_near]
    far = [text for text, is_near in site.scope.statements if not is_near]
    yield from ((text, 1.0) for text in near if _fits(site, text))
    yield from ((text, 0.3) for text in far[:MOST_FAR] if _fits(site, text))
    yield from ((text, 1.0) for text in _calls(site))
    yield from _steps(site)


def _calls(site: Site) -> Iterator[str]:
    """Yield the calls that stand alone in the function."""
    for node in ast.walk(site.scope.function or site.source.tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            text = site.text(node)
            if "\n" not in text and _fits(site, text):
                yield text
                yield from _variants(site, node.value)


def _variants(site: Site, call: ast.Call) -> Iterator[str]:
    """Yield `xs.append(x)` with other arguments and on other variables."""
    if len(call.args) == 1 and isinstance(call.func, ast.Attribute):
        ends = [name + tail for name in site.scope.locals for tail in ("", "[-1]", "[0]")]
        yield from (f"{site.text(call.func)}({name})" for name in ends)
        argument = site.text(call.args[0])
        yield from (f"{name}.{call.func.attr}({argument})" for name in site.scope.locals)


def _steps(site: Site) -> Iterator[tuple[str, float]]:
    for name in site.scope.locals:
        yield from ((f"{name} {step}", 0.4) for step in ("+= 1", "-= 1"))
        yield from ((f"{name} = {value}", 0.15) for value in ("0", "1", "''", "[]", "None", "True", "False"))
        yield f"{name}.sort()", 0.2
        yield f"{name}.reverse()", 0.1
    names = site.scope.locals[:MOST_LOCALS]
    for left in names:
        yield from ((f"{left} = {right}", 0.3) for right in names if left != right)
        yield from ((f"{left} += {right}", 0.15) for right in names if left != right)
    for member in site.scope.members[:12]:
        yield from ((f"{member} = {name}", 0.3) for name in site.scope.locals)


def _fits(site: Site, text: str) -> bool:
    return site.scope.can_read(text) and (text not in ("continue", "break") or bool(site.loop()))


def moved(site: Site) -> Iterator[Proposal]:
    """A statement swapped with the next, one level out, or one level in (at the end of the block before)."""
    if site.block is None:
        return
    body, at = site.block
    if at + 1 < len(body) and site.source.starts_line(body[at + 1]):
        yield _swap(site, site.stmt, body[at + 1])
    yield from _outwards(site)
    if at and isinstance(body[at - 1], ast.For | ast.While | ast.If | ast.With):
        yield from _inwards(site, body[at - 1])


def _swap(site: Site, first: ast.stmt, second: ast.stmt) -> Proposal:
    (start, end), (start2, end2) = site.source.span(first), site.source.span(second)
    return Proposal(Edit(start, end, site.text(second)), 1.0, (Edit(start2, end2, site.text(first)),))


def _outwards(site: Site) -> Iterator[Proposal]:
    """Move the last statement of a block behind it."""
    holder = site.parent(site.stmt)
    assert site.block is not None
    body, at = site.block
    if (
        at == 0
        or at + 1 != len(body)
        or not isinstance(holder, ast.For | ast.While | ast.If | ast.With)
        or getattr(holder, "orelse", None)
    ):
        return
    extra = site.stmt.col_offset - holder.col_offset
    yield _shifted(site, -extra)


def _inwards(site: Site, before: ast.stmt) -> Iterator[Proposal]:
    body = getattr(before, "orelse", None) or getattr(before, "body", [])
    yield _shifted(site, body[-1].col_offset - site.stmt.col_offset)


def _shifted(site: Site, by: int) -> Proposal:
    start, end = site.source.line_start(site.stmt.lineno), site.source.span(site.stmt)[1]
    lines = site.source.data[start:end].decode().split("\n")
    return Proposal(Edit(start, end, "\n".join(" " * by + line if by > 0 and line else line[-by:] for line in lines)))


def returned(site: Site) -> Iterator[Proposal]:
    """`f(x)` -> `return f(x)`; `return` with another value; `x = f(y)` from `f(y)`."""
    stmt = site.stmt
    if isinstance(stmt, ast.Expr) and isinstance(stmt.value, ast.Call | ast.Await | ast.Compare):
        yield site.replace_statement(f"return {site.text(stmt.value)}", 2)
        yield from (site.replace_statement(f"{name} = {site.text(stmt.value)}") for name in site.scope.locals)
    elif isinstance(stmt, ast.Return):
        values = [*site.scope.locals, *site.scope.members, "True", "False", "None", "0", "1", "''", "[]", "self"]
        yield from (site.replace_statement(f"return {value}") for value in values)
    elif isinstance(stmt, ast.Continue):
        yield site.replace_statement("break", 3)
    elif isinstance(stmt, ast.Break):
        yield site.replace_statement("continue", 3)


def errors(site: Site) -> Iterator[Proposal]:
    """Another type of exception raised or caught."""
    for node in site.of(ast.Name):
        assert isinstance(node, ast.Name)
        if node.id in EXCEPTIONS:
            yield from (site.replace(node, name) for name in EXCEPTIONS if name != node.id)
    if isinstance(site.stmt, ast.Try):
        for handler in site.stmt.handlers:
            if isinstance(handler.type, ast.Name):
                kind = handler.type
                yield from (site.replace(kind, name) for name in EXCEPTIONS if name != kind.id)
                yield from (site.replace(kind, f"({kind.id}, {name})", 0.5) for name in EXCEPTIONS if name != kind.id)


EXCEPTIONS = ("ValueError", "TypeError", "KeyError", "IndexError", "AttributeError", "Exception", "RuntimeError", "LookupError", "StopIteration", "ImportError", "NotImplementedError", "OSError", "ZeroDivisionError", "OverflowError", "UnicodeError", "AssertionError")  # noqa: E501 # fmt: skip
