"""The web applications of package.json: which script starts which tool, on which port, and whether the tool is there."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import MappingProxyType

from codecompanion.agents.maintenance.report import Noted
from codecompanion.workspace.project_files import ProjectFiles, table

SCRIPTS = ("dev", "start", "serve", "develop", "preview")
_TOOLS: Mapping[str, tuple[str, int | None]] = MappingProxyType(
    {
        "next": ("next", 3000),
        "vite": ("vite", 5173),
        "react-scripts": ("react-scripts", 3000),
        "nuxt": ("nuxt", 3000),
        "nuxi": ("nuxt", 3000),
        "astro": ("astro", 4321),
        "ng": ("@angular/cli", 4200),
        "vue-cli-service": ("@vue/cli-service", 8080),
        "remix": ("@remix-run/dev", 3000),
        "react-router": ("@react-router/dev", 5173),
        "gatsby": ("gatsby", 8000),
        "parcel": ("parcel", 1234),
        "webpack": ("webpack", 8080),
        "webpack-dev-server": ("webpack-dev-server", 8080),
    }
)
"""Commands that start a development server: the package that brings each, and its port."""
_LOCKS: Mapping[str, str] = MappingProxyType(
    {"pnpm-lock.yaml": "pnpm", "yarn.lock": "yarn", "bun.lock": "bun", "bun.lockb": "bun", "package-lock.json": "npm"}
)
_SERVERS = ("express", "fastify", "koa", "@nestjs/core", "@hapi/hapi", "hono")
_PORT = re.compile(r"(?:--port[= ]|-p[= ]?|\bPORT=)(\d{2,5})\b")
_WORD = re.compile(r"[\w@./-]+")


@dataclass(frozen=True, slots=True)
class NodeApplication:
    """A script that serves pages. `port` is None when nothing names it; `package` is what brings the tool."""

    tool: str
    package: str
    script: str
    path: str
    line: int
    command: str
    port: int | None

    @property
    def where(self) -> str:
        """The evidence, "path:line"."""
        return f"{self.path}:{self.line}"


def node_manager(files: ProjectFiles) -> str:
    """Return the package manager that a lock file speaks for, npm when none does."""
    return next((manager for path, manager in _LOCKS.items() if files.has(path)), "npm")


def node_applications(files: ProjectFiles, manager: str) -> list[NodeApplication]:
    """Return one application for each package.json that has a script of the kind, the project's own first."""
    manifests = [path for path in files.paths if PurePosixPath(path).name == "package.json"]
    found = (_of_manifest(files, path, manager) for path in sorted(manifests, key=lambda path: (path.count("/"), path)))
    return [one for one in found if one is not None]


def _of_manifest(files: ProjectFiles, path: str, manager: str) -> NodeApplication | None:
    package = files.json(path)
    scripts = {name: text for name in SCRIPTS if isinstance(text := table(package, "scripts").get(name), str)}
    for name, text in scripts.items():
        tool = next((word for word in _WORD.findall(text) if word in _TOOLS), "")
        if tool:
            return _application(files, path, manager, (name, text), (tool, *_TOOLS[tool]))
    server = next((name for name in _SERVERS if name in table(package, "dependencies")), "")
    for name, text in scripts.items():
        if server:
            return _application(files, path, manager, (name, text), (server, server, None))
    return None


def _application(
    files: ProjectFiles, path: str, manager: str, script: tuple[str, str], tool: tuple[str, str, int | None]
) -> NodeApplication:
    name, text = script
    folder, named = str(PurePosixPath(path).parent), _PORT.search(text)
    command = f"{manager} run {name}"
    return NodeApplication(
        tool=tool[0],
        package=tool[1],
        script=name,
        path=path,
        line=_line(files.text(path), name),
        command=command if folder == "." else f"cd {folder} && {command}",
        port=int(named[1]) if named else tool[2],
    )


def _line(text: str, script: str) -> int:
    """Return the line of a script, counted from 1."""
    start = max(text.find('"scripts"'), 0)
    found = re.compile(rf'"{re.escape(script)}"\s*:').search(text, start)
    return text.count("\n", 0, found.start()) + 1 if found else 1


def node_app_findings(files: ProjectFiles, application: NodeApplication, manager: str) -> Iterator[Noted]:
    """Yield what keeps a script from starting: its tool is not declared, or not installed."""
    package = files.json(application.path)
    declared = {name for key in ("dependencies", "devDependencies", "optionalDependencies") for name in table(package, key)}
    outer = files.json("package.json")
    declared |= {name for key in ("dependencies", "devDependencies") for name in table(outer, key)}
    folder, add = PurePosixPath(application.path).parent, "install" if manager == "npm" else "add"
    if application.package not in declared:
        what = f"the script {application.script!r} needs {application.package}, which no package.json asks for"
        yield Noted(severity="error", what=what, where=application.where, fix=f"{manager} {add} {application.package}")
    elif not any(files.has(str(one / "node_modules" / application.package)) for one in (folder, PurePosixPath())):
        what = f"{application.package} is not installed: the script {application.script!r} cannot start"
        yield Noted(severity="warning", what=what, where=application.where, fix=f"{manager} install")
