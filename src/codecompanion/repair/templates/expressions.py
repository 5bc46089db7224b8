"""Expressions taken from elsewhere in the function, and operands that are missing."""

import ast
from collections.abc import Iterator

from codecompanion.repair.source import Edit
from codecompanion.repair.templates.site import Proposal, Site

SHORT = 30
MOST_BOUNDS = 8
MOST_BORROWED = 40


def donors(site: Site) -> Iterator[Proposal]:
    """An expression -> another one of the same function."""
    for node in site.of(ast.Name, ast.Call, ast.Attribute, ast.Subscript, ast.BinOp, ast.Constant):
        parent = site.parent(node)
        if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load) or (isinstance(parent, ast.Call) and parent.func is node):
            continue
        own = site.text(node)
        for text in site.scope.elements:
            if text != own and not isinstance(node, ast.Constant):
                yield site.replace(node, text, 0.5)
        for text in site.scope.expressions:
            if text != own:
                yield site.replace(
                    node, text, 1.5 if type(node) is not ast.Constant and own.split("(")[0].split("[")[0] in text else 0.7
                )


def borrowed(site: Site) -> Iterator[Proposal]:
    """A call -> the call of the same function or method as another place of the project writes it."""
    for node in site.of(ast.Call):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                texts = [text for text in dict.fromkeys(site.scope.project.calls_of(name)) if text != site.text(node)]
                yield from (site.replace(node, text) for text in texts[:MOST_BORROWED] if site.scope.can_read(text))
            case _:
                pass


def operands(site: Site) -> Iterator[Proposal]:
    """`x` -> `x + y` for the small numbers and the variables here."""
    values = [*site.scope.locals, *("1", "2", "3", "10")]
    for node in site.of(ast.Name, ast.Call, ast.Subscript, ast.BinOp, ast.Attribute, ast.List):
        parent = site.parent(node)
        if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load) or (
            isinstance(parent, ast.Call | ast.Attribute) and _is_head(parent, node)
        ):
            continue
        text = site.operand(node)
        if isinstance(node, ast.List):
            yield from (site.replace(node, f"{value} + {text}", 1.0) for value in site.scope.locals)
            continue
        for value in values:
            for sign, weight in (("+", 1.0), ("-", 1.0), ("*", 0.8), ("/", 0.5), ("//", 0.6), ("%", 0.6), ("**", 0.5)):
                if value != text:
                    yield site.replace(node, f"{text} {sign} {value}", weight)


def joints(site: Site) -> Iterator[Proposal]:
    """`a + b` -> `a + " " + b` for the strings of the function and the usual separators."""
    texts = dict.fromkeys([repr(text) for text in ("", *site.scope.strings, " ", ".", ",", ", ", "-", "_", "\n", "/", ":")])
    for node in site.of(ast.BinOp):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            for text in texts:
                yield site.replace(node, f"{site.text(node.left)} + {text} + {site.operand(node.right)}")


def extremes(site: Site) -> Iterator[Proposal]:
    """`f(a)` -> `f(a, b)` replaced inside: `max(xs)` -> `max(x, y)` for pairs of variables."""
    names = site.scope.locals
    for node in site.of(ast.Call):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("max", "min")
            and len(node.args) == 1
        ):
            for left in names:
                for right in names:
                    if left != right:
                        yield site.replace(node, f"{node.func.id}({left}, {right})")


def bounded(site: Site) -> Iterator[Proposal]:
    """`x` -> `max(x, y)`, `min(x, y)` where a value is stored, passed on or returned."""
    reads = [text for text in site.scope.expressions if len(text) <= SHORT and text.endswith("]")]
    values = dict.fromkeys([*site.scope.locals[:MOST_BOUNDS], *reads[:MOST_BOUNDS], "0", "1"])
    for node in site.of(ast.Name, ast.Subscript, ast.BinOp, ast.Call):
        parent = site.parent(node)
        is_read = isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
        if (
            is_read
            and isinstance(parent, ast.Assign | ast.Return | ast.Tuple | ast.Slice | ast.Call)
            and not _is_head(parent, node)
        ):
            text = site.text(node)
            for value in values:
                if value not in text:
                    yield site.replace(node, f"max({value}, {text})")
                    yield site.replace(node, f"min({value}, {text})")


