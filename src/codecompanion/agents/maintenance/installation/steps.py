"""The exact commands that install a project, by its lock files and manifests."""

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from codecompanion.workspace.project_files import ProjectFiles, table

PYTHON = ".venv/bin/python"
_WANTED_GROUPS = ("dev", "test", "tests", "testing")


@dataclass(frozen=True, slots=True)
class Step:
    """A command, run in the project's folder, and what says that it is the one. `env` is laid over the user's environment."""

    argv: tuple[str, ...]
    reason: str
    env: tuple[tuple[str, str], ...] = ()


Which = Callable[[str], str | None]


def install_steps(files: ProjectFiles, *, has_venv: bool, which: Which = shutil.which) -> list[Step]:
    """Return the steps in their order; none for a project that says nothing of how it is installed.

    Args:
        files: The project.
        has_venv: Whether the project has its own virtual environment already.
        which: Finds a program; tests have their own.
    """
    steps = [*_python(files, has_venv=has_venv, which=which), *_node(files), *_others(files)]
    return steps or [*_make(files)]


def _python(files: ProjectFiles, *, has_venv: bool, which: Which) -> Iterator[Step]:
    tools = table(files.toml("pyproject.toml"), "tool")
    if files.has("uv.lock") or "uv" in tools:
        yield Step(("uv", "sync"), "uv.lock" if files.has("uv.lock") else "pyproject.toml has [tool.uv]")
    elif files.has("poetry.lock") or "poetry" in tools:
        reason = "poetry.lock" if files.has("poetry.lock") else "pyproject.toml has [tool.poetry]"
        yield Step(("poetry", "install", "--no-interaction"), reason, (("POETRY_VIRTUALENVS_IN_PROJECT", "true"),))
    elif files.has("pdm.lock") or "pdm" in tools:
        yield Step(("pdm", "install"), "pdm.lock" if files.has("pdm.lock") else "pyproject.toml has [tool.pdm]")
    elif files.has("Pipfile"):
        verb = "sync" if files.has("Pipfile.lock") else "install"
        yield Step(("pipenv", verb, "--dev"), "Pipfile", (("PIPENV_VENV_IN_PROJECT", "1"),))
    else:
        yield from _pip(files, has_venv=has_venv, which=which)


def _pip(files: ProjectFiles, *, has_venv: bool, which: Which) -> Iterator[Step]:
    wanted = [*_wanted(files)]
    if not wanted:
        return
    quick = which("uv") is not None
    reason = " and ".join(dict.fromkeys(reason for _, reason in wanted))
    if not has_venv:
        yield Step(("uv", "venv", ".venv") if quick else ("python3", "-m", "venv", ".venv"), "the project has no .venv")
    args = tuple(arg for part, _ in wanted for arg in part)
    installer = ("uv", "pip", "install", "--python", PYTHON) if quick else (PYTHON, "-m", "pip", "install")
    yield Step((*installer, *args), reason)


def _wanted(files: ProjectFiles) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the arguments of pip that stand for a manifest, each with its file."""
    pyproject = files.toml("pyproject.toml")
    for path in (
        "requirements.txt",
        "requirements-dev.txt",
        "dev-requirements.txt",
        "requirements/dev.txt",
        "test-requirements.txt",
    ):
        if files.has(path):
            yield ("-r", path), path
    if (table(pyproject, "project") and table(pyproject, "build-system")) or files.has("setup.py") or files.has("setup.cfg"):
        extras = [name for name in table(pyproject, "project", "optional-dependencies") if name in _WANTED_GROUPS]
        reason = "pyproject.toml" if table(pyproject, "project") else "setup.py" if files.has("setup.py") else "setup.cfg"
        yield ("-e", f".[{','.join(extras)}]" if extras else "."), reason
    for group in table(pyproject, "dependency-groups"):
        if group in _WANTED_GROUPS:
            yield ("--group", group), "pyproject.toml"


_NODE: Mapping[str, tuple[str, ...]] = {
    "pnpm-lock.yaml": ("pnpm", "install", "--frozen-lockfile"),
    "yarn.lock": ("yarn", "install", "--frozen-lockfile"),
    "bun.lock": ("bun", "install", "--frozen-lockfile"),
    "bun.lockb": ("bun", "install", "--frozen-lockfile"),
    "package-lock.json": ("npm", "ci"),
    "npm-shrinkwrap.json": ("npm", "ci"),
}


def _node(files: ProjectFiles) -> Iterator[Step]:
    lock = next((path for path in _NODE if files.has(path)), None)
    if lock is not None:
        yield Step(_NODE[lock], lock)
    elif files.has("package.json"):
        yield Step(("npm", "install"), "package.json")


_OTHERS: Mapping[str, tuple[str, ...]] = {
    "Cargo.toml": ("cargo", "fetch"),
    "go.mod": ("go", "mod", "download"),
    "Gemfile": ("bundle", "install"),
    "composer.json": ("composer", "install", "--no-interaction"),
    "pom.xml": ("mvn", "--batch-mode", "--quiet", "dependency:resolve"),
}


def _others(files: ProjectFiles) -> Iterator[Step]:
    yield from (Step(argv, path) for path, argv in _OTHERS.items() if files.has(path))


def _make(files: ProjectFiles) -> Iterator[Step]:
    targets = re.findall(r"^([\w-]+)\s*:(?!=)", files.text("Makefile"), re.MULTILINE)
    for target in ("setup", "deps", "bootstrap"):
        if target in targets:
            yield Step(("make", target), f'Makefile has the target "{target}"')
            return
