"""Put what a test's local names stand for in their place, so that renaming a variable changes nothing."""

import ast
from collections import Counter
from collections.abc import Mapping
from copy import deepcopy

from codecompanion.workspace.integrity.syntax import FunctionNode, is_literal

_DEEPEST = 4
_LONGEST = 4_000


class Expander:
    """Expands names that have one plain assignment. `values` are what they stand for."""

    def __init__(self, values: Mapping[str, ast.expr]) -> None:
        self._values = values

    @classmethod
    def of(cls, function: FunctionNode, module: Mapping[str, ast.expr]) -> "Expander":
        """Return an expander for a function: its own names, and the constants of its module that it does not hide."""
        bound = Counter(_bound(function))
        own = {
            target.id: one.value
            for one in ast.walk(function)
            if isinstance(one, ast.Assign)
            for target in one.targets
            if isinstance(target, ast.Name) and bound[target.id] == 1
        }
        return cls({name: value for name, value in module.items() if is_literal(value) and name not in bound} | own)

    def node(self, node: ast.expr) -> ast.expr:
        """Return an expression with the names in it expanded; the expression itself stays."""
        for _ in range(_DEEPEST):
            known = any(isinstance(part, ast.Name) and part.id in self._values for part in ast.walk(node))
            if not known:
                return node
            expanded = _Replacing(self._values).visit(deepcopy(node))
            if len(ast.unparse(expanded)) > _LONGEST:
                return node
            node = expanded
        return node

    def text(self, node: ast.AST) -> str:
        """Return the source of an expression with names expanded, of a statement as it stands."""
        if isinstance(node, ast.Expr):
            node = node.value
        return ast.unparse(self.node(node) if isinstance(node, ast.expr) else node)


class _Replacing(ast.NodeTransformer):
    def __init__(self, values: Mapping[str, ast.expr]) -> None:
        self._values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        value = self._values.get(node.id) if isinstance(node.ctx, ast.Load) else None
        return node if value is None else deepcopy(value)


def _bound(function: FunctionNode) -> list[str]:
    names = [part.id for part in ast.walk(function) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store | ast.Del)]
    return names + [part.arg for part in ast.walk(function) if isinstance(part, ast.arg)]
