"""What is dangerous to serve: debugging pages, origins and hosts of anybody, secret keys in the source. Read, never run."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from codecompanion.agents.maintenance.report import Noted, Severity
from codecompanion.agents.maintenance.web.applications import whole_name
from codecompanion.workspace.tidying.modules import Module

_SECRET = re.compile(r"^(secret_?key|jwt_secret(_key)?|session_secret|signing_key)$", re.IGNORECASE)
_DEVELOPMENT = re.compile(r"(^|[_.-])(dev|devel|development|local|debug|test|testing)([_.-]|$)", re.IGNORECASE)
_SERVES = re.compile(r"(^|[._])(app|application|api|server)\.run$")
_EVERYWHERE = frozenset(("0.0.0.0", "::"))  # noqa: S104 - what is looked for
_FROM_OUTSIDE = "read it from the environment: os.environ"


def risk_findings(module: Module) -> Iterator[Noted]:
    """Yield what a module sets that no public server should have. Values of keys are never shown."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            yield from _of_call(module, node)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for name in filter(None, map(_set_name, targets)):
                yield from _of_value(module, name, node.value)


def _of_call(module: Module, call: ast.Call) -> Iterator[Noted]:
    given = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    name = whole_name(module, call.func)
    if _SERVES.search(name) and _is_true(given.get("debug")):
        yield _debugging(module, call, given)
    if name.endswith(("FastAPI", "Starlette")) and _is_true(given.get("debug")):
        what = "debug=True: visitors see tracebacks with the source"
        yield _noted(module, call, "warning", what, "leave it out, or set it from the environment")
    if "allow_origins" in given or "allow_origin_regex" in given:
        yield from _of_origins(module, call, given)
    if name == "flask_cors.CORS" and not given.keys() & {"origins", "resources"}:
        what = "CORS without origins: pages of every origin may ask"
        yield _noted(module, call, "warning", what, 'name the pages that may: origins=["https://..."]')
    for key, value in given.items():
        if _SECRET.match(key):
            yield from _of_secret(module, key, value)


def _debugging(module: Module, call: ast.Call, given: dict[str, ast.expr]) -> Noted:
    host = given.get("host")
    if isinstance(host, ast.Constant) and host.value in _EVERYWHERE:
        what = "debug=True on every network address: who reaches the debugger runs code here"
        return _noted(module, call, "error", what, "leave host or debug out")
    what = "debug=True: the debugger runs code for who reaches it"
    return _noted(module, call, "warning", what, "leave it out and start with flask --debug run")


def _of_origins(module: Module, call: ast.Call, given: dict[str, ast.expr]) -> Iterator[Noted]:
    pattern = given.get("allow_origin_regex")
    any_origin = _holds_star(given.get("allow_origins")) or (
        isinstance(pattern, ast.Constant) and pattern.value in (".*", "^.*$")
    )
    if not any_origin:
        return
    fix = "name the pages that may ask"
    if _is_true(given.get("allow_credentials")):
        what = "CORS lets pages of every origin ask with the visitor's cookies"
        yield _noted(module, call, "error", what, fix)
    else:
        yield _noted(module, call, "warning", "CORS lets pages of every origin ask", fix)


def _of_value(module: Module, name: str, value: ast.expr) -> Iterator[Noted]:
    """Yield what is wrong with a value that is given to a name, an attribute or a key of a configuration."""
    if _SECRET.match(name):
        yield from _of_secret(module, name, value)
    elif name == "DEBUG" and _is_true(value):
        what = "DEBUG = True: visitors see tracebacks, settings and source"
        yield from _unless_development(module, value, what, "set it from the environment, False when nothing is said")
    elif name == "ALLOWED_HOSTS" and _holds_star(value):
        yield from _unless_development(
            module, value, "ALLOWED_HOSTS accepts every Host header", "name the hosts that are served"
        )
    elif name in ("CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL") and _is_true(value):
        yield from _unless_development(module, value, f"{name}: pages of every origin may ask", "use CORS_ALLOWED_ORIGINS")


def _of_secret(module: Module, name: str, value: ast.expr) -> Iterator[Noted]:
    fix = f'{_FROM_OUTSIDE}["{name.upper()}"]; what was committed has to be replaced'
    if isinstance(value, ast.Constant) and isinstance(value.value, str | bytes) and value.value:
        severity = "warning" if _is_for_development(module) else "error"
        yield _noted(module, value, severity, f"{name} stands in the source: who reads it can sign sessions", fix)
    elif isinstance(value, ast.Call) and whole_name(module, value.func) in ("os.environ.get", "os.getenv"):
        fallback = [*value.args[1:], *(keyword.value for keyword in value.keywords if keyword.arg == "default")]
        if any(isinstance(one, ast.Constant) and one.value for one in fallback):
            what = f"{name} falls back to a value in the source when the environment has none"
            yield _noted(module, value, "warning", what, f"let a missing variable be an error: {_FROM_OUTSIDE}[...]")


def _unless_development(module: Module, node: ast.expr, what: str, fix: str) -> Iterator[Noted]:
    if not _is_for_development(module):
        yield _noted(module, node, "warning", what, fix)


def _is_for_development(module: Module) -> bool:
    return bool(_DEVELOPMENT.search(PurePosixPath(module.path).stem))


def _set_name(target: ast.expr) -> str:
    """Return the name under which a value is kept: `x`, `app.x`, `app.config["x"]`; "" for what has none."""
    match target:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=ast.Attribute(attr="config"), slice=ast.Constant(value=str() as name)):
            return name
        case _:
            return ""


def _is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _holds_star(node: ast.expr | None) -> bool:
    several = node.elts if isinstance(node, ast.List | ast.Tuple | ast.Set) else [node]
    return any(isinstance(one, ast.Constant) and one.value == "*" for one in several)


def _noted(module: Module, node: ast.expr, severity: Severity, what: str, fix: str) -> Noted:
    return Noted(severity=severity, what=what, where=f"{module.path}:{node.lineno}", fix=fix)
