"""The inputs that a test runs with: its parameters, its examples, the loops in it."""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping

from codecompanion.domain.integrity import IntegrityKind
from codecompanion.domain.python_text import parsed
from codecompanion.workspace.integrity.doubt import Doubt
from codecompanion.workspace.integrity.suite_files import PythonTest
from codecompanion.workspace.integrity.syntax import is_literal, last_name, literals, shown

_SKIPPING = ("skip", "skipif", "xfail")


def fewer_cases(
    before: PythonTest, after: PythonTest, old_names: Mapping[str, ast.expr], new_names: Mapping[str, ast.expr]
) -> Iterator[Doubt]:
    """Yield what the parameters of a test no longer hold. `old_names` and `new_names` are the assignments of their modules."""
    had, has = _cases(before, old_names), _cases(after, new_names)
    # A case may have become a line of the test.
    kept = (_in_body(after) - _in_body(before)) | case_constants(after, new_names)
    lost = list((Counter(map(ast.unparse, had)) - Counter(map(ast.unparse, has))).elements())
    gone = [one for one in lost if not _is_within(one, kept)] if len(has) < len(had) else lost
    new = [one for one in has if ast.unparse(one) not in set(map(ast.unparse, had))]
    line = after.node.lineno
    if len(has) < len(had) and gone:
        yield Doubt(
            IntegrityKind.CASES_REMOVED,
            "blocks",
            line,
            f"{len(had) - len(has)} of {len(had)} cases are gone, {shown(gone[0])!r} among them",
        )
    elif gone:
        yield from _changed(gone, new, had, line)
    skipped = sum(map(_is_skipped, has)) - sum(map(_is_skipped, had))
    if skipped > 0:
        yield Doubt(
            IntegrityKind.TEST_DISABLED, "blocks", line, f"{skipped} more of its cases are marked to be skipped or to fail"
        )
    if not had and _generators(before) - _generators(after):
        yield Doubt(IntegrityKind.CASES_REMOVED, "blocks", line, "it is no longer run with generated inputs")


def case_constants(test: PythonTest, names: Mapping[str, ast.expr]) -> frozenset[str]:
    """Return the constants of a test's cases."""
    return frozenset[str]().union(*map(literals, _cases(test, names)))


def _in_body(test: PythonTest) -> frozenset[str]:
    return frozenset[str]().union(*map(literals, test.node.body))


def _is_within(case: str, kept: frozenset[str]) -> bool:
    tree = parsed(case)
    return tree is not None and bool(literals(tree)) and literals(tree) <= kept


def _changed(gone: list[str], new: list[ast.expr], had: list[ast.expr], line: int) -> Iterator[Doubt]:
    old = {ast.unparse(one): one for one in had}
    for text in gone:
        case = old[text]
        if any(literals(case) <= literals(other) for other in new):
            continue  # the case has more to it now
        near = next((other for other in new if _differs_in_the_last(case, other)), None)
        kind = IntegrityKind.EXPECTATION_CHANGED if near is not None else IntegrityKind.TEST_CHANGED
        became = f"became {shown(ast.unparse(near))!r}" if near is not None else "is another one now"
        yield Doubt(kind, "blocks" if near is not None else "tell", line, f"the case {shown(text)!r} {became}")
        return


def _differs_in_the_last(one: ast.expr, other: ast.expr) -> bool:
    left, right = _parts(one), _parts(other)
    return len(left) == len(right) > 1 and left[:-1] == right[:-1]


def _parts(case: ast.expr) -> list[str]:
    match case:
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Call(args=parts):
            return [*map(ast.unparse, parts)]
        case ast.Dict(keys=keys, values=values):
            return [*(ast.unparse(key) for key in keys if key), *map(ast.unparse, values)]
        case _:
            return [ast.unparse(case)]


def _cases(test: PythonTest, names: Mapping[str, ast.expr]) -> list[ast.expr]:
    found: list[ast.expr] = []
    for decorator in _decorators(test):
        if isinstance(decorator, ast.Call) and last_name(decorator) in (
            "parametrize",
            "expand",
            "parameterized",
            "data",
            "cases",
        ):
            values = [*decorator.args, *(one.value for one in decorator.keywords if one.arg == "argvalues")]
            found += [case for value in values for case in _listed(value, names)]
        elif isinstance(decorator, ast.Call) and last_name(decorator) == "example":
            found.append(decorator)
    for loop in (part for part in ast.walk(test.node) if isinstance(part, ast.For)):
        if any(
            isinstance(part, ast.Assert) or (isinstance(part, ast.Call) and last_name(part).startswith(("assert", "subTest")))
            for part in ast.walk(loop)
        ):
            found += [one for one in _listed(loop.iter, names) if is_literal(one)]
    return found


def _listed(node: ast.expr, names: Mapping[str, ast.expr]) -> list[ast.expr]:
    if isinstance(node, ast.Name) and node.id in names:
        node = names[node.id]
    match node:
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            return parts
        case ast.Dict(keys=keys, values=values):
            return [ast.Tuple([key, value], ast.Load()) for key, value in zip(keys, values, strict=True) if key is not None]
        case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr="items")) if isinstance(names.get(owner), ast.Dict):
            return _listed(names[owner], names)
        case ast.Call(func=ast.Name(id="range" | "enumerate" | "sorted" | "zip"), args=args) if not all(map(is_literal, args)):
            return [case for one in args for case in _listed(one, names)]
        case _:
            return []


def _is_skipped(case: ast.expr) -> bool:
    return isinstance(case, ast.Call) and any(
        one.arg == "marks" and any(word in ast.unparse(one.value) for word in _SKIPPING) for one in case.keywords
    )


def _generators(test: PythonTest) -> frozenset[str]:
    return frozenset(name for one in _decorators(test) if (name := last_name(one)) in ("given", "parametrize"))


def _decorators(test: PythonTest) -> list[ast.expr]:
    return [one for node in (*test.owners, test.node) for one in node.decorator_list]
