"""Import one web application and say what it answers to.

    web_app.py REQUEST

REQUEST is a JSON file: `framework`, `module` and `name` (where the application is; for Django its settings' module), `factory`
(whether `name` is a function that makes it), `project`, `folder` (where it is started), `path` (what is searched first), all
absolute, and `templates` (names that handlers ask for). The
answer on standard output is a JSON object: `error` (absent when it could be imported, else its `type`, `text` and `where`),
`routes` (a list of `methods`, `path`, `handler`, `where`), `missing_templates` and `missing_folders`. No server is started.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import sys
import traceback
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MOST_ROUTES = 2000
DEEPEST = 20
FRAMEWORKS_OWN = ("fastapi.", "starlette.", "flask.")
"""Whose handlers are not the project's: the pages of the documentation, static files."""


def main() -> None:
    """Answer the request."""
    with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123 - for any Python
        request = json.load(file)
    answers = os.dup(1)
    os.dup2(2, 1)  # what the application prints is no answer
    sys.path.insert(0, request["path"])
    os.chdir(request["folder"])
    PLACE["project"] = request["project"]
    told = answer(request)
    with os.fdopen(answers, "w", encoding="utf-8") as out:
        json.dump(told, out)
    os._exit(0)  # threads that the application has started do not keep us


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Return what is known of the application, or why it could not be loaded."""
    try:
        return READERS[request["framework"]](request)
    except BaseException as error:  # noqa: BLE001 - whatever a stranger's module raises is the answer
        text = traceback.format_exception_only(type(error), error)[-1].strip()
        names = [cls.__name__ for cls in type(error).__mro__]
        return {"error": {"type": names[0], "types": names, "text": text[:1000], "where": own_frame(error)}}


def own_frame(error: BaseException) -> str:
    """Return the last place of the project that an error came through, "" when there is none."""
    frames = ((frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__))
    own = [one for one in (within(path, line) for path, line in frames) if one]
    return own[-1] if own else ""


def within(path: Any, line: Any) -> str:
    """Return a place as "path:line", relative to the project; "" for one outside."""
    project, whole = PLACE["project"], os.path.abspath(str(path))  # noqa: PTH100 - for any Python
    inside = whole.startswith(project + os.sep) and os.path.isfile(whole)  # noqa: PTH113 - "<frozen os>" is no file
    return f"{os.path.relpath(whole, project)}:{line}" if inside else ""


def loaded(request: dict[str, Any]) -> Any:
    """Return the application object.

    Raises:
        TypeError: It is made by a function that needs arguments.
    """
    found: Any = importlib.import_module(request["module"])
    for part in request["name"].split("."):
        found = getattr(found, part)
    return found() if request["factory"] else found


def starlette(request: dict[str, Any]) -> dict[str, Any]:
    """Return what an application of FastAPI or Starlette answers to."""
    routes = list(starlette_routes(loaded(request).routes, "", 0))
    return {"routes": routes[:MOST_ROUTES]}


def starlette_routes(routes: Iterable[Any], prefix: str, depth: int) -> Iterator[dict[str, Any]]:
    """Yield the routes in the order in which they are tried; those of mounted applications where they are mounted."""
    routing = sys.modules.get("fastapi.routing")
    flatten = getattr(routing, "iter_route_contexts", None)  # newer versions keep included routers as they are
    for one in flatten(routes) if flatten else routes:
        path, endpoint = prefix + (getattr(one, "path", "") or ""), getattr(one, "endpoint", None)
        inner = getattr(getattr(one, "route", one), "routes", None)
        if endpoint is not None:
            if not module_of(endpoint).startswith(FRAMEWORKS_OWN):
                yield described(getattr(one, "methods", None) or ["WEBSOCKET"], path, endpoint)
        elif inner and depth < DEEPEST:
            yield from starlette_routes(inner, path, depth + 1)


def flask(request: dict[str, Any]) -> dict[str, Any]:
    """Return what an application of Flask answers to, and the templates and folders that it has not."""
    app = loaded(request)
    routes: list[dict[str, Any]] = []
    for rule in app.url_map.iter_rules():
        handler = app.view_functions.get(rule.endpoint)
        if handler is not None and not module_of(handler).startswith(FRAMEWORKS_OWN) and rule.endpoint != "static":
            routes.append(described(rule.methods or (), rule.rule, handler))
    folder = str(app.static_folder or "")
    wanted = folder and os.path.basename(folder) != "static"  # noqa: PTH119 - nobody asks for the one that Flask assumes
    return {
        "routes": routes[:MOST_ROUTES],
        "missing_templates": [name for name in request["templates"] if not has_template(app.jinja_env.get_template, name)],
        "missing_folders": [folder] if wanted and not os.path.isdir(folder) else [],  # noqa: PTH112
    }


def django(request: dict[str, Any]) -> dict[str, Any]:
    """Return what a project of Django answers to, when its settings load."""
    os.environ["DJANGO_SETTINGS_MODULE"] = request["name"]
    importlib.import_module("django").setup()
    conf = importlib.import_module("django.conf").settings
    get_template = importlib.import_module("django.template.loader").get_template
    resolver = importlib.import_module("django.urls").get_resolver()
    folders = [str(folder) for folder in getattr(conf, "STATICFILES_DIRS", ()) if not isinstance(folder, tuple)]
    return {
        "routes": list(django_routes(resolver.url_patterns, "/", 0))[:MOST_ROUTES],
        "missing_templates": [name for name in request["templates"] if not has_template(get_template, name)],
        "missing_folders": [folder for folder in folders if not os.path.isdir(folder)],  # noqa: PTH112
    }


def django_routes(patterns: Iterable[Any], prefix: str, depth: int) -> Iterator[dict[str, Any]]:
    """Yield the URL patterns in the order in which they are tried."""
    for one in patterns:
        path = prefix + str(one.pattern)
        view = getattr(one, "callback", None)
        if view is not None:
            yield described(("ANY",), path, view)
        elif getattr(one, "app_name", None) != "admin" and depth < DEEPEST:  # the administration is Django's own
            yield from django_routes(one.url_patterns, path, depth + 1)


def has_template(get: Any, name: str) -> bool:
    """Whether the application's own loaders find a template; one that is found and broken is not missing."""
    try:
        get(name)
    except Exception as error:  # noqa: BLE001 - of the framework that the application uses
        # Jinja names the one that is missing, which may be another that this one extends.
        missing = any(cls.__name__ in ("TemplateNotFound", "TemplateDoesNotExist") for cls in type(error).__mro__)
        return not (missing and str(getattr(error, "name", None) or error) == name)
    return True


def module_of(handler: Any) -> str:
    """Return the module that a handler is of, with a dot at its end."""
    return str(getattr(handler, "__module__", "") or "") + "."


def described(methods: Iterable[str], path: str, handler: Any) -> dict[str, Any]:
    """Return a route as plain values."""
    handler = getattr(inspect.unwrap(handler), "view_class", inspect.unwrap(handler))
    name = getattr(handler, "__qualname__", type(handler).__qualname__)
    wanted = sorted(set(methods) - {"HEAD", "OPTIONS"}) or sorted(methods)
    return {"methods": wanted, "path": path, "handler": module_of(handler) + name, "where": place(handler)}


def place(handler: Any) -> str:
    """Return where a handler of the project is written, "" for another's."""
    try:
        path, line = inspect.getsourcefile(handler), inspect.getsourcelines(handler)[1]
    except (OSError, TypeError):
        return ""
    return within(path, line)


PLACE = {"project": ""}
"""What places are relative to."""
READERS = {"fastapi": starlette, "starlette": starlette, "flask": flask, "django": django}

if __name__ == "__main__":
    main()
