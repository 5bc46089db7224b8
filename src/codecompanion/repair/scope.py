"""What a piece of code can refer to: names, attributes, constants and whole expressions seen around it."""

import ast
from collections.abc import Iterator, Mapping
from functools import cached_property

from codecompanion.repair.index import BUILTIN_NAMES, FileIndex, Project, docstrings
from codecompanion.repair.parsing import parse_module
from codecompanion.repair.source import Function

EMPTY = {"list": "list", "set": "set", "dict": "dict", "deque": "deque", "OrderedDict": "dict"}
FILLING = frozenset({"append", "appendleft", "add", "extend", "update", "insert", "setdefault", "push"})
UNREAD, UNCALLED = 3.0, 30.0


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
    def parameters(self) -> tuple[str, ...]:
        """The function's own parameters, the first of a method left out."""
        if self.function is None:
            return ()
        names = [a.arg for a in (*self.function.args.posonlyargs, *self.function.args.args)]
        return tuple(name for name in names if name not in ("self", "cls"))

    @cached_property
    def loops(self) -> tuple[str, ...]:
        """The variables of the function's `for` statements."""
        targets = [n for node in self._body if isinstance(node, ast.For) for n in ast.walk(node.target)]
        return tuple(dict.fromkeys(n.id for n in targets if isinstance(n, ast.Name)))

    @cached_property
    def unread(self) -> Mapping[str, float]:
        """What the function (its parameters, variables, nested functions) or the file never reads, with how much that says.

        Something was to be done with it, with a function made here most of all.
        """
        idle = dict.fromkeys(self.index.idle, UNREAD)
        if self.function is None:
            return idle
        read = {n.id for n in self._body if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        names = [n for n in self.locals if n not in read and n not in self.loops and not n.startswith("_")]
        return idle | {name: UNCALLED if name in self.index.functions else UNREAD for name in names}

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
