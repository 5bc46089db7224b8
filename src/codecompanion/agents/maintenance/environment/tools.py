"""The programs that a project's manifests speak of: are they there, and new enough."""

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import anyio

from codecompanion.agents.maintenance.python.versions import Version, parse_version
from codecompanion.agents.maintenance.report import Noted
from codecompanion.domain.secret_shapes import without_secrets
from codecompanion.workspace.project_files import ProjectFiles, table

_ASK_S = 10.0
_NUMBER = re.compile(r"\d+(?:\.\d+)+")
_BOUND = re.compile(r"^\s*(>=|\^|~|=|v)?\s*(\d+(?:\.\d+)*)")


@dataclass(frozen=True, slots=True)
class Tool:
    """A program that a file asks for. `least` is the lowest version that will do, "" for any; `ask` makes it tell its own."""

    name: str
    where: str
    least: str = ""
    ask: tuple[str, ...] = ("--version",)
    needed: bool = True


_INSTALL: Mapping[str, str] = {
    "node": "https://nodejs.org/en/download, or: apt-get install nodejs",
    "npm": "apt-get install npm",
    "pnpm": "npm install --global pnpm",
    "yarn": "npm install --global yarn",
    "bun": "npm install --global bun",
    "uv": "pipx install uv",
    "poetry": "pipx install poetry",
    "pdm": "pipx install pdm",
    "pipenv": "pipx install pipenv",
    "cargo": "https://rustup.rs, or: apt-get install cargo",
    "rustc": "rustup update stable",
    "go": "https://go.dev/dl, or: apt-get install golang",
    "java": "apt-get install default-jdk",
    "mvn": "apt-get install maven",
    "gradle": "apt-get install gradle",
    "ruby": "apt-get install ruby",
    "bundle": "gem install bundler",
    "php": "apt-get install php-cli",
    "composer": "apt-get install composer",
    "make": "apt-get install make",
    "docker": "https://docs.docker.com/engine/install",
    "git-lfs": "apt-get install git-lfs",
    "pre-commit": "pipx install pre-commit",
}
_BY_FILE: Mapping[str, tuple[str, ...]] = {
    "uv.lock": ("uv",),
    "poetry.lock": ("poetry",),
    "pdm.lock": ("pdm",),
    "Pipfile": ("pipenv",),
    "pnpm-lock.yaml": ("pnpm",),
    "yarn.lock": ("yarn",),
    "bun.lock": ("bun",),
    "bun.lockb": ("bun",),
    "package-lock.json": ("npm",),
    "pom.xml": ("java", "mvn"),
    "Gemfile": ("ruby", "bundle"),
    "composer.json": ("php", "composer"),
}
_USEFUL: Mapping[str, str] = {
    "Makefile": "make",
    "Dockerfile": "docker",
    "compose.yaml": "docker",
    "docker-compose.yml": "docker",
    ".pre-commit-config.yaml": "pre-commit",
}


async def tool_findings(files: ProjectFiles) -> tuple[list[Noted], list[str]]:
    """Return which programs are missing or too old, and what is there."""
    found, facts = list[Noted](), list[str]()
    for tool in tools_of(files):
        path = shutil.which(tool.name)
        if path is None:
            severity = "error" if tool.needed else "note"
            found.append(Noted(severity=severity, what=_missing(tool), where=tool.where, fix=_INSTALL.get(tool.name, "")))
            continue
        version = await _version(path, tool)
        facts.append(f"{tool.name} {version or '(it does not tell its version)'}, asked for by {tool.where}")
        if version and older(version, tool.least):
            what = f"{tool.name} {version} is too old: {tool.least} is asked for"
            found.append(Noted(severity="error", what=what, where=tool.where, fix=_INSTALL.get(tool.name, "")))
    return found, facts


def _missing(tool: Tool) -> str:
    return f"{tool.name} is not installed" + (f" ({tool.least} or newer is asked for)" if tool.least else "")


def tools_of(files: ProjectFiles) -> list[Tool]:
    """Return the programs that the files in a project's folder ask for, each once."""
    tools = {tool.name: tool for tool in _tools(files)}
    needed = {tool.name: tool for tool in _tools(files) if tool.needed}
    return list({**tools, **needed}.values())


def _tools(files: ProjectFiles) -> Iterator[Tool]:
    for path, name in _USEFUL.items():
        if files.has(path):
            yield Tool(name, path, needed=False)
    if "filter=lfs" in files.text(".gitattributes"):
        yield Tool("git-lfs", ".gitattributes")
    for path, names in _BY_FILE.items():
        if files.has(path):
            yield from (Tool(name, path, ask=("-version",) if name == "java" else ("--version",)) for name in names)
    if files.has("build.gradle") or files.has("build.gradle.kts"):
        yield Tool("java", "build.gradle", ask=("-version",))
        if not files.has("gradlew"):
            yield Tool("gradle", "build.gradle")
    yield from _node(files)
    yield from _rust(files)
    if files.has("go.mod"):
        told = re.search(r"^go\s+(\d+(?:\.\d+)*)", files.text("go.mod"), re.MULTILINE)
        yield Tool("go", "go.mod", told[1] if told else "", ask=("version",))


def _node(files: ProjectFiles) -> Iterator[Tool]:
    if not files.has("package.json"):
        return
    package = files.json("package.json")
    engines = table(package, "engines")
    pinned = files.text(".nvmrc") or files.text(".node-version")
    least = lower_bound(str(engines.get("node", ""))) or lower_bound(pinned)
    where = "package.json" if lower_bound(str(engines.get("node", ""))) or not least else ".nvmrc"
    yield Tool("node", where, least)
    for name in ("npm", "pnpm", "yarn"):
        if name in engines:
            yield Tool(name, "package.json", lower_bound(str(engines[name])))
    named = str(package.get("packageManager", "")).partition("@")[0]
    if named in _INSTALL:
        yield Tool(named, "package.json")


def _rust(files: ProjectFiles) -> Iterator[Tool]:
    if files.has("Cargo.toml"):
        yield Tool("cargo", "Cargo.toml")
        least = str(table(files.toml("Cargo.toml"), "package").get("rust-version", ""))
        yield Tool("rustc", "Cargo.toml", lower_bound(least))


def lower_bound(demand: str) -> str:
    """Return the lowest version that a demand of Node's or Rust's (">=18", "^20.1", "18 || 20") admits; "" when unsure."""
    bounds = [_BOUND.match(part) for part in demand.split("||")]
    versions = [bound[2] for bound in bounds if bound]
    known = [version for version in versions if parse_version(version)]
    if not known or len(known) != len(bounds):
        return ""
    return min(known, key=lambda version: parse_version(version) or Version((0,)))


def older(version: str, least: str) -> bool:
    """Whether a version is lower than another; False when one of them cannot be read."""
    one, other = parse_version(version), parse_version(least)
    return one is not None and other is not None and one < other


async def _version(path: str, tool: Tool) -> str:
    try:
        with anyio.move_on_after(_ASK_S):
            done = await anyio.run_process([path, *tool.ask], check=False, cwd="/", env=without_secrets(os.environ))
            found = _NUMBER.search((done.stdout + done.stderr).decode(errors="replace"))
            return found[0] if found and done.returncode == 0 else ""
    except OSError:
        return ""
    return ""
