"""Wrong variables, functions and attributes."""

import ast
from collections.abc import Iterator

from codecompanion.repair.index import BUILTIN_NAMES
from codecompanion.repair.templates.site import Proposal, Site

FAMILIES = (
    ("lower", "upper", "title", "capitalize", "swapcase", "casefold"),
    ("strip", "lstrip", "rstrip"),
    ("startswith", "endswith"),
    ("find", "rfind", "index", "rindex", "search", "match", "fullmatch"),
    ("split", "rsplit", "splitlines", "partition", "rpartition", "join"),
    ("append", "extend", "insert", "add", "appendleft", "push"),
    ("remove", "discard", "pop", "popleft", "clear"),
    ("keys", "values", "items", "get"),
    ("isdigit", "isalpha", "isalnum", "isupper", "islower", "isspace", "isnumeric", "isdecimal", "isidentifier"),
    ("floor", "ceil", "trunc", "round", "sqrt"),
    ("update", "setdefault", "get", "pop"),
    ("match", "search", "fullmatch", "findall", "finditer", "compile", "sub", "split", "escape"),
    ("group", "groups", "groupdict", "start", "end", "span"),
    ("union", "intersection", "difference", "symmetric_difference", "issubset", "issuperset"),
    ("read", "readline", "readlines", "write"),
    ("encode", "decode"),
    ("count", "index", "find"),
    ("replace", "translate", "format"),
    ("ljust", "rjust", "center", "zfill"),
    ("min", "max", "sum", "len", "abs"),
    ("any", "all"),
    ("int", "float", "str", "bool", "complex", "repr"),
    ("list", "tuple", "set", "dict", "frozenset", "sorted", "reversed"),
    ("isinstance", "issubclass"),
    ("getattr", "hasattr", "setattr"),
    ("range", "enumerate", "zip", "map", "filter"),
    ("ord", "chr", "hex", "bin", "oct"),
    ("year", "month", "day", "hour", "minute", "second", "microsecond"),
    ("weekday", "isoweekday", "toordinal", "timetuple", "date", "time"),
    ("days", "seconds", "microseconds", "total_seconds"),
    ("start", "stop", "step", "end"),
    ("first", "last"),
    ("left", "right"),
    ("width", "height"),
    ("x", "y", "z"),
    ("real", "imag"),
    ("numerator", "denominator"),
    ("name", "stem", "suffix", "parent", "parts"),
    ("gcd", "lcm"),
    ("copy", "deepcopy"),
    ("key", "value"),
    ("update", "difference_update", "intersection_update", "symmetric_difference_update"),
)
OWNERS = frozenset({"self", "cls"})
BARE = 0.2
"""An object, or a method that is not called, seldom stands where a value does."""


def siblings(name: str) -> tuple[str, ...]:
    """Return the usual alternatives to a method or builtin, nearest first."""
    return tuple(dict.fromkeys(other for family in FAMILIES if name in family for other in family if other != name))


def variables(site: Site) -> Iterator[Proposal]:
    """A variable -> another variable, parameter, module name or member that can stand there."""
    scope = site.scope
    for node in site.of(ast.Name):
        assert isinstance(node, ast.Name)
        if isinstance(node.ctx, ast.Load) and not _is_callee(site, node):
            for name in scope.locals:
                if name != node.id:
                    weight = 2.0 + 2 * _likeness(name, node.id)
                    yield site.replace(node, name, weight * BARE if name in OWNERS else weight)
            for name in scope.index.module_names:
                if name not in scope.locals and name != node.id:
                    yield site.replace(node, name, 0.25 + _likeness(name, node.id))
            for member in scope.members:
                attr = member.partition(".")[2]
                weight = 0.4 + _likeness(attr, node.id)
                yield site.replace(node, member, weight * BARE if attr in scope.index.functions else weight)
        elif isinstance(node.ctx, ast.Store):
            yield from (site.replace(node, name, 0.4) for name in scope.locals if name != node.id)


def functions(site: Site) -> Iterator[Proposal]:
    """The function that is called -> another of the module, or a builtin of its kind."""
    for node in site.of(ast.Name):
        assert isinstance(node, ast.Name)
        if not isinstance(node.ctx, ast.Load) or not _is_callee(site, node):
            continue
        index = site.scope.index
        for name in siblings(node.id):
            yield site.replace(node, name, 2.0)
        for name in [*index.module_names, *site.scope.locals]:
            if name != node.id and (name in index.callables or name in site.scope.locals):
                weight = 1.5 + 2 * _likeness(name, node.id) + 0.3 * min(3, index.called[name])
                yield site.replace(node, name, weight * _fits(site, node, name))
        for name in PLAIN_BUILTINS:
            if name not in siblings(node.id) and name != node.id:
                yield site.replace(node, name, 0.4 if name not in index.called else 1.0)
        for member in site.scope.members:
            yield site.replace(node, member, 0.3)


