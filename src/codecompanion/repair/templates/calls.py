"""Wrong arguments, and calls that are missing or too many."""

import ast
from collections.abc import Iterator

from codecompanion.repair.templates.site import Proposal, Site

WRAPPERS = ("len", "int", "str", "list", "sorted", "abs", "set", "sum", "max", "min", "tuple", "float", "bool", "reversed", "round", "dict", "iter", "repr", "next", "frozenset", "enumerate", "range", "type", "ord", "chr", "any", "all")  # noqa: E501 # fmt: skip
METHODS = ("strip()", "lower()", "upper()", "split()", "copy()", "items()", "keys()", "values()", "swapcase()", "isdigit()", "rstrip()", "lstrip()", "group()", "title()", "capitalize()", "encode()", "decode()")  # noqa: E501 # fmt: skip
KEYWORDS = {"sorted": ("reverse=True", "key=len", "key=abs", "key=str"), "sort": ("reverse=True", "key=len", "key=abs"), "sum": ("1", "0"), "max": ("default=0", "key=len"), "min": ("default=0", "key=len"), "enumerate": ("1", "start=1"), "round": ("1", "2"), "split": ("' '", "','"), "pop": ("0", "-1"), "get": ("0", "None", "''"), "range": ("1", "-1"), "next": ("None",), "getattr": ("None",), "int": ("2",), "print": ("end=''",)}  # noqa: E501 # fmt: skip


def dropped(site: Site) -> Iterator[Proposal]:
    """`f(a, b)` -> `f(a)`."""
    for node in _calls(site):
        texts = _arguments(site, node)
        for at in range(len(texts)):
            yield _with(site, node, texts[:at] + texts[at + 1 :])


def swapped(site: Site) -> Iterator[Proposal]:
    """`f(a, b)` -> `f(b, a)`."""
    for node in _calls(site):
        texts = _arguments(site, node)
        for at in range(1, len(node.args)):
            yield _with(site, node, [*texts[: at - 1], texts[at], texts[at - 1], *texts[at + 1 :]])


def added(site: Site) -> Iterator[Proposal]:
    """`f(a)` -> `f(a, b)` for the variables here, usual keywords and the parameters' names of the function called."""
    for node in _calls(site):
        texts, places = _arguments(site, node), len(node.args)
        own = _signature(site, node)
        for text in KEYWORDS.get(_callee(node), ()):
            yield _with(site, node, [*texts, text], 2.0)
        for name in own:
            yield from (
                _with(site, node, [*texts, f"{name}={value}"], 1.5)
                for value in (name, "True", "False", "None")
                if value != name or name in site.scope.visible
            )
        for value in [*site.scope.locals, *site.scope.members]:
            weight = 1.5 if value.rpartition(".")[2] in own else 0.6
            for at in range(places + 1):
                yield _with(site, node, [*texts[:at], value, *texts[at:]], weight if at == places else weight * 0.5)
        for value in ("0", "1", "None", "True", "False", "''", "' '", "2"):
            yield _with(site, node, [*texts[:places], value, *texts[places:]], 0.3)
        for value in site.scope.expressions[:30]:
            yield _with(site, node, [*texts[:places], value, *texts[places:]], 0.2)


