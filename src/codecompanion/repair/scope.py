"""What a piece of code can refer to: names, attributes, constants and whole expressions seen around it."""

import ast
import builtins
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property

from codecompanion.repair.parsing import parse_module
from codecompanion.repair.source import Function, SourceFile

BUILTIN_NAMES = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__", "__class__"}
LONGEST = 120
EMPTY = {"list": "list", "set": "set", "dict": "dict", "deque": "deque", "OrderedDict": "dict"}
FILLING = frozenset({"append", "appendleft", "add", "extend", "update", "insert", "setdefault", "push"})


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
    """What is written in any of the files at hand: the methods called, by count, and where names come from."""

    def __init__(self, indexes: Mapping[str, FileIndex] | None = None) -> None:
        self._indexes = indexes or {}
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


class Scope:
    """What can be referred to inside one function, or at module level when `function` is None."""

    def __init__(self, index: FileIndex, function: Function | None, project: Project | None = None) -> None:
        self.index = index
        self.function = function
        self.project = project or Project()
        self._readable: dict[str, bool] = {}
        self._body: list[ast.AST] = list(ast.walk(function)) if function else list(index.source.tree.body)

    @cached_property
    def locals(self) -> tuple[str, ...]:
        """Parameters and assigned names, in order of appearance."""
        if self.function is None:
            return ()
        names = [a.arg for a in ast.walk(self.function.args) if isinstance(a, ast.arg)]
        names += [n.id for n in self._body if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
        names += [a.arg for n in self._body if isinstance(n, ast.Lambda) for a in n.args.args]
        for node in self._body:
            if isinstance(node, ast.FunctionDef) and node is not self.function:
                names += [node.name, *(a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg))]
            elif isinstance(node, ast.ExceptHandler) and node.name:
                names.append(node.name)
        return tuple(dict.fromkeys(names))

    @cached_property
    def loops(self) -> tuple[str, ...]:
        """The variables of the function's `for` statements."""
        targets = [n for node in self._body if isinstance(node, ast.For) for n in ast.walk(node.target)]
        return tuple(dict.fromkeys(n.id for n in targets if isinstance(n, ast.Name)))

    @cached_property
    def unread(self) -> frozenset[str]:
        """Parameters, variables and nested functions that the function never reads: something was to be done with them."""
        if self.function is None:
            return frozenset()
        read = {n.id for n in self._body if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        return frozenset(n for n in self.locals if n not in read and n not in self.loops and not n.startswith("_"))

    @cached_property
    def unfilled(self) -> Mapping[str, str]:
        """Variables that get an empty container and nothing into it, with its kind."""
        made = {name: kind for node in self._body if isinstance(node, ast.Assign) for name, kind in _emptied(node)}
        for node in self._body:
            match node:
                case ast.Attribute(value=ast.Name(id=name), attr=attr) if attr in FILLING:
                    made.pop(name, None)
                case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()) | ast.AugAssign(target=ast.Name(id=name)):
                    made.pop(name, None)
                case _:
                    pass
        return made

    @cached_property
    def simple(self) -> tuple[ast.stmt, ...]:
        """The function's assignments and returns, short ones only."""
        own = set(self._body)
        return tuple(node for node in self.index.simple if node in own)

    @cached_property
    def members(self) -> tuple[str, ...]:
        """`self.x` for the attributes that the function's class assigns or defines."""
        if self.function is None or not self.function.args.args:
            return ()
        owner = next((n for n in self.index.source.chain(self.function)[::-1] if isinstance(n, ast.ClassDef)), None)
        if owner is None:
            return ()
        first = self.function.args.args[0].arg
        names = [
            n.attr
            for n in ast.walk(owner)
            if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == first
        ]
        names += [n.name for n in owner.body if isinstance(n, ast.FunctionDef)]
        return tuple(f"{first}.{name}" for name in dict.fromkeys(names) if not name.startswith("__"))

    @cached_property
    def numbers(self) -> tuple[float, ...]:
        """Numbers written in the function."""
        found = [n.value for n in self._body if isinstance(n, ast.Constant) and type(n.value) in (int, float)]
        return tuple(dict.fromkeys(value for value in found if isinstance(value, int | float)))

    @cached_property
    def strings(self) -> tuple[str, ...]:
        """Strings written in the function, docstrings left out."""
        skipped = docstrings(self._body)
        found = [n for n in self._body if isinstance(n, ast.Constant) and n not in skipped]
        return tuple(dict.fromkeys(n.value for n in found if isinstance(n.value, str)))

    @cached_property
    def conditions(self) -> tuple[str, ...]:
        """Texts of conditions written in the function first, then elsewhere in the file."""
        near = [self._text(node) for node in _conditions(self._body)]
        far = [self._text(node) for node in _conditions(list(ast.walk(self.index.source.tree)))]
        return tuple(dict.fromkeys(near + far))

    @cached_property
    def expressions(self) -> tuple[str, ...]:
        """Texts of the compound expressions in the function, short ones only."""
        kinds = (ast.Call, ast.Subscript, ast.Attribute, ast.BinOp)
        texts = [
            self._text(n) for n in self._body if isinstance(n, kinds) and isinstance(getattr(n, "ctx", ast.Load()), ast.Load)
        ]
        return tuple(dict.fromkeys(text for text in texts if len(text) <= 60 and "\n" not in text))  # noqa: PLR2004

    @cached_property
    def elements(self) -> tuple[str, ...]:
        """`xs[i]` for the loop variables and the names that are indexed or measured in the function."""
        loops = [
            n.target.id for n in self._body if isinstance(n, ast.For | ast.comprehension) and isinstance(n.target, ast.Name)
        ]
        bases = [n.value.id for n in self._body if isinstance(n, ast.Subscript) and isinstance(n.value, ast.Name)]
        return tuple(dict.fromkeys(f"{base}[{index}]" for base in bases for index in loops))

    @cached_property
    def statements(self) -> tuple[tuple[str, bool], ...]:
        """Texts of simple statements of the file, with whether they are in this function; those of the function first."""
        near = [(self._text(n), True) for n in self._body if isinstance(n, _SIMPLE)]
        far = [(self._text(n), False) for n in ast.walk(self.index.source.tree) if isinstance(n, _SIMPLE)]
        return tuple({text: (text, is_near) for text, is_near in far + near if len(text) <= 120 and "\n" not in text}.values())  # noqa: PLR2004

    @cached_property
    def visible(self) -> frozenset[str]:
        """Every name that can be read here."""
        return frozenset(self.locals) | frozenset(self.index.module_names) | BUILTIN_NAMES

    def can_read(self, text: str) -> bool:
        """Whether every plain name that an expression or simple statement reads is known here."""
        if text not in self._readable:
            self._readable[text] = self._reads(text)
        return self._readable[text]

    def _reads(self, text: str) -> bool:
        try:
            # A function around it, because `return` and `break` parse only there.
            tree = parse_module(f"def f():\n while 1:\n  {text}")
        except SyntaxError:
            return False
        names = [n for n in ast.walk(tree) if isinstance(n, ast.Name)]
        bound = {n.id for n in names if isinstance(n.ctx, ast.Store)}
        return all(n.id in self.visible or n.id in bound for n in names)

    def _text(self, node: ast.AST) -> str:
        assert isinstance(node, ast.expr | ast.stmt)
        return self.index.source.segment(node)


_SIMPLE = (ast.Assign, ast.AugAssign, ast.Return, ast.Raise, ast.Continue, ast.Break)


def _conditions(nodes: list[ast.AST]) -> Iterator[ast.expr]:
    for node in nodes:
        if isinstance(node, ast.If | ast.While | ast.IfExp):
            yield node.test
            if isinstance(node.test, ast.BoolOp):
                yield from node.test.values
        elif isinstance(node, ast.comprehension):
            yield from node.ifs


def _emptied(node: ast.Assign) -> Iterator[tuple[str, str]]:
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.List(elts=[])):
            yield name, "list"
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict(keys=[])):
            yield name, "dict"
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id=maker), args=[])) if maker in EMPTY:
            yield name, EMPTY[maker]
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
