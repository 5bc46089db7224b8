"""Wrong comparisons and wrong logic between them."""

import ast
from collections.abc import Iterator

from codecompanion.repair.templates.site import Proposal, Site

SIGN: dict[type[ast.cmpop], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
NEAR: dict[type[ast.cmpop], tuple[str, ...]] = {
    ast.Lt: ("<=", ">", ">=", "==", "!="),
    ast.LtE: ("<", ">=", ">", "==", "!="),
    ast.Gt: (">=", "<", "<=", "==", "!="),
    ast.GtE: (">", "<=", "<", "==", "!="),
    ast.Eq: ("!=", "<", ">", "<=", ">=", "in", "is"),
    ast.NotEq: ("==", ">", "<", ">=", "<=", "not in", "is not"),
    ast.Is: ("is not", "=="),
    ast.IsNot: ("is", "!="),
    ast.In: ("not in", "=="),
    ast.NotIn: ("in", "!="),
}


def _joined(site: Site, node: ast.Compare, signs: list[str]) -> str:
    parts = [site.operand(node.left)]
    for sign, right in zip(signs, node.comparators, strict=True):
        parts += [sign, site.operand(right) if not isinstance(right, ast.BinOp | ast.UnaryOp) else site.text(right)]
    return " ".join(parts)


def changed(site: Site) -> Iterator[Proposal]:
    """`a < b` -> `a <= b`, nearest first."""
    for node in site.of(ast.Compare):
        assert isinstance(node, ast.Compare)
        signs = [SIGN[type(op)] for op in node.ops]
        for at, op in enumerate(node.ops):
            for place, sign in enumerate(NEAR[type(op)]):
                yield site.replace(node, _joined(site, node, [*signs[:at], sign, *signs[at + 1 :]]), 1 / (1 + 0.2 * place))


def swapped(site: Site) -> Iterator[Proposal]:
    """`a in b` -> `b in a`."""
    for node in site.of(ast.Compare):
        assert isinstance(node, ast.Compare)
        if len(node.ops) == 1 and not isinstance(node.ops[0], ast.Eq | ast.NotEq | ast.Is | ast.IsNot):
            yield site.replace(node, f"{site.operand(node.comparators[0])} {SIGN[type(node.ops[0])]} {site.operand(node.left)}")


def logic(site: Site) -> Iterator[Proposal]:
    """`and` <-> `or`, in one place or all, and clauses left out or negated."""
    for node in site.of(ast.BoolOp):
        assert isinstance(node, ast.BoolOp)
        word, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        clauses = [
            site.operand(value) if isinstance(value, ast.BoolOp | ast.IfExp) else site.text(value) for value in node.values
        ]
        yield site.replace(node, f" {other} ".join(clauses), 2)
        for at, clause in enumerate(clauses):
            rest = clauses[:at] + clauses[at + 1 :]
            yield site.replace(node, f" {word} ".join(rest))
            yield site.replace(
                node, f" {word} ".join([*clauses[:at], _negated(clause, node.values[at]), *clauses[at + 1 :]]), 0.7
            )
        for at in range(1, len(clauses) - 1):
            left, right = f" {word} ".join(clauses[:at]), f" {word} ".join(clauses[at:])
            yield site.replace(node, f"({left}) {other} ({right})", 0.5)


def _negated(text: str, node: ast.expr) -> str:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return text.removeprefix("not ").strip()
    return f"not {text}" if isinstance(node, ast.Name | ast.Call | ast.Attribute | ast.Subscript) else f"not ({text})"


def negation(site: Site) -> Iterator[Proposal]:
    """`not a` -> `a`, `if a` -> `if not a`."""
    for node in site.of(ast.UnaryOp):
        assert isinstance(node, ast.UnaryOp)
        if isinstance(node.op, ast.Not):
            yield site.replace(node, site.text(node.operand))
    for node in site.nodes:
        parent = site.parent(node)
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            continue  # another operator says the same more plainly
        if (isinstance(parent, ast.If | ast.While | ast.IfExp | ast.Assert) and node is parent.test) or (
            isinstance(parent, ast.comprehension) and node in parent.ifs
        ):
            yield site.replace(node, _negated(site.text(node), node))
        elif isinstance(node, ast.Compare | ast.Call | ast.Name) and isinstance(parent, ast.Return):
            yield site.replace(node, _negated(site.text(node), node), 0.3)
