"""The web applications of a project's Python, by reading its files."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import MappingProxyType

from codecompanion.workspace.project_files import ProjectFiles
from codecompanion.workspace.retrieval.kinds import Kind, kind_of
from codecompanion.workspace.tidying.modules import Module, parse

MOST_READ = 5000
_SPEAKS_OF_THE_WEB = re.compile(r"fastapi|starlette|flask|django|streamlit|SECRET_KEY|\bapp(lication)?\.run\(", re.IGNORECASE)
_CLASSES: Mapping[str, str] = MappingProxyType(
    {
        "fastapi.FastAPI": "fastapi",
        "fastapi.applications.FastAPI": "fastapi",
        "starlette.applications.Starlette": "starlette",
        "flask.Flask": "flask",
        "flask.app.Flask": "flask",
    }
)
_SETTINGS = re.compile(r"""DJANGO_SETTINGS_MODULE["']\s*(?:,|\]\s*=)\s*["']([\w.]+)["']""")


@dataclass(frozen=True, slots=True)
class Application:
    """A web application that was found in the project's files.

    Attributes:
        framework: "fastapi", "starlette", "flask", "django" or "streamlit".
        path: The file, relative to the project.
        line: Where in it, counted from 1.
        name: The variable that holds it, or the function that makes it; for Django its settings' module, for Streamlit "".
        factory: Whether `name` is a function.
        needs_arguments: Whether that function cannot be called without any.
    """

    framework: str
    path: str
    line: int
    name: str = ""
    factory: bool = False
    needs_arguments: bool = False

    @property
    def where(self) -> str:
        """The evidence, "path:line"."""
        return f"{self.path}:{self.line}"


def web_modules(files: ProjectFiles, roots: Sequence[str]) -> list[Module]:
    """Return the parsed sources that speak of a framework, a server or a secret key, without tests and copies."""
    paths = [
        path
        for path in files.paths[:MOST_READ]
        if path.endswith(".py") and kind_of(path) not in (Kind.TEST, Kind.COPY, Kind.DOCS)
    ]
    found: list[Module] = []
    for path in paths:
        text = files.text(path)
        module = parse(path, text.encode(), roots) if _SPEAKS_OF_THE_WEB.search(text) else None
        if module is not None and not module.is_test:
            found.append(module)
    return found


def applications(modules: Sequence[Module]) -> list[Application]:
    """Return the applications in the order of their files."""
    return [one for module in modules for one in _of_module(module)]


def _of_module(module: Module) -> Iterator[Application]:
    found = list(_made(module))
    yield from found
    if PurePosixPath(module.path).name == "manage.py" and (named := _SETTINGS.search(module.text)):
        yield Application("django", module.path, module.text.count("\n", 0, named.start()) + 1, named[1])
    elif not found and (line := _streamlit_line(module)):
        yield Application("streamlit", module.path, line)


def _made(module: Module) -> Iterator[Application]:
    mounted = frozenset(_mounted(module))
    for node in _top_level(module.tree.body):
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.Call() as call)
            ) if name not in mounted and (framework := framework_of(module, call)):
                yield Application(framework, module.path, node.lineno, name)
            case ast.FunctionDef(name=name, args=args) if framework := _framework_made_in(module, node):
                needed = len(args.posonlyargs) + len(args.args) > len(args.defaults) or None in args.kw_defaults
                yield Application(framework, module.path, node.lineno, name, factory=True, needs_arguments=needed)
            case _:
                pass


def _mounted(module: Module) -> Iterator[str]:
    """Yield the names that are mounted in another application: they are started with it."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "mount":
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            yield from (one.id for one in given if isinstance(one, ast.Name))


def _top_level(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try | ast.With):
            yield from _top_level(node.body)


def _framework_made_in(module: Module, function: ast.FunctionDef) -> str:
    """Return the framework of the application that a function makes and returns, "" for none."""
    made = {
        target.id: framework
        for node in ast.walk(function)
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and (framework := framework_of(module, node.value))
    }
    for node in ast.walk(function):
        match node:
            case ast.Return(value=ast.Name(id=name)) if name in made:
                return made[name]
            case ast.Return(value=ast.Call() as call) if framework := framework_of(module, call):
                return framework
            case _:
                pass
    return ""


def framework_of(module: Module, call: ast.Call) -> str:
    """Return the framework whose application a call makes, "" for none."""
    return _CLASSES.get(whole_name(module, call.func), "")


def whole_name(module: Module, node: ast.expr) -> str:
    """Return the dotted name that an expression stands for, by the module's imports; "" for what is no name."""
    written = ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""
    first, dot, rest = written.partition(".")
    for one in module.imports:
        if one.bound == first:
            origin = f"{one.module}.{one.attribute}" if one.attribute else (first if one.bound == one.top else one.module)
            return f"{origin}{dot}{rest}"
    return written


def _streamlit_line(module: Module) -> int:
    """Return the line on which a script writes its first thing, 0 for no script of Streamlit; pages belong to theirs."""
    if "pages" in PurePosixPath(module.path).parts[:-1] or not any(one.top == "streamlit" for one in module.imports):
        return 0
    for node in _top_level(module.tree.body):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            name = whole_name(module, node.value.func)
            if name.startswith("streamlit.") or (name == "main" and _is_guarded(module)):
                return node.lineno
    return 0


def _is_guarded(module: Module) -> bool:
    return any(isinstance(node, ast.If) and "__main__" in ast.unparse(node.test) for node in module.tree.body)
