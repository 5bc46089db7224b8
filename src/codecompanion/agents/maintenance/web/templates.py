"""The templates and the folders that handlers ask for, by reading, and which of them are nowhere in the project."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from codecompanion.agents.maintenance.report import Noted
from codecompanion.agents.maintenance.web.applications import whole_name
from codecompanion.workspace.project_files import ProjectFiles
from codecompanion.workspace.tidying.modules import Module

_FUNCTIONS = ("flask.render_template", "django.shortcuts.render", "django.template.loader.get_template")
_FOLDERS = {
    "starlette.templating.Jinja2Templates": "Jinja2Templates",
    "fastapi.templating.Jinja2Templates": "Jinja2Templates",
    "starlette.staticfiles.StaticFiles": "StaticFiles",
    "fastapi.staticfiles.StaticFiles": "StaticFiles",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A template that a handler asks for by a literal name, or a folder that is served; `where` is "path:line"."""

    name: str
    where: str


def asked_templates(module: Module) -> Iterator[Asked]:
    """Yield the templates that a module names."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            name = whole_name(module, node.func)
            if name in _FUNCTIONS or name.endswith(".TemplateResponse"):
                yield from _first_file(module, node)
        match node:
            case ast.Assign(targets=[ast.Name(id="template_name")], value=ast.Constant(value=str() as name)):
                yield Asked(name, f"{module.path}:{node.lineno}")
            case _:
                pass


def _first_file(module: Module, call: ast.Call) -> Iterator[Asked]:
    named = [keyword.value for keyword in call.keywords if keyword.arg in ("name", "template_name", "template_name_or_list")]
    for one in [*call.args[:2], *named]:
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield Asked(one.value, f"{module.path}:{call.lineno}")
            return


def unfound(asked: Sequence[Asked], files: ProjectFiles) -> list[Asked]:
    """Return the templates of which no file of the project bears the name, wherever it is."""
    paths = files.paths
    return [one for one in asked if not any(path == one.name or path.endswith(f"/{one.name}") for path in paths)]


def template_findings(missing: Sequence[Asked]) -> Iterator[Noted]:
    """Yield what a visitor of the handler would meet."""
    for one in missing:
        what = f"the template {one.name!r} is not there: its page is an error"
        yield Noted(severity="error", what=what, where=one.where, fix="write it, or mend its name")


def folder_findings(module: Module, files: ProjectFiles) -> Iterator[Noted]:
    """Yield the folders of templates and static files that are named in a module and are not there."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and (kind := _FOLDERS.get(whole_name(module, node.func))):
            given = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "directory")]
            for folder in (one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)):
                beside = (PurePosixPath(module.path).parent / folder).as_posix()
                if folder.startswith("/") or files.has(folder) or files.has(beside):
                    continue
                what = f"the folder {folder!r} of {kind} is not there"
                yield Noted(
                    severity="error", what=what, where=f"{module.path}:{node.lineno}", fix=f"make it: mkdir -p {folder}"
                )
