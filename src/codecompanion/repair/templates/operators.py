"""Wrong, swapped, missing or surplus operators of arithmetic."""

import ast
from collections.abc import Iterator

from codecompanion.repair.templates.site import Proposal, Site

NEAR: dict[type[ast.operator], str] = {
    ast.Add: "- * // | %",
    ast.Sub: "+ * // %",
    ast.Mult: "** + / // -",
    ast.Div: "// * % -",
    ast.FloorDiv: "/ % * -",
    ast.Mod: "// / * + -",
    ast.Pow: "* // +",
    ast.BitAnd: "| ^ >>",
    ast.BitOr: "& ^ +",
    ast.BitXor: "& | **",
    ast.LShift: ">> *",
    ast.RShift: "<< //",
    ast.MatMult: "*",
}
SIGN: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**", ast.BitAnd: "&",
    ast.BitOr: "|", ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>", ast.MatMult: "@",
}  # fmt: skip


def changed(site: Site) -> Iterator[Proposal]:
    """`a + b` -> `a - b`, nearest operators first."""
    for node in site.of(ast.BinOp):
        assert isinstance(node, ast.BinOp)
        for place, sign in enumerate(NEAR[type(node.op)].split()):
            yield site.replace(node, f"{site.operand(node.left)} {sign} {site.operand(node.right)}", 1 / (1 + place))


def augmented(site: Site) -> Iterator[Proposal]:
    """`a += b` -> `a -= b`, `a = b`; `a = b` -> `a += b`."""
    stmt = site.stmt
    if isinstance(stmt, ast.AugAssign):
        target, value = site.text(stmt.target), site.text(stmt.value)
        for place, sign in enumerate(NEAR[type(stmt.op)].split()):
            yield site.replace_statement(f"{target} {sign}= {value}", 1 / (1 + place))
        yield site.replace_statement(f"{target} = {value}")
    elif (
        isinstance(stmt, ast.Assign)
        and len(stmt.targets) == 1
        and isinstance(stmt.targets[0], ast.Name | ast.Attribute | ast.Subscript)
    ):
        target, value = site.text(stmt.targets[0]), site.text(stmt.value)
        for sign, weight in (("+", 1.0), ("-", 0.3), ("*", 0.3), ("|", 0.1)):
            yield site.replace_statement(f"{target} {sign}= {value}", weight)


def operands(site: Site) -> Iterator[Proposal]:
    """`a - b` -> `b - a`, `a`, `b`."""
    for node in site.of(ast.BinOp):
        assert isinstance(node, ast.BinOp)
        sign = SIGN[type(node.op)]
        yield site.replace(node, f"{site.operand(node.right)} {sign} {site.operand(node.left)}", 0.7)
        yield site.replace(node, site.text(node.left))
        yield site.replace(node, site.text(node.right))
        if isinstance(node.left, ast.BinOp):
            inner = node.left
            left, middle, right = site.operand(inner.left), site.operand(inner.right), site.operand(node.right)
            yield site.replace(node, f"{left} {SIGN[type(inner.op)]} {right}", 0.7)
            yield site.replace(node, f"{left} {SIGN[type(inner.op)]} ({middle} {sign} {right})", 0.5)


def grouping(site: Site) -> Iterator[Proposal]:
    """`a - b // c` -> `(a - b) // c` and back."""
    for node in site.of(ast.BinOp):
        assert isinstance(node, ast.BinOp)
        if isinstance(node.right, ast.BinOp):
            inner, outer = node.right, SIGN[type(node.op)]
            left, middle, right = site.operand(node.left), site.operand(inner.left), site.operand(inner.right)
            yield site.replace(node, f"({left} {outer} {middle}) {SIGN[type(inner.op)]} {right}")


def unary(site: Site) -> Iterator[Proposal]:
    """`-a` -> `a`, `a` -> `-a`."""
    for node in site.of(ast.UnaryOp):
        assert isinstance(node, ast.UnaryOp)
        if not isinstance(node.op, ast.Not):
            yield site.replace(node, site.text(node.operand))
    for node in site.of(ast.Name, ast.Call, ast.Subscript):
        if isinstance(getattr(node, "ctx", ast.Load()), ast.Load) and not isinstance(
            site.parent(node), ast.Call | ast.Attribute
        ):
            yield site.replace(node, f"-{site.text(node)}", 0.2)
