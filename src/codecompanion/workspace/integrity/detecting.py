"""Find code that behaves otherwise when it is tested: it asks for the runner, or knows the answers of the tests by heart."""

import ast
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from codecompanion.domain.integrity import IntegrityKind, Severity
from codecompanion.workspace.integrity.doubt import Doubt
from codecompanion.workspace.integrity.syntax import FunctionNode, dotted, is_literal, line_of, literals, shown

_RUNNERS = ("pytest", "_pytest", "unittest", "nose", "xdist")
_VARIABLES = (
    "CODECOMPANION_REQUEST",
    "PYTEST_CURRENT_TEST",
    "PYTEST_VERSION",
    "PYTEST_XDIST_WORKER",
    "PYTEST_XDIST_TESTRUNUID",
    "PYTEST_RUN_CONFIG",
)
"""What the runner sets for the code that it runs."""
_STACK = (
    "inspect.stack",
    "inspect.currentframe",
    "sys._getframe",
    "traceback.extract_stack",
    "traceback.format_stack",
    "inspect.getouterframes",
)
_PLAIN = frozenset({"0", "1", "-1", "''", "2", "b''", "0.0", "1.0"})


def detects_tests(before: ast.Module | None, after: ast.Module) -> Iterator[Doubt]:
    """Yield what is new in a source file and asks whether it is being tested. `before` is None for a new file."""
    had = Counter(one.what for one in _questions(before)) if before else Counter[str]()
    for doubt in _questions(after):
        if had[doubt.what]:
            had[doubt.what] -= 1
        else:
            yield doubt


def _questions(tree: ast.Module) -> Iterator[Doubt]:
    functions = [part for part in ast.walk(tree) if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)]
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if text in _VARIABLES:
                yield _doubt(node, "blocks", f"it reads {text!r}")
            case ast.Compare(left=ast.Constant(value=str(name)), ops=[ast.In() | ast.NotIn()], comparators=[holder]) if (
                _is_modules(name, holder)
            ):
                yield _doubt(node, "blocks", f"it asks whether {name!r} is loaded")
            case ast.Call(func=ast.Attribute(value=holder, attr="get"), args=[ast.Constant(value=str(name)), *_]) if (
                _is_modules(name, holder)
            ):
                yield _doubt(node, "blocks", f"it asks whether {name!r} is loaded")
            case ast.Compare() if "sys.argv" in (text := ast.unparse(node)) and any(one in text for one in _RUNNERS):
                yield _doubt(node, "blocks", f"it looks for the test runner on the command line: {shown(text)!r}")
            case ast.Call() if dotted(node.func) in _STACK:
                holder = next((one for one in functions if any(part is node for part in ast.walk(one))), None)
                yield _doubt(
                    node,
                    "blocks" if _speaks_of_tests(holder or tree) else "tell",
                    f"it looks at who calls it with {dotted(node.func)}",
                )
            case ast.Import(names=names) if any(one.name.partition(".")[0] in ("pytest", "_pytest") for one in names):
                yield _doubt(node, "tell", f"it imports the test runner: {shown(ast.unparse(node))!r}")
            case ast.Call(
                func=ast.Name(id="hasattr" | "getattr"),
                args=[ast.Name(id="sys" | "builtins"), ast.Constant(value=str(name)), *_],
            ) if "test" in name.lower():
                yield _doubt(node, "blocks", f"it asks for {name!r}, which only tests set")
            case _:
                pass


def _is_modules(name: str, holder: ast.expr) -> bool:
    return name.partition(".")[0] in _RUNNERS and (
        dotted(holder) in ("sys.modules", "modules") or "sys.modules" in ast.unparse(holder)
    )


def _speaks_of_tests(node: ast.AST) -> bool:
    return any(
        isinstance(part, ast.Constant) and isinstance(part.value, str) and "test" in part.value.lower()
        for part in ast.walk(node)
    )


def _doubt(node: ast.AST, severity: Severity, what: str) -> Doubt:
    return Doubt(IntegrityKind.TEST_DETECTED, severity, line_of(node), what)


