"""How branched and how long functions are: Python's by its own syntax tree, others' by their length alone."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from codecompanion.workspace.retrieval.languages import language_of
from codecompanion.workspace.retrieval.symbols import symbols_of

MOST_BRANCHES = 15
"""McCabe's number above which a function is named. He took 10 for a reasonable limit (IEEE TSE SE-2(4), 1976)."""
MOST_LINES = 120

_BRANCHES = (
    ast.If,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.ExceptHandler,
    ast.IfExp,
    ast.comprehension,
    ast.match_case,
    ast.Assert,
)
_BRANCH_WORDS = re.compile(r"\b(?:if|elif|for|while|except|and|or|case|assert)\b")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Function:
    """A function that is over a limit. `branches` is McCabe's number, None where only the length is known."""

    path: str
    name: str
    line: int
    lines: int
    branches: int | None


def may_be_over(text: str) -> bool:
    """Whether a Python file can have a function that is over a limit: told quickly, by its words."""
    return text.count("\n") >= MOST_LINES or len(_BRANCH_WORDS.findall(text)) >= MOST_BRANCHES


def python_functions(path: str, tree: ast.Module) -> Iterator[Function]:
    """Yield the functions of a Python file that are over a limit."""
    for node in ast.walk(tree):
        if isinstance(node, _FUNCTIONS):
            branches = 1 + sum(_weight(inner) for inner in _own_nodes(node))
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if branches > MOST_BRANCHES or lines > MOST_LINES:
                yield Function(path, node.name, node.lineno, lines, branches)


def _weight(node: ast.AST) -> int:
    if isinstance(node, ast.BoolOp):
        return len(node.values) - 1
    return isinstance(node, _BRANCHES)


def _own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    """Yield what is in a function without the functions and classes within it, which count for themselves."""
    waiting = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        if not isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            yield node
            waiting.extend(ast.iter_child_nodes(node))


def long_functions(path: str, text: str) -> Iterator[Function]:
    """Yield the functions of a file in another language that are too long."""
    if text.count("\n") <= MOST_LINES:
        return
    for symbol in symbols_of(text, language_of(path)):
        lines = symbol.last_line - symbol.first_line + 1
        if symbol.kind == "function" and lines > MOST_LINES:
            yield Function(path, symbol.name, symbol.first_line, lines, None)
