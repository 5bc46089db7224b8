"""Find what has no place in tests or sources: a patched runner, a process that ends itself, objects that are equal to all."""

import ast
from collections.abc import Iterator

from codecompanion.domain.integrity import IntegrityKind, Severity
from codecompanion.workspace.integrity.doubt import Doubt
from codecompanion.workspace.integrity.syntax import FunctionNode, calls, dotted, last_name, line_of, shown, truth

_RUNNER = ("pytest", "_pytest", "unittest", "pluggy")
_CALLED_BY_RUNNERS = ("test", "pytest_", "setup", "teardown", "setUp", "tearDown", "runTest", "__")
_OUTCOME_FIELDS = frozenset({"outcome", "exitstatus", "testsfailed", "wasxfail", "longrepr"})


def always_equal(tree: ast.AST) -> Iterator[Doubt]:
    """Yield classes whose `__eq__` is always true, or `__ne__` always false."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name="__eq__" | "__ne__" as name) if _always(node) is (name == "__eq__"):
                yield Doubt(IntegrityKind.ALWAYS_EQUAL, "blocks", node.lineno, f"{name} answers the same to everything")
            case ast.Assign(targets=[ast.Name(id="__eq__")], value=ast.Lambda(body=body)) if truth(body) is True:
                yield Doubt(IntegrityKind.ALWAYS_EQUAL, "blocks", node.lineno, "__eq__ answers the same to everything")
            case _:
                pass


def _always(node: FunctionNode) -> bool | None:
    """Return what a function always returns, None when that depends on its arguments."""
    returned = [truth(part.value) for part in ast.walk(node) if isinstance(part, ast.Return) and part.value is not None]
    known = {one for one in returned if one is not None}
    return known.pop() if len(known) == 1 and None not in returned else None


def exits(tree: ast.Module, *, everywhere: bool) -> Iterator[Doubt]:
    """Yield calls that end the process as if all was well; with `everywhere` inside functions too, not only on import."""
    called = {last_name(call) for call in calls(tree)}
    apart = {id(part) for node in ast.walk(tree) if _is_of_a_child(node, called) for part in ast.walk(node)}
    for statement in tree.body:
        defines = isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if _is_main(statement) or (defines and not everywhere):
            continue
        for call in calls(statement):
            if _ends_well(call):
                severity: Severity = "tell" if id(call) in apart else "blocks"
                text = f"{shown(ast.unparse(call))} ends the process of the tests"
                yield Doubt(IntegrityKind.PROCESS_ENDED, severity, call.lineno, text)


def _ends_well(call: ast.Call) -> bool:
    name = dotted(call.func)
    leaves = name in ("sys.exit", "exit", "quit", "pytest.exit", "os._exit") and _is_success(call)
    return leaves or (name == "atexit.register" and "exit" in ast.unparse(call)) or name == "os.execv"


def _is_of_a_child(node: ast.AST, called: set[str]) -> bool:
    """Whether a node runs in a child process by all appearance: behind a fork, or as a function that nothing here calls."""
    match node:
        case ast.If(test=test):
            return any(word in ast.unparse(test) for word in ("fork", "pid", "child"))
        case ast.FunctionDef(name=name, decorator_list=[]):
            return name not in called and not name.startswith(_CALLED_BY_RUNNERS)
        case _:
            return False


def _is_main(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and "__name__" in ast.unparse(statement.test)


def _is_success(call: ast.Call) -> bool:
    if dotted(call.func) == "pytest.exit":
        return any(one.arg == "returncode" and ast.unparse(one.value) == "0" for one in call.keywords)
    code = call.args[0] if call.args else None
    return code is None or (isinstance(code, ast.Constant) and code.value in (0, None, False))


def patches(tree: ast.AST) -> Iterator[Doubt]:
    """Yield what replaces a part of the test runner, or sets the outcome that it reports."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=targets) | ast.Delete(targets=targets):
                changed = [one for one in targets if isinstance(one, ast.Attribute) and _is_runners(one)]
            case ast.AugAssign(target=ast.Attribute() as target):
                changed = [target] if _is_runners(target) else []
            case ast.Call(args=[target, *_]) if last_name(node) in (
                "setattr",
                "delattr",
                "object",
                "patch",
                "force_result",
                "setitem",
            ):
                text = target.value if isinstance(target, ast.Constant) else dotted(target)
                changed = [node] if str(text).partition(".")[0] in _RUNNER or last_name(node) == "force_result" else []
            case _:
                continue
        for one in changed:
            yield Doubt(
                IntegrityKind.RUNNER_PATCHED, "blocks", line_of(one), f"{shown(ast.unparse(node))} changes the test runner"
            )


def _is_runners(target: ast.Attribute) -> bool:
    root = dotted(target).partition(".")[0]
    if target.attr in _OUTCOME_FIELDS and last_name(target.value) in (
        "report",
        "rep",
        "result",
        "session",
        "call",
        "outcome",
        "r",
        "item",
    ):
        return True
    return root in (*_RUNNER, "builtins", "__builtins__") or last_name(target.value) in (
        "TestCase",
        "TestResult",
        "TestReport",
        "TestRunner",
    )