def hard_coded(before: ast.Module | None, after: ast.Module, known: Callable[[], Sequence[frozenset[str]]]) -> Iterator[Doubt]:
    """Yield new answers for single inputs that are together in a test.

    Args:
        before: The file's tree before, None when it is new.
        after: Its tree after.
        known: Gives, for each assertion or case of a test, the constants in it as source; asked only when needed.
    """
    had = {text for _, text, _ in _answers(before)} if before else set[str]()
    fresh = [one for one in _answers(after) if one[1] not in had]
    cases = [one for one in known() if len(one) > 1] if fresh else []
    for node, text, (asked, answered) in fresh:
        special = asked - _PLAIN
        if special and (answered or asked > special) and any(special | answered <= case for case in cases):
            what = f"suspicious: {shown(text)!r} answers what a test asks"
            yield Doubt(IntegrityKind.ANSWER_HARD_CODED, "tell", line_of(node), what)


def _answers(tree: ast.Module) -> Iterator[tuple[ast.AST, str, tuple[frozenset[str], frozenset[str]]]]:
    """Yield each place that returns a constant for a constant input: where, as text, and the constants of both."""
    for function in (part for part in ast.walk(tree) if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)):
        given = {part.arg for part in ast.walk(function.args) if isinstance(part, ast.arg)}
        for node in ast.walk(function):
            yield from _answer(node, given, function)


def _answer(
    node: ast.AST, given: set[str], function: FunctionNode
) -> Iterator[tuple[ast.AST, str, tuple[frozenset[str], frozenset[str]]]]:
    match node:
        case ast.If(test=test, body=[ast.Return(value=ast.expr() as value)]) | ast.IfExp(test=test, body=value) if is_literal(
            value
        ) and _asks(test, given):
            text = f"if {ast.unparse(test)}: return {ast.unparse(value)}"
            yield from ((node, text, (asked, literals(value))) for asked in _asked(test))
        case ast.Match(cases=cases):
            for case in cases:
                match case.body:
                    case [ast.Return(value=ast.expr() as value)] if is_literal(value) and isinstance(
                        case.pattern, ast.MatchValue | ast.MatchSequence
                    ):
                        yield (
                            case.pattern,
                            f"case {ast.unparse(case.pattern)}: return {ast.unparse(value)}",
                            (literals(case.pattern), literals(value)),
                        )
                    case _:
                        pass
        case ast.Subscript(value=ast.Dict() as table) | ast.Call(func=ast.Attribute(value=ast.Dict() as table, attr="get")):
            yield from _looked_up(table)
        case ast.Assign(targets=[ast.Name()], value=ast.Dict() as table) if any(
            isinstance(part, ast.Return) for part in ast.walk(function)
        ):
            yield from _looked_up(table)
        case _:
            pass


def _looked_up(table: ast.Dict) -> Iterator[tuple[ast.AST, str, tuple[frozenset[str], frozenset[str]]]]:
    for key, value in zip(table.keys, table.values, strict=True):
        if key is not None and is_literal(key) and is_literal(value):
            yield key, f"{ast.unparse(key)}: {ast.unparse(value)}", (literals(key), literals(value))


def _asked(test: ast.expr) -> list[frozenset[str]]:
    """Return the constants of each input that a condition names: several when it asks whether one is among them."""
    match test:
        case ast.Compare(ops=[ast.In()], comparators=[ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts)]):
            return [*map(literals, parts)]
        case _:
            return [literals(test)]


def _asks(test: ast.expr, given: set[str]) -> bool:
    """Whether a condition compares parameters with constants for equality, and nothing else."""
    match test:
        case ast.BoolOp(op=ast.And(), values=values):
            return all(_asks(value, given) for value in values)
        case ast.Compare(left=left, ops=[ast.Eq() | ast.Is()], comparators=[right]):
            return (_is_given(left, given) and is_literal(right)) or (_is_given(right, given) and is_literal(left))
        case ast.Compare(left=left, ops=[ast.In()], comparators=[ast.Tuple() | ast.List() | ast.Set() as right]):
            return _is_given(left, given) and is_literal(right)
        case _:
            return False


def _is_given(node: ast.expr, given: set[str]) -> bool:
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    names = [part for one in parts for part in ast.walk(one) if isinstance(part, ast.Name)]
    return bool(names) and any(one.id in given for one in names)
