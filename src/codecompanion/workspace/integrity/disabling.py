"""Find tests that a change keeps and no longer runs: skipped, expected to fail, marked away."""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from copy import copy

from codecompanion.domain.integrity import IntegrityKind, Severity
from codecompanion.workspace.integrity.doubt import Doubt
from codecompanion.workspace.integrity.suite_files import PythonTest, TestFile
from codecompanion.workspace.integrity.syntax import FunctionNode, calls, dotted, last_name, line_of, shown, truth

_DISABLING = frozenset(
    {"skip", "xfail", "skipif", "skipIf", "skipUnless", "expectedFailure", "disabled", "ignore", "wip", "todo", "quarantine"}
)
_HIDING = frozenset({"property", "cached_property", "fixture", "contextmanager", "overload"})
_CONDITIONAL = frozenset({"skipif", "skipIf", "skipUnless"})
_HARMLESS_MARKS = frozenset(
    {"parametrize", "usefixtures", "filterwarnings", "asyncio", "anyio", "timeout", "django_db", "xdist_group"}
)
_OF_THE_MACHINE = (
    "sys.platform",
    "sys.version_info",
    "os.name",
    "platform.",
    "sys.implementation",
    "shutil.which",
    "find_spec",
    "version",
    "environ",
)
_DEEPEST_ALIAS = 4
_SKIPPING_CALLS = frozenset({"skip", "xfail", "skipTest", "importorskip", "SkipTest"})


def newly_disabled(before: PythonTest, after: PythonTest, old: TestFile, new: TestFile) -> Iterator[Doubt]:
    """Yield what keeps a test from running, or from counting, that did not before."""
    had = Counter(map(ast.unparse, _marks(before, old)))
    for mark in _marks(after, new):
        if had[ast.unparse(mark)]:
            had[ast.unparse(mark)] -= 1
        elif severity := _severity(mark, new):
            yield Doubt(
                IntegrityKind.TEST_DISABLED, severity, line_of(mark), f"it is newly marked {shown(ast.unparse(mark))!r}"
            )
    if isinstance(after.node, ast.AsyncFunctionDef) and isinstance(before.node, ast.FunctionDef) and not _marks(after, new):
        yield Doubt(
            IntegrityKind.TEST_DISABLED,
            "tell",
            after.node.lineno,
            "it became a coroutine, which runs only where a plugin awaits it",
        )
    if _yields(after.node) and not _yields(before.node):
        yield Doubt(
            IntegrityKind.TEST_DISABLED, "blocks", after.node.lineno, "it became a generator, whose body no runner runs"
        )
    yield from skipping_calls(before.node, after.node)


def skipping_calls(before: ast.AST | None, after: ast.AST) -> Iterator[Doubt]:
    """Yield the calls in a function or module body that skip what runs there and that are new."""
    had = Counter(ast.unparse(call) for call in _skips(before)) if before is not None else Counter[str]()
    for call in _skips(after):
        if had[ast.unparse(call)]:
            had[ast.unparse(call)] -= 1
        else:
            severity: Severity = "tell" if last_name(call) == "importorskip" else "blocks"
            yield Doubt(IntegrityKind.TEST_DISABLED, severity, line_of(call), f"it newly calls {shown(ast.unparse(call))!r}")


def _skips(node: ast.AST) -> Iterator[ast.AST]:
    for part in ast.walk(node):
        if (
            isinstance(part, ast.Call)
            and last_name(part) in _SKIPPING_CALLS
            and not dotted(part).endswith(("mark.skip", "mark.xfail"))
            and _is_runners(part)
        ):
            yield part
        elif (
            isinstance(part, ast.Raise)
            and part.exc is not None
            and not isinstance(part.exc, ast.Call)
            and last_name(part.exc) == "SkipTest"
        ):
            yield part.exc


def _is_runners(call: ast.Call) -> bool:
    owner = dotted(call.func).rpartition(".")[0]
    return owner in ("", "pytest", "self", "unittest", "unittest.case") or call.func.__class__ is ast.Name


