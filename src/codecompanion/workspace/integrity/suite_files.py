"""Read the tests of a Python file as pytest and unittest would collect them."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from codecompanion.domain.python_text import parsed
from codecompanion.workspace.integrity.places import is_collected
from codecompanion.workspace.integrity.syntax import FunctionNode, dotted

_WORD = re.compile(r"\w+|[^\w\s]")
_MOST_WORDS = 2_000


@dataclass(frozen=True, slots=True)
class PythonTest:
    """One test function. `name` is "Class::function"; `owners` are the classes around it, outermost first."""

    path: str
    name: str
    node: FunctionNode
    owners: tuple[ast.ClassDef, ...]

    @property
    def test_id(self) -> str:
        """The pytest node id without parameters."""
        return f"{self.path}::{self.name}"

    @property
    def function(self) -> str:
        """The name of the function alone."""
        return self.node.name

    @property
    def words(self) -> list[str]:
        """The first 2 000 words of its body."""
        return _WORD.findall(self.body_text)[:_MOST_WORDS]

    @property
    def body_text(self) -> str:
        """What the test does, without its name, decorators, docstring, comments and layout."""
        return "\n".join(ast.unparse(one) for one in self.node.body if not _is_docstring(one))


@dataclass(frozen=True, slots=True)
class TestFile:
    """A Python file of the test suite.

    `tests` are those that a runner collects, by name. `support` are all other functions: fixtures, helpers, hooks.
    `names` are the module's plain assignments, the last one of each name.
    """

    __test__ = False  # no test class, whatever its name

    path: str
    tree: ast.Module
    tests: Mapping[str, PythonTest] = field(default_factory=dict[str, PythonTest])
    support: Mapping[str, FunctionNode] = field(default_factory=dict[str, FunctionNode])
    names: Mapping[str, ast.expr] = field(default_factory=dict[str, ast.expr])


def read_tests(path: str, text: str, reported: frozenset[str] = frozenset()) -> TestFile | None:
    """Return the tests of a file, None when it is no Python.

    Args:
        path: Decides whether a runner looks into the file at all, unless tests of it were reported.
        text: The file's content.
        reported: "Class::function" of tests that the runner is known to have run, whatever they are called.
    """
    tree = parsed(text)
    if tree is None:
        return None
    names = {
        target.id: one.value
        for one in tree.body
        if isinstance(one, ast.Assign)
        for target in one.targets
        if isinstance(target, ast.Name)
    }
    functions = list(_functions(tree.body, ()))
    collected = is_collected(path) or bool(reported)
    tests = {
        name: PythonTest(path, name, node, owners)
        for name, node, owners in functions
        if collected and _collects(name, owners, names, reported)
    }
    support = {name: node for name, node, _ in functions if name not in tests}
    return TestFile(path, tree, tests, support, names)


def _functions(
    body: list[ast.stmt], owners: tuple[ast.ClassDef, ...]
) -> Iterator[tuple[str, FunctionNode, tuple[ast.ClassDef, ...]]]:
    """Yield functions at the level of a module or class; a later one of the same name replaces the earlier, as in Python."""
    for statement in body:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield "::".join([*(one.name for one in owners), statement.name]), statement, owners
            case ast.ClassDef():
                yield from _functions(statement.body, (*owners, statement))
            case ast.If(body=then, orelse=otherwise) if not _never(statement):
                yield from _functions([*then, *otherwise], owners)
            case ast.Try(body=then, orelse=otherwise, finalbody=final):
                yield from _functions([*then, *otherwise, *final], owners)
            case ast.With(body=then):
                yield from _functions(then, owners)
            case _:
                pass


def _never(statement: ast.If) -> bool:
    return isinstance(statement.test, ast.Constant) and not statement.test.value


def _collects(name: str, owners: tuple[ast.ClassDef, ...], names: Mapping[str, ast.expr], reported: frozenset[str]) -> bool:
    if name in reported:
        return True
    function = name.rpartition("::")[2]
    replaced = not owners and function in names  # `test_x = None` below the function
    return function.startswith("test") and not replaced and all(map(_is_test_class, owners))


def _is_test_class(node: ast.ClassDef) -> bool:
    unittest_like = any("Test" in dotted(base) for base in node.bases)
    has_init = any(isinstance(one, ast.FunctionDef) and one.name == "__init__" for one in node.body)
    return unittest_like or (node.name.startswith("Test") and not has_init)


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
