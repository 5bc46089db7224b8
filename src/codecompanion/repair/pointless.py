"""Signs that a patch only satisfies the tests: it does nothing, answers a constant, leaves code that is never reached."""

import ast
from collections.abc import Iterator
from typing import cast

from codecompanion.repair.parsing import parse_module
from codecompanion.repair.units import Candidate


def idle_expressions(text: str) -> int:
    """Count the expressions and assignments of a text that do arithmetic or logic without effect."""
    return sum(_has_no_effect(node) for node in _statements(text))


def lost_values(text: str) -> int:
    """Count the assignments to a variable that is overwritten before anything reads it; those in loops are left out."""
    functions = [n for n in _statements(text) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    return sum(_loses(chain, function) for function in functions for chain in _chains(function, ()))


def _chains(node: ast.AST, outer: tuple[ast.AST, ...]) -> Iterator[tuple[ast.AST, ...]]:
    """Yield every assignment inside a node with what is around it, the node first; loops and functions are not entered."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Assign):
            yield (*outer, node, child)
        elif isinstance(child, ast.If | ast.With | ast.Try):
            yield from _chains(child, (*outer, node))


def _loses(chain: tuple[ast.AST, ...], function: ast.AST) -> bool:
    match chain[-1]:
        case ast.Assign(targets=[ast.Name(id=name)], end_lineno=int(last)):
            names = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == name and n.lineno > last]
        case _:
            return False
    later = [stmt for outer in chain[:-1] for block in _blocks(outer) for stmt in _after(block, last)]
    first = min(names, key=lambda n: (n.lineno, isinstance(n.ctx, ast.Store)), default=None)
    return any(first in _targets(stmt) for stmt in later)


def _targets(stmt: ast.stmt) -> list[ast.expr]:
    if isinstance(stmt, ast.Assign):
        return stmt.targets
    return [stmt.target] if isinstance(stmt, ast.For) else []


def _after(block: list[ast.stmt], line: int) -> list[ast.stmt]:
    return [stmt for stmt in block if stmt.lineno > line] if block and block[0].lineno <= line else []


def returns_the_tested(candidate: Candidate) -> bool:
    """Whether it returns a variable where a condition around has found it empty: `if x is None: return x`."""
    returned = {
        ast.dump(n.value) for n in _statements(candidate.edits[0].text.strip()) if isinstance(n, ast.Return) and n.value
    }
    function = candidate.holder
    around = [n for n in ast.walk(function) if isinstance(n, ast.If) and _covers(n, candidate.line)] if function else []
    return any(ast.dump(node) in returned for n in around for node in _emptied(n.test))


def _covers(node: ast.If, line: int) -> bool:
    return node.body[0].lineno <= line <= (node.body[-1].end_lineno or 0)


def _emptied(test: ast.expr) -> list[ast.expr]:
    """Return the names that a condition says are None or empty."""
    match test:
        case ast.Compare(left=ast.Name() as name, ops=[ast.Is()], comparators=[ast.Constant(value=None)]):
            return [name]
        case ast.UnaryOp(op=ast.Not(), operand=ast.Name() as name):
            return [name]
        case _:
            return []


def _has_no_effect(node: ast.AST) -> bool:  # noqa: PLR0911 - one line per kind is the table
    match node:
        case ast.BinOp(
            left=ast.Subscript(value=left, slice=ast.Slice(lower=None, upper=ast.expr() as upper, step=None)),
            op=ast.Add(),
            right=ast.Subscript(value=right, slice=ast.Slice(lower=ast.expr() as lower, upper=None, step=None)),
        ):
            return ast.dump(left) == ast.dump(right) and ast.dump(upper) == ast.dump(lower)
        case ast.BinOp(op=ast.Mult() | ast.Div() | ast.FloorDiv() | ast.Pow(), right=ast.Constant(value=1)):
            return True
        case ast.BinOp(op=ast.Add() | ast.Sub(), right=ast.Constant(value=0)):
            return True
        case ast.BinOp(op=ast.Sub() | ast.FloorDiv() | ast.Mod() | ast.Div(), left=left, right=right):
            return ast.dump(left) == ast.dump(right)
        case ast.Compare(left=left, comparators=[right]):
            return ast.dump(left) == ast.dump(right)
        case ast.If(test=ast.Constant()) | ast.While(test=ast.Constant(value=False)) | ast.IfExp(test=ast.Constant()):
            return True
        case ast.BoolOp(values=values):
            texts = [ast.dump(value) for value in values]
            return len(set(texts)) < len(texts)
        case ast.Assign(targets=[target], value=value):
            return ast.unparse(target) == ast.unparse(value)
        case _:
            return False


def dead_statements(text: str) -> int:
    """Count the statements that are followed by others in their block although they jump away."""
    jumps = ast.Return | ast.Raise | ast.Continue | ast.Break
    return sum(isinstance(stmt, jumps) for node in _statements(text) for block in _blocks(node) for stmt in block[:-1])


def _blocks(node: ast.AST) -> list[list[ast.stmt]]:
    """Return a statement's blocks."""
    blocks: list[object] = [getattr(node, name, None) for name in ("body", "orelse", "finalbody")]
    return [cast("list[ast.stmt]", block) for block in blocks if isinstance(block, list)]


def answers_a_constant(candidate: Candidate) -> bool:
    """Whether a new statement returns a constant."""
    text = candidate.edits[0].text.strip()
    return candidate.template in ("early exit", "missing statement") and any(
        isinstance(node, ast.Return) and isinstance(node.value, ast.Constant | None) for node in _statements(text)
    )


def _statements(text: str) -> list[ast.AST]:
    try:
        return list(ast.walk(parse_module(text)))
    except SyntaxError:
        return []