def _marks(test: PythonTest, file: TestFile) -> list[ast.expr]:
    found = [one for node in (*test.owners, test.node) for one in node.decorator_list]
    for body in (file.tree.body, *(owner.body for owner in test.owners)):
        found += _assigned_marks(body)
    found += _attribute_marks(file.tree.body, test)
    return [_resolved(one, file.names) for one in found]


def _assigned_marks(body: list[ast.stmt]) -> Iterator[ast.expr]:
    for one in body:
        match one:
            case ast.Assign(targets=[ast.Name(id="pytestmark")], value=ast.List(elts=marks) | ast.Tuple(elts=marks)):
                yield from marks
            case ast.Assign(targets=[ast.Name(id="pytestmark")], value=value):
                yield value
            case ast.Assign(targets=[ast.Name(id="__test__")], value=value) if truth(value) is False:
                yield ast.Name("disabled", ast.Load(), lineno=one.lineno)
            case _:
                pass


def _attribute_marks(body: list[ast.stmt], test: PythonTest) -> Iterator[ast.expr]:
    """Yield `test_x.__test__ = False` and `test_x = skip(test_x)` below a test."""
    holder = test.name.partition("::")[0]
    for one in body:
        match one:
            case ast.Assign(targets=[ast.Attribute(value=owner, attr="__test__" | "__unittest_skip__"), *_]) if (
                dotted(owner).partition(".")[0] == holder
            ):
                yield ast.Name("disabled", ast.Load(), lineno=one.lineno)
            case _:
                pass


def _resolved(mark: ast.expr, names: Mapping[str, ast.expr]) -> ast.expr:
    """Return what a mark stands for when it is a name of the module, at the place where it is used."""
    for _ in range(_DEEPEST_ALIAS):
        value = names.get(mark.id) if isinstance(mark, ast.Name) else None
        if value is None:
            return mark
        mark = ast.copy_location(copy(value), mark)
    return mark


def _severity(mark: ast.expr, file: TestFile) -> Severity | None:
    name = last_name(mark)
    if name in _CONDITIONAL or (name == "xfail" and isinstance(mark, ast.Call) and mark.args):
        return "tell" if _depends_on_the_machine(mark) else "blocks"
    if name in _DISABLING or name in _HIDING:
        return "blocks"
    if (own := file.support.get(name)) is not None:
        return "blocks" if _withholds(own) else None
    if ".mark." in f".{dotted(mark)}." and name not in _HARMLESS_MARKS:
        return "tell"
    return "tell" if name in ("flaky", "retry", "rerun") else None


def _depends_on_the_machine(mark: ast.expr) -> bool:
    """Whether a mark holds only where the platform, the version or a missing module makes it so."""
    given = (
        [*mark.args[:1], *(one.value for one in mark.keywords if one.arg == "condition")] if isinstance(mark, ast.Call) else []
    )
    text = "; ".join(map(ast.unparse, given))
    return (
        bool(given) and truth(given[0]) is None and (text.endswith(" is None") or any(word in text for word in _OF_THE_MACHINE))
    )


def _withholds(decorator: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a decorator of the test file never runs what it decorates, or skips it."""
    if any(word in ast.unparse(decorator) for word in ("skip", "xfail", "__test__")):
        return True
    given = {part.arg for part in ast.walk(decorator.args) if isinstance(part, ast.arg)}
    called = {dotted(call.func) for call in calls(decorator)} | {dotted(one) for call in calls(decorator) for one in call.args}
    returned = {dotted(part.value) for part in ast.walk(decorator) if isinstance(part, ast.Return) and part.value is not None}
    return not given & (called | returned)


def _yields(node: FunctionNode) -> bool:
    """Whether a function itself yields, and not one inside it."""
    waiting: list[ast.AST] = [*node.body]
    while waiting:
        part = waiting.pop()
        if isinstance(part, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            waiting.extend(ast.iter_child_nodes(part))
    return False