PLAIN_BUILTINS = ("len", "int", "str", "list", "tuple", "set", "dict", "sorted", "sum", "min", "max", "abs", "isinstance", "range", "enumerate", "zip", "float", "bool", "repr", "iter", "next", "reversed", "type", "map", "filter", "any", "all", "round", "getattr", "hasattr", "frozenset", "callable", "ord", "chr")  # noqa: E501 # fmt: skip


def _fits(site: Site, node: ast.Name, name: str) -> float:
    """Return how well a function of the file takes the arguments of a call: 1, or less when the count differs."""
    function = site.scope.index.functions.get(name)
    call = site.parent(node)
    if function is None or not isinstance(call, ast.Call):
        return 0.8
    count, args = len(call.args), function.args
    least = len(args.args) - len(args.defaults)
    return 1.0 if least <= count + len(call.keywords) and (count <= len(args.args) or args.vararg) else 0.2


def attributes(site: Site) -> Iterator[Proposal]:
    """`a.x` -> `a.y` for the attributes and methods seen in the file and the usual ones."""
    index = site.scope.index
    for node in site.of(ast.Attribute):
        assert isinstance(node, ast.Attribute)
        if not isinstance(node.ctx, ast.Load):
            continue
        base, called = site.operand(node.value), _is_callee(site, node)
        owned = {member.partition(".")[2] for member in site.scope.members} if isinstance(node.value, ast.Name) else set[str]()
        offers: dict[str, float] = {}
        for name, count in (index.methods if called else index.attributes).items():
            offers[name] = 0.5 + 0.2 * min(count, 4) + _likeness(name, node.attr) + (name in owned)
        for name in owned:
            offers.setdefault(name, 0.6 + _likeness(name, node.attr))
        for place, name in enumerate(siblings(node.attr)):
            offers[name] = offers.get(name, 0.0) + (2.5 if place < 6 else 1.0)  # noqa: PLR2004
        if called:
            for name in site.scope.project.methods:
                offers.setdefault(name, 0.3)
            for family in FAMILIES[:19]:
                for name in family:
                    offers.setdefault(name, 0.3)
        yield from (site.replace(node, f"{base}.{name}", weight) for name, weight in offers.items() if name != node.attr)


def replaced(site: Site) -> Iterator[Proposal]:
    """`self.x`, `xs[i]`, `f(x)` -> a variable."""
    for node in site.of(ast.Attribute, ast.Subscript, ast.Call):
        if isinstance(getattr(node, "ctx", ast.Load()), ast.Load) and not _is_callee(site, node):
            factor = 1.0 if isinstance(node, ast.Attribute) else 0.5
            for name in site.scope.locals:
                yield site.replace(node, name, factor)


def members(site: Site) -> Iterator[Proposal]:
    """`x` -> `self.x`, `self.x` -> `x`, `a.x.y` -> `a.x`."""
    for node in site.of(ast.Attribute):
        assert isinstance(node, ast.Attribute)
        if isinstance(node.ctx, ast.Load) and not _is_callee(site, node):
            yield site.replace(node, site.text(node.value), 0.7)
            if node.attr in site.scope.visible:
                yield site.replace(node, node.attr)
    for node in site.of(ast.Name, ast.Call, ast.Attribute, ast.Subscript):
        is_read = isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
        if is_read and not isinstance(site.parent(node), ast.Attribute) and not _is_callee(site, node):
            for name, count in site.scope.index.attributes.most_common(40):
                yield site.replace(node, f"{site.operand(node)}.{name}", 0.2 + 0.05 * min(count, 6))


def _is_callee(site: Site, node: ast.expr) -> bool:
    parent = site.parent(node)
    return isinstance(parent, ast.Call) and parent.func is node


def _likeness(left: str, right: str) -> float:
    """Return between 0 and 1 how alike two names are: shared beginnings, endings and words."""
    if left.lower() == right.lower():
        return 1.0
    ahead = 0
    while ahead < min(len(left), len(right)) and left[ahead] == right[ahead]:
        ahead += 1
    words = set(left.lower().split("_")) & set(right.lower().split("_")) - {""}
    return min(1.0, ahead / max(len(left), len(right)) + 0.4 * len(words))


def is_builtin(name: str) -> bool:
    """Whether Python itself knows a name."""
    return name in BUILTIN_NAMES
