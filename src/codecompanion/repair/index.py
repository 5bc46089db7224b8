"""What is written anywhere in a file, and in all files at hand."""

import ast
import builtins
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from codecompanion.repair.source import SourceFile

BUILTIN_NAMES = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__", "__class__"}
LONGEST = 120


class FileIndex:
    """What is written anywhere in a file, counted."""

    def __init__(self, source: SourceFile) -> None:
        self.source = source
        nodes = list(ast.walk(source.tree))
        self.methods = Counter(n.func.attr for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute))
        called = {id(n.func) for n in nodes if isinstance(n, ast.Call)}
        self.attributes = Counter(n.attr for n in nodes if isinstance(n, ast.Attribute) and id(n) not in called)
        self.called = Counter(n.func.id for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Name))
        skipped = docstrings(nodes)
        self.strings = Counter(
            n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str) and n not in skipped
        )
        self.module_names = tuple(dict.fromkeys(_bound_names(source.tree.body)))
        self.functions = {n.name: n for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}
        self.bound = frozenset(_all_bound(nodes)) | BUILTIN_NAMES
        self.imports_all = any(isinstance(n, ast.ImportFrom) and n.names[0].name == "*" for n in nodes)
        self.simple = tuple(
            n for n in nodes if isinstance(n, ast.Assign | ast.AugAssign | ast.Return) and len(source.segment(n)) <= LONGEST
        )

    @cached_property
    def idle(self) -> frozenset[str]:
        """Names that the file imports, or makes for itself at its top, and never reads: somebody read them once.

        Not those of a package's `__init__.py`, which are for others, and not those of `typing`, which strings may name.
        """
        if self.source.path.endswith("__init__.py"):
            return frozenset()
        nodes = list(ast.walk(self.source.tree))
        read = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)} | set(self.strings)
        return frozenset(name for node in self.source.tree.body for name in _own(node) if name not in read)

    @cached_property
    def calls(self) -> Mapping[str, tuple[str, ...]]:
        """For every last name that is called, the texts of its calls, those of one line."""
        found: dict[str, dict[str, None]] = {}
        for node in ast.walk(self.source.tree):
            match node:
                case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if node.lineno == node.end_lineno:
                    found.setdefault(name, {})[self.source.segment(node)] = None
                case _:
                    pass
        return {name: tuple(texts) for name, texts in found.items()}

    @cached_property
    def callables(self) -> frozenset[str]:
        """Names of functions and classes that the module defines or imports (by the look of their use)."""
        defined = {
            n.name for n in self.source.tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        }
        return frozenset(defined | set(self.called))


def docstrings(nodes: list[ast.AST]) -> frozenset[ast.expr]:
    """Return the expressions among some nodes that are strings standing alone."""
    return frozenset(
        n.value
        for n in nodes
        if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant) and isinstance(n.value.value, str)
    )


class Project:
    """What is written in any of the files at hand: the methods called, by count, and where names come from.

    `awaited` are the names of exceptions that failing tests wait for.
    """

    def __init__(self, indexes: Mapping[str, FileIndex] | None = None, awaited: Iterable[str] = ()) -> None:
        self._indexes = indexes or {}
        self.awaited = tuple(sorted(awaited))
        self.methods = Counter[str]()
        for index in self._indexes.values():
            self.methods.update(index.methods)

    @cached_property
    def imports(self) -> Mapping[str, tuple[str, ...]]:
        """For every name that a file imports at its top, the lines that do so; those relative to a package left out."""
        found: dict[str, dict[str, None]] = {}
        for index in self._indexes.values():
            for node in index.source.tree.body:
                if isinstance(node, ast.Import | ast.ImportFrom) and not getattr(node, "level", 0):
                    for alias in node.names:
                        one = _import_of(node, alias)
                        found.setdefault((alias.asname or alias.name).partition(".")[0], {})[one] = None
        return {name: tuple(lines) for name, lines in found.items()}

    def calls_of(self, name: str) -> Iterator[str]:
        """Yield how any file calls what has this last name."""
        for index in self._indexes.values():
            yield from index.calls.get(name, ())

    @cached_property
    def homes(self) -> Mapping[str, tuple[str, ...]]:
        """For every function and class at the top of a file, the modules that define it."""
        found: dict[str, list[str]] = {}
        for path, index in self._indexes.items():
            module = path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            for node in index.source.tree.body:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    found.setdefault(node.name, []).append(module)
        return {name: tuple(modules) for name, modules in found.items()}


def _import_of(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    name = f"{alias.name} as {alias.asname}" if alias.asname else alias.name
    return f"import {name}" if isinstance(node, ast.Import) else f"from {node.module} import {name}"


def _own(node: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement binds for its own file: imports and what begins with an underscore."""
    match node:
        case ast.ImportFrom(module="__future__" | "typing" | "typing_extensions"):
            pass
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            yield from ((alias.asname or alias.name).partition(".")[0] for alias in aliases)
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.Assign(targets=[ast.Name(id=name)]):
            if name.startswith("_") and not name.startswith("__"):
                yield name
        case _:
            pass


def _all_bound(nodes: list[ast.AST]) -> Iterator[str]:
    """Yield every name that is bound anywhere in a file, whatever the scope."""
    for node in nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.alias(name=name, asname=other):
                yield (other or name).partition(".")[0]
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name
            case ast.Global(names=names):
                yield from names
            case _:
                pass


def _bound_names(body: list[ast.stmt]) -> Iterator[str]:
    for stmt in body:
        for node in ast.walk(stmt) if not isinstance(stmt, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) else [stmt]:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield node.name
            elif isinstance(node, ast.Import | ast.ImportFrom):
                yield from ((alias.asname or alias.name).split(".")[0] for alias in node.names)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id
