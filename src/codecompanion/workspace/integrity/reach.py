"""Which statements of a function run, and under what reserve."""

import ast
from collections.abc import Iterator, Sequence
from enum import StrEnum

from codecompanion.workspace.integrity.syntax import dotted, last_name, truth

_ENDING_CALLS = frozenset({"skip", "xfail", "skipTest", "exit", "_exit", "fail", "quit"})
_ENDING_OWNERS = frozenset({"pytest", "self", "sys", "os", "exit", "quit", "skip"})
_CATCH_ALL = frozenset({"AssertionError", "Exception", "BaseException", ""})


class Guard(StrEnum):
    """What stands between a statement and its effect on the test's outcome."""

    NONE = ""
    CONDITION = "only under a condition"
    SWALLOWED = "inside a try that swallows its failure"


def reached(body: Sequence[ast.stmt], guard: Guard = Guard.NONE) -> Iterator[tuple[ast.stmt, Guard]]:
    """Yield the statements that can run, in order, each with what guards it; statements inside others come after them."""
    for statement in body:
        yield statement, guard
        yield from _inside(statement, guard)
        if ends(statement):
            return
        if guard is Guard.NONE and isinstance(statement, ast.If) and any(map(ends, (*statement.body, *statement.orelse))):
            guard = Guard.CONDITION  # what follows is left out when the branch ends the test


def _inside(statement: ast.stmt, guard: Guard) -> Iterator[tuple[ast.stmt, Guard]]:
    for body, stands_behind in _blocks(statement, guard, guard or Guard.CONDITION):
        yield from reached(body, stands_behind)


_Blocks = list[tuple[Sequence[ast.stmt], Guard]]


def _blocks(statement: ast.stmt, guard: Guard, weaker: Guard) -> _Blocks:  # noqa: PLR0911 - one return per kind of statement
    """Return the blocks of a statement that can run, each with what guards it."""
    match statement:
        case ast.If(test=test, body=then, orelse=otherwise):
            known = truth(test)
            if known is None:
                return [(then, weaker), (otherwise, weaker)]
            return [(then if known else otherwise, guard)]
        case ast.For() | ast.AsyncFor():
            return [([] if _is_empty(statement.iter) else statement.body, guard), (statement.orelse, guard)]
        case ast.While(test=test, body=then, orelse=otherwise):
            return [([] if truth(test) is False else then, guard), (otherwise, guard)]
        case ast.Try() | ast.TryStar():
            return _tried(statement, guard, weaker)
        case ast.With(items=items, body=then) | ast.AsyncWith(items=items, body=then):
            return [(then, Guard.SWALLOWED if any(_suppresses(one.context_expr) for one in items) else guard)]
        case ast.Match(cases=cases):
            return [(case.body, weaker) for case in cases]
        case ast.FunctionDef(body=then) | ast.AsyncFunctionDef(body=then) | ast.ClassDef(body=then):
            return [(then, guard)]
        case _:
            return []


def _tried(statement: ast.Try | ast.TryStar, guard: Guard, weaker: Guard) -> _Blocks:
    swallowed = any(map(swallows, statement.handlers))
    left_early = swallowed and any(map(ends, statement.body))
    return [
        (statement.body, Guard.SWALLOWED if swallowed else guard),
        *((handler.body, weaker) for handler in statement.handlers),
        (statement.orelse, Guard.SWALLOWED if left_early else guard),
        (statement.finalbody, guard),
    ]


def ends(statement: ast.stmt) -> bool:
    """Whether nothing after a statement in the same block can run."""
    match statement:
        case ast.Return() | ast.Raise() | ast.Continue() | ast.Break():
            return True
        case ast.Expr(value=ast.Call(func=func)):
            return last_name(func) in _ENDING_CALLS and dotted(func).partition(".")[0] in _ENDING_OWNERS
        case ast.If(test=test, body=then, orelse=otherwise):
            known, ending = truth(test), (any(map(ends, then)), any(map(ends, otherwise)))
            return all(ending) if known is None else ending[not known]
        case ast.With(body=then) | ast.Try(body=then, handlers=[]):
            return any(isinstance(one, ast.Return) for one in then)
        case ast.While(test=test, body=then):
            leaves = any(isinstance(part, ast.Break | ast.Return) for one in then for part in ast.walk(one))
            return truth(test) is True and not leaves
        case _:
            return False


def swallows(handler: ast.ExceptHandler) -> bool:
    """Whether a handler catches a failed assertion and lets the test go on."""
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    if not any((last_name(one) if one is not None else "") in _CATCH_ALL for one in caught):
        return False
    inside = [part for one in handler.body for part in ast.walk(one)]
    fails = any(isinstance(part, ast.Call) and last_name(part) == "fail" for part in inside)
    return not fails and not any(isinstance(part, ast.Raise | ast.Assert) for part in inside)


def _suppresses(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call) and last_name(node) == "suppress" and any(last_name(one) in _CATCH_ALL for one in node.args)
    )


def _is_empty(node: ast.expr) -> bool:
    match node:
        case ast.List(elts=[]) | ast.Tuple(elts=[]) | ast.Dict(keys=[]) | ast.Constant(value="" | b""):
            return True
        case ast.Call(func=ast.Name(id="range"), args=[ast.Constant(value=0)]):
            return True
        case ast.Call(func=ast.Name(id="list" | "tuple" | "set" | "dict" | "iter"), args=[]):
            return True
        case _:
            return False
