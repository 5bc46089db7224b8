"""Evaluate the condition of a requirement (`; python_version < "3.12"`) for an interpreter."""

import ast
from collections.abc import Mapping

from codecompanion.agents.maintenance.python.versions import accepts

_VERSIONS = frozenset(("python_version", "python_full_version", "implementation_version"))
_OPERATORS: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


def applies(marker: str, environment: Mapping[str, str]) -> bool | None:
    """Whether a marker holds in an environment; "" always does. None when it cannot be told. No extra is asked for."""
    if not marker.strip():
        return True
    try:
        # The grammar of markers is a part of Python's, but for "~=" and "===", which stay unanswered.
        tree = ast.parse(marker.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return _holds(tree, {"extra": "", **environment})


def _holds(node: ast.expr, environment: Mapping[str, str]) -> bool | None:
    if isinstance(node, ast.BoolOp):
        decided = isinstance(node.op, ast.Or)
        answers = [_holds(value, environment) for value in node.values]
        if decided in answers:
            return decided
        return None if None in answers else not decided
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return _compared(node.left, node.ops[0], node.comparators[0], environment)
    return None


def _compared(left: ast.expr, operator: ast.cmpop, right: ast.expr, environment: Mapping[str, str]) -> bool | None:
    one, other = _value(left, environment), _value(right, environment)
    if one is None or other is None:
        return None
    if isinstance(operator, ast.In | ast.NotIn):
        return (one in other) is isinstance(operator, ast.In)
    sign = _OPERATORS.get(type(operator))
    if sign is None:
        return None
    if isinstance(left, ast.Name) and left.id in _VERSIONS:
        return accepts(f"{sign}{other}", one)
    return {"==": one == other, "!=": one != other}.get(sign)


def _value(node: ast.expr, environment: Mapping[str, str]) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return environment.get(node.id) if isinstance(node, ast.Name) else None
