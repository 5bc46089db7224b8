"""Small questions about Python syntax trees."""

import ast
import re
from collections.abc import Iterator

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_SHOWN = 90
_BUILDING = frozenset(
    {"list", "tuple", "set", "frozenset", "dict", "sorted", "str", "bytes", "int", "float", "len", "Decimal", "Fraction"}
)
_IDENTIFIER = re.compile(r"[^\W\d]\w*")


def dotted(node: ast.AST) -> str:
    """Return a dotted name such as "pytest.mark.skip", of a call that of what is called; "" for anything else."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            return f"{owner}.{attr}" if (owner := dotted(value)) else attr
        case ast.Call(func=func):
            return dotted(func)
        case ast.Await(value=value):
            return dotted(value)
        case _:
            return ""


def last_name(node: ast.AST) -> str:
    """Return the last part of a dotted name."""
    return dotted(node).rpartition(".")[2]


def is_literal(node: ast.AST) -> bool:  # noqa: PLR0911 - one return per kind of expression
    """Whether an expression is made of constants only."""
    match node:
        case ast.Constant():
            return True
        case ast.UnaryOp(operand=operand):
            return is_literal(operand)
        case ast.BinOp(left=left, right=right):
            return is_literal(left) and is_literal(right)
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            return all(map(is_literal, parts))
        case ast.Subscript(value=value, slice=index):
            return is_literal(value) and is_literal(index)
        case ast.Call(func=ast.Name(id=name), args=parts, keywords=[]) if name in _BUILDING:
            return all(map(is_literal, parts))
        case ast.Dict(keys=keys, values=values):
            return all(is_literal(part) for part in (*keys, *values) if part is not None)
        case _:
            return False


def literals(node: ast.AST) -> frozenset[str]:
    """Return the constants inside a node, as source; the plain ones True, False, None and ... are left out."""
    constants = (part.value for part in ast.walk(node) if isinstance(part, ast.Constant))
    return frozenset(repr(value) for value in constants if value not in (True, False, None, ...) or type(value) in (int, float))


def truth(node: ast.expr) -> bool | None:  # noqa: PLR0911 - one return per kind of expression
    """Return what a condition always is, None when it depends."""
    match node:
        case ast.Constant(value=value):
            return bool(value)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            known = truth(operand)
            return None if known is None else not known
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return bool(parts)
        case ast.BoolOp(op=op, values=values):
            return _joined(isinstance(op, ast.Or), [truth(value) for value in values])
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            if ast.dump(left) == ast.dump(right) and _repeats(left):
                return isinstance(operator, ast.Eq | ast.Is | ast.LtE | ast.GtE)
            # Of two constants: whatever it says, it says nothing of the code.
            return True if is_literal(left) and is_literal(right) else None
        case _:
            return None


def _repeats(node: ast.AST) -> bool:
    """Whether an expression has the same value twice; a call without arguments may ask something that changes."""
    return all(call.args or call.keywords for call in calls(node))


def _joined(decisive: bool, known: list[bool | None]) -> bool | None:  # noqa: FBT001 - the value that decides an `or` (True) or `and` (False)
    if decisive in known:
        return decisive
    return None if None in known else not decisive


def calls(node: ast.AST) -> Iterator[ast.Call]:
    """Return every call inside a node."""
    return (part for part in ast.walk(node) if isinstance(part, ast.Call))


def line_of(node: ast.AST) -> int:
    """Return the line a node begins on, 0 when it has none."""
    return getattr(node, "lineno", 0)


def shown(text: str) -> str:
    """Return a text on one line, cut to a length that fits into a sentence."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}..."


def shape(text: str) -> str:
    """Return an expression's tree, as text, with every constant left out; the text itself when it is no expression."""
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return text
    return ast.dump(_Shape().visit(tree))


def identifiers(text: str) -> frozenset[str]:
    """Return the names in a source text, those inside its strings too."""
    return frozenset(_IDENTIFIER.findall(text))


class _Shape(ast.NodeTransformer):
    def visit(self, node: ast.AST) -> ast.AST:
        constant = isinstance(node, ast.JoinedStr) or (isinstance(node, ast.expr) and is_literal(node))
        return ast.Constant(None) if constant else self.generic_visit(node)
