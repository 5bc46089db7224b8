"""Wrong numbers, flags and values off by one."""

import ast
from collections.abc import Iterator

from codecompanion.repair.templates.site import Proposal, Site


def numbers(site: Site) -> Iterator[Proposal]:
    """A number -> its neighbours, the usual ones and those of the function."""
    for node in site.of(ast.Constant):
        assert isinstance(node, ast.Constant)
        value = node.value
        if type(value) not in (int, float) or not isinstance(value, int | float):
            continue
        for place, other in enumerate(_near(value, site.scope.numbers)):
            yield site.replace(node, repr(other), 1 / (1 + 0.3 * place))


def _near(value: float, others: tuple[float, ...]) -> list[float]:
    step = [value + 1, value - 1]
    usual: list[float] = [0, 1, -1, 2, 10, -value, value * 2, value + 2, value - 2, value * 10]
    if isinstance(value, float):
        usual += [1 / value] if value else []
    elif value and value % 2 == 0:
        usual.append(value // 2)
    ranked = list(dict.fromkeys([*step, *others, *usual, *range(3, 10)]))
    return [other for other in ranked if other != value or type(other) is not type(value)]


def flags(site: Site) -> Iterator[Proposal]:
    """`True` <-> `False`; `x = True` -> `x = not x`; `None` -> the usual values."""
    for node in site.of(ast.Constant):
        assert isinstance(node, ast.Constant)
        if isinstance(node.value, bool):
            yield site.replace(node, str(not node.value), 2)
            yield site.replace(node, "None", 0.3)
            parent = site.parent(node)
            if isinstance(parent, ast.Assign):
                yield from (site.replace(node, f"not {site.text(target)}") for target in parent.targets)
        elif node.value is None:
            for text in ("True", "False", "0", "''", "[]", "{}"):
                yield site.replace(node, text, 0.5)


def off_by_one(site: Site) -> Iterator[Proposal]:
    """`n` -> `n + 1`, `n - 1` where a number may stand: bounds, indices, arguments, operands, results."""
    for node in site.of(ast.Name, ast.Call, ast.Attribute, ast.BinOp, ast.Subscript):
        if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            continue
        weight = _likely_number(site, node)
        if weight:
            text = site.operand(node) if not isinstance(node, ast.BinOp) else site.text(node)
            yield site.replace(node, f"{text} + 1", weight)
            yield site.replace(node, f"{text} - 1", weight)


def _likely_number(site: Site, node: ast.expr) -> float:  # noqa: PLR0911 - one line per place is the table
    parent = site.parent(node)
    match parent:
        case ast.Call(func=ast.Name(id="range")) | ast.Slice():
            return 2.0
        case ast.Call(func=func):
            return 0.0 if func is node else 0.4
        case ast.Subscript(slice=index):
            return 1.0 if index is node else 0.0
        case ast.Compare(ops=[ast.Eq() | ast.NotEq() | ast.In() | ast.NotIn() | ast.Is() | ast.IsNot()]):
            return 0.2
        case ast.Compare() | ast.Return() | ast.Assign():
            return 0.7
        case ast.BinOp():
            return 0.7
        case _:
            return 0.1 if not isinstance(parent, ast.Attribute) else 0.0


def containers(site: Site) -> Iterator[Proposal]:
    """A member of a list, tuple, set or dictionary left out, doubled or swapped with the next."""
    for node in site.of(ast.List, ast.Tuple, ast.Set):
        assert isinstance(node, ast.List | ast.Tuple | ast.Set)
        if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            continue
        texts = [site.text(element) for element in node.elts]
        for at in range(len(texts)):
            if len(texts) > 1:
                yield site.replace(node, _display(node, texts[:at] + texts[at + 1 :]))
            if at:
                yield site.replace(node, _display(node, [*texts[: at - 1], texts[at], texts[at - 1], *texts[at + 1 :]]))
        if isinstance(node, ast.List) and not texts:
            yield from (site.replace(node, f"[{number}]", 0.5) for number in ("0", "1", "None"))
            yield from (site.replace(node, f"[{name}]", 0.3) for name in site.scope.locals)


def _display(node: ast.List | ast.Tuple | ast.Set, texts: list[str]) -> str:
    inside = ", ".join(texts)
    if isinstance(node, ast.List):
        return f"[{inside}]"
    return f"{{{inside}}}" if isinstance(node, ast.Set) else f"({inside}{',' if len(texts) == 1 else ''})"
