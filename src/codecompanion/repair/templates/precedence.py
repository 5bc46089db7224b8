"""When an expression needs parentheses in the place of another."""

import ast
import functools

from codecompanion.repair.parsing import parse_expression

ATOM = 18
BINARY: dict[type[ast.operator], int] = {
    ast.BitOr: 7,
    ast.BitXor: 8,
    ast.BitAnd: 9,
    ast.LShift: 10,
    ast.RShift: 10,
    ast.Add: 11,
    ast.Sub: 11,
    ast.Mult: 12,
    ast.Div: 12,
    ast.FloorDiv: 12,
    ast.Mod: 12,
    ast.MatMult: 12,
    ast.Pow: 14,
}
COMPARE, UNARY = 6, 13


def binding(node: ast.expr) -> int:  # noqa: PLR0911 - one line per kind is the table
    """Return how tightly an expression holds together; more is tighter."""
    match node:
        case ast.Tuple() | ast.Yield() | ast.YieldFrom() | ast.Starred() | ast.NamedExpr():
            return 0
        case ast.Lambda() | ast.IfExp():
            return 2
        case ast.BoolOp(op=ast.Or()):
            return 3
        case ast.BoolOp():
            return 4
        case ast.UnaryOp(op=ast.Not()):
            return 5
        case ast.Compare():
            return COMPARE
        case ast.BinOp(op=operator):
            return BINARY[type(operator)]
        case ast.UnaryOp():
            return UNARY
        case ast.Await():
            return 15
        case _:
            return ATOM


def _asked(node: ast.expr, parent: ast.AST) -> int:  # noqa: C901, PLR0911 - as above
    """Return how tightly whatever stands in a node's place must hold together."""
    match parent:
        case ast.BinOp(op=operator, right=right):
            own = BINARY[type(operator)]
            return own + (node is right) if not isinstance(operator, ast.Pow) else own + (node is not right)
        case ast.BoolOp():
            return binding(parent) + 1
        case ast.UnaryOp():
            return binding(parent)
        case ast.Compare():
            return COMPARE + 1
        case ast.IfExp():
            return 3
        case ast.Attribute() | ast.Await():
            return ATOM
        case ast.Call(func=func) if func is node:
            return ATOM
        case ast.Subscript(value=value) if value is node:
            return ATOM
        case ast.comprehension():
            return 3
        case ast.Call() | ast.keyword() | ast.List() | ast.Tuple() | ast.Set() | ast.Dict() | ast.Starred():
            return 1
        case _:
            return 0


def needs_parentheses(text: str, node: ast.expr, parent: ast.AST) -> bool:
    """Whether a text needs parentheses to stand in a node's place as one expression. Texts that do not parse do not."""
    asked = _asked(node, parent)
    if asked == 0 or text.isidentifier():
        return False
    return _holds(text.strip()) < asked


@functools.lru_cache(maxsize=20000)
def _holds(text: str) -> int:
    """Return how tightly a text holds together; what does not parse is left as it is."""
    try:
        node = parse_expression(text)
    except SyntaxError:
        return ATOM
    if isinstance(node, ast.Tuple | ast.GeneratorExp) and text.startswith("("):
        return ATOM
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return ATOM - 1  # `1.real` is no attribute
    return binding(node)
