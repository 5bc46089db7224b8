"""The project's Python files as modules: their names, their trees, and what they import."""

import ast
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from pathlib import PurePosixPath

import anyio.to_thread

from codecompanion.domain.scope import TEST_FOLDERS, TEST_NAMES
from codecompanion.workspace.tidying.bench import Bench

_WITH_STATEMENTS = (ast.stmt, ast.excepthandler, ast.match_case)
"""Nodes that are, or hold, statements; imports are nowhere else."""


@dataclass(frozen=True)
class Module:
    """A parsed file. `name` is dotted, "" when it cannot be imported by one; a package's is that of its `__init__.py`."""

    path: str
    name: str
    text: str
    tree: ast.Module

    @property
    def is_test(self) -> bool:
        """Whether it is a test, or lies among tests."""
        path = PurePosixPath(self.path)
        named = any(path.match(pattern) for pattern in (*TEST_NAMES, "conftest.py"))
        return named or any(part in TEST_FOLDERS for part in path.parent.parts)

    @property
    def package(self) -> str:
        """The package that relative imports start from."""
        return self.name if PurePosixPath(self.path).stem == "__init__" else self.name.rpartition(".")[0]

    @property
    def lines(self) -> list[str]:
        """The lines with their ends, as Python counts them: a form feed ends none."""
        return list(StringIO(self.text, newline=""))

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """Every node's parent."""
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    @cached_property
    def defined(self) -> set[str]:
        """The names that the module itself defines at its top level."""
        return set(_defined(self.tree.body))

    @cached_property
    def imports(self) -> tuple["Imported", ...]:
        """All that is imported, in the order of the file."""
        return tuple(_imports(self))


@dataclass(frozen=True, slots=True)
class Imported:
    """An absolute name that an import asks for (`a.b`), and the name that it is bound to.

    `attribute` is what is taken from it, "" for the module itself. It is `optional` under `try ... except ImportError`, for the
    type checker alone, and where the version or the platform decides.
    """

    module: str
    attribute: str
    bound: str
    line: int
    optional: bool

    @property
    def top(self) -> str:
        """The top-level name."""
        return self.module.partition(".")[0]

    def statement(self) -> str:
        """Return the statement that binds the same."""
        if self.attribute:
            renamed = f" as {self.bound}" if self.bound != self.attribute else ""
            return f"from {self.module} import {self.attribute}{renamed}"
        return f"import {self.module}" + (f" as {self.bound}" if self.bound != self.top else "")


def parse(path: str, content: bytes, roots: Iterable[str]) -> Module | None:
    """Return a file as a module, None when it is not Python in UTF-8."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Module(path, module_name(path, roots), content.decode("utf-8-sig"), ast.parse(content))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


async def project_modules(bench: Bench) -> list[Module]:
    """Return the worktree's files that can be parsed."""
    return await anyio.to_thread.run_sync(_parsed, bench)


def _parsed(bench: Bench) -> list[Module]:
    roots = bench.import_roots
    parsed = (parse(path, content, roots) for path, content in bench.sources().items() if path.endswith(".py"))
    return [module for module in parsed if module is not None]


def module_name(path: str, roots: Iterable[str]) -> str:
    """Return the dotted name under which a file is imported from the innermost of the roots, "" when there is none."""
    parts = PurePosixPath(path).with_suffix("").parts
    depth = max((len(above) for root in roots if parts[: len(above := _parts(root))] == above), default=0)
    inside = parts[depth:-1] if parts[-1] == "__init__" else parts[depth:]
    return ".".join(inside) if all(part.isidentifier() for part in inside) else ""


def _parts(root: str) -> tuple[str, ...]:
    return () if root == "." else PurePosixPath(root).parts


def _imports(module: Module) -> Iterator[Imported]:
    waiting: list[tuple[ast.AST, bool]] = [(module.tree, False)]
    while waiting:
        node, optional = waiting.pop()
        match node:
            case ast.Import(names=names):
                for alias in names:
                    bound = alias.asname or alias.name.partition(".")[0]
                    yield Imported(alias.name, "", bound, node.lineno, optional)
            case ast.ImportFrom(names=names):
                origin = _absolute(module, node)
                for alias in names if origin else ():
                    yield Imported(origin, alias.name, alias.asname or alias.name, node.lineno, optional)
            case ast.Try(body=body, handlers=handlers) if any(_catches_missing_modules(handler) for handler in handlers):
                rest = [child for child in ast.iter_child_nodes(node) if child not in body]
                waiting += [(child, True) for child in reversed([*body, *rest])]
            case ast.If(test=test, body=body, orelse=orelse) if asked := _asks_for_the_environment(test):
                waiting += [(child, optional or asked != "TYPE_CHECKING") for child in reversed(orelse)]
                waiting += [(child, True) for child in reversed(body)]
            case _:
                inner = [child for child in ast.iter_child_nodes(node) if isinstance(child, _WITH_STATEMENTS)]
                waiting += [(child, optional) for child in reversed(inner)]


def _defined(body: Iterable[ast.stmt]) -> Iterator[str]:
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Assign(targets=targets):
                yield from (target.id for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case ast.If() | ast.Try():
                handlers = node.handlers if isinstance(node, ast.Try) else []
                yield from _defined([*node.body, *node.orelse, *(stmt for handler in handlers for stmt in handler.body)])
            case _:
                pass


def _absolute(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    above = module.package.split(".")[: len(module.package.split(".")) - node.level + 1] if module.package else []
    return ".".join([*above, *filter(None, [node.module])]) if above else ""


def _asks_for_the_environment(test: ast.expr) -> str:
    """Return what a condition asks of the interpreter or the machine, "" when it asks for nothing of that."""
    words = ("TYPE_CHECKING", "version_info", "platform")
    named = {getattr(node, "attr", getattr(node, "id", "")) for node in ast.walk(test)}
    return next((word for word in words if word in named), "")


def _catches_missing_modules(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    named = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)}
    return bool(named & {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