def indices(site: Site) -> Iterator[Proposal]:
    """`x` -> `x[0]`, `x[i]`; `x[i]` -> `x`, `i`; slices with other bounds."""
    places = ["0", "-1", "1", *site.scope.locals, "1:", ":-1", "::-1", "2:", "::2"]
    for node in site.of(ast.Name, ast.Call, ast.Attribute, ast.Subscript):
        if isinstance(getattr(node, "ctx", ast.Load()), ast.Load) and not (
            isinstance(site.parent(node), ast.Call | ast.Attribute) and _is_head(site.parent(node), node)
        ):
            for place in places:
                if place != site.text(node):
                    yield site.replace(node, f"{site.text(node)}[{place}]", 0.5)
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            yield site.replace(node, site.text(node.value))


def slices(site: Site) -> Iterator[Proposal]:
    """`x[a:b]` -> other bounds: one left out, another number, mirrored."""
    for node in site.of(ast.Subscript):
        if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Slice):
            continue
        base = site.text(node.value)
        low, high, step = (site.text(part) if part else "" for part in (node.slice.lower, node.slice.upper, node.slice.step))
        options = [("", high, step), (low, "", step), (low, high, ""), (high, low, step), (low, high, "-1"), (low, high, "2")]
        options += [(other, high, step) for other in ("1", "2", "-1", f"{low} + 1", f"{low} - 1")]
        options += [(low, other, step) for other in ("-1", "1", "2", f"{high} + 1", f"{high} - 1", f"-{high}")]
        for first, last, by in dict.fromkeys(options):
            text = f"{first}:{last}" + (f":{by}" if by else "")
            yield site.replace(node, f"{base}[{text}]")


def filters(site: Site) -> Iterator[Proposal]:
    """A comprehension with one condition less, or one more."""
    for node in site.of(ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp):
        assert isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp)
        last = node.generators[-1]
        for condition in last.ifs:
            start, end = site.source.span(condition)
            before = site.source.data[:start].rstrip()
            if before.endswith(b"if"):
                yield Proposal(_cut(len(before) - 2, end))
        variables = [n.id for n in ast.walk(last.target) if isinstance(n, ast.Name)]
        at = site.source.span(last.ifs[-1] if last.ifs else last.iter)[1]
        word = " and " if last.ifs else " if "
        for condition in _small_conditions(variables):
            yield Proposal(_insert(at, word + condition))


def _small_conditions(names: list[str]) -> Iterator[str]:
    for name in names:
        yield name
        yield f"not {name}"
        for test in ("% 2 == 0", "% 2 != 0", "> 0", "< 0", ">= 0", "!= 0", "is not None", "% 2 == 1"):
            yield f"{name} {test}"


def ternaries(site: Site) -> Iterator[Proposal]:
    """`a if c else b` -> `b if c else a`, `a`, `b`."""
    for node in site.of(ast.IfExp):
        assert isinstance(node, ast.IfExp)
        body, test, orelse = site.text(node.body), site.text(node.test), site.text(node.orelse)
        yield site.replace(node, f"{orelse} if {test} else {body}")
        yield site.replace(node, body)
        yield site.replace(node, orelse)


def _is_head(parent: ast.AST, node: ast.expr) -> bool:
    return isinstance(parent, ast.Attribute) or (isinstance(parent, ast.Call) and parent.func is node)


def _cut(start: int, end: int) -> Edit:
    return Edit(start, end, "")


def _insert(at: int, text: str) -> Edit:
    return Edit(at, at, text)