def wrapped(site: Site) -> Iterator[Proposal]:
    """`x` -> `f(x)` or `x.m()` for builtins, functions of the module and usual methods."""
    index = site.scope.index
    local_functions = [name for name in index.module_names if name in index.callables]
    local_functions += [name for name in site.scope.locals if name in index.functions and name not in local_functions]
    for node in site.of(
        ast.Name, ast.Call, ast.Attribute, ast.Subscript, ast.BinOp, ast.ListComp, ast.GeneratorExp, ast.Constant, ast.IfExp
    ):
        parent = site.parent(node)
        if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load) or (isinstance(parent, ast.Call) and parent.func is node):
            continue
        text, factor = site.text(node), 0.3 if isinstance(node, ast.Constant | ast.BinOp) else 1.0
        inner = text[1:-1] if isinstance(node, ast.GeneratorExp) and text.startswith("(") else text
        for place, name in enumerate(WRAPPERS):
            yield site.replace(node, f"{name}({inner})", factor * 1.5 / (1 + 0.1 * place))
        for name in local_functions:
            takes_one = name not in index.functions or _takes_one(index.functions[name])
            yield site.replace(node, f"{name}({inner})", factor * (1.2 if takes_one else 0.2))
        if isinstance(node, ast.Name | ast.Call | ast.Attribute | ast.Subscript):
            methods = dict.fromkeys([*METHODS, *(f"{name}()" for name, _ in index.methods.most_common(20))])
            for place, method in enumerate(methods):
                yield site.replace(node, f"{text}.{method}", 0.7 / (1 + 0.05 * place))


def keyed(site: Site) -> Iterator[Proposal]:
    """`x` -> `sorted(x, key=..., reverse=True)` where a sequence leaves the function or is joined."""
    tables = [name for name in site.scope.locals if not name.startswith("_")]
    for node in site.of(ast.Name, ast.ListComp, ast.Call, ast.Subscript):
        parent = site.parent(node)
        if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            continue
        if isinstance(parent, ast.Return | ast.Assign | ast.For) or (isinstance(parent, ast.Call) and parent.func is not node):
            text = site.text(node)
            for key in (
                "reverse=True",
                "key=len",
                "key=abs",
                "key=str",
                "key=lambda x: x[0]",
                "key=lambda x: x[1]",
                "key=lambda x: -x",
            ):
                yield site.replace(node, f"sorted({text}, {key})")
            for name in tables:
                yield site.replace(node, f"sorted({text}, key=lambda x: {name}[x])", 0.5)


def unwrapped(site: Site) -> Iterator[Proposal]:
    """`f(x)` -> `x`, `x.m()` -> `x`, `f(x)` -> `f`."""
    for node in _calls(site):
        for argument in node.args:
            if not isinstance(argument, ast.Starred):
                yield site.replace(node, site.text(argument))
        if isinstance(node.func, ast.Attribute):
            yield site.replace(node, site.text(node.func.value))
        if not node.args and not node.keywords:
            yield site.replace(node, site.text(node.func), 0.4)


def called(site: Site) -> Iterator[Proposal]:
    """`x.m` -> `x.m()`."""
    for node in site.of(ast.Attribute, ast.Name):
        parent = site.parent(node)
        if isinstance(getattr(node, "ctx", ast.Load()), ast.Load) and not isinstance(parent, ast.Call | ast.Attribute):
            yield site.replace(node, f"{site.text(node)}()")


def _calls(site: Site) -> Iterator[ast.Call]:
    return (node for node in site.of(ast.Call) if isinstance(node, ast.Call))


def _callee(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""


def _arguments(site: Site, node: ast.Call) -> list[str]:
    return [site.text(argument) for argument in node.args] + [site.text(keyword) for keyword in node.keywords]


def _with(site: Site, node: ast.Call, arguments: list[str], weight: float = 1.0) -> Proposal:
    return site.replace(node, f"{site.text(node.func)}({', '.join(arguments)})", weight)


def _signature(site: Site, node: ast.Call) -> list[str]:
    """Return the parameters of the called function of this file that the call does not name yet."""
    function = site.scope.index.functions.get(_callee(node))
    if function is None:
        return []
    names = [a.arg for a in [*function.args.args, *function.args.kwonlyargs]]
    given = {keyword.arg for keyword in node.keywords}
    return [name for name in names[len(node.args) :] if name not in given and name not in ("self", "cls")]


def _takes_one(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    args = function.args
    return len(args.args) - len(args.defaults) <= 1 and (bool(args.args) or args.vararg is not None)
