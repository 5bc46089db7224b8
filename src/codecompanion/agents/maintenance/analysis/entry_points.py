"""Where the project's programs begin, by its manifests and by its files."""

import re
from collections.abc import Iterator, Sequence

from codecompanion.workspace.project_files import ProjectFiles, table, texts

_MAIN = re.compile(r"""^if\s+__name__\s*==\s*['"]__main__['"]""", re.MULTILINE)
_GO_MAIN = re.compile(r"^package main\b", re.MULTILINE)
_DOCKER = re.compile(r"^(?:CMD|ENTRYPOINT)\s+(.+)$", re.MULTILINE)
_MOST_READ = 3000


def entry_points(files: ProjectFiles, paths: Sequence[str]) -> list[str]:
    """Return where programs begin, each with what says so."""
    return [*_declared(files), *_conventional(files, paths)]


def _declared(files: ProjectFiles) -> Iterator[str]:
    pyproject = files.toml("pyproject.toml")
    for scripts in (table(pyproject, "project", "scripts"), table(pyproject, "tool", "poetry", "scripts")):
        yield from (f"{name} = {target} (pyproject.toml)" for name, target in scripts.items())
    for line in files.ini("setup.cfg").get("options.entry_points", {}).get("console_scripts", "").splitlines():
        if line.strip():
            yield f"{line.strip()} (setup.cfg)"
    package = files.json("package.json")
    commands = table(package, "bin") or {str(package.get("name")): target for target in texts(package.get("bin"))}
    yield from (f"{name} = {target} (package.json)" for name, target in commands.items())
    yield from (f"{target} (package.json main)" for target in texts(package.get("main")))
    start = table(package, "scripts").get("start")
    if isinstance(start, str):
        yield f"npm start = {start} (package.json)"
    yield from (f"{found.strip()} (Dockerfile)" for found in _DOCKER.findall(files.text("Dockerfile")))
    yield from (f"{line.strip()} (Procfile)" for line in files.text("Procfile").splitlines() if ":" in line)


def _conventional(files: ProjectFiles, paths: Sequence[str]) -> Iterator[str]:
    for path in paths[:_MOST_READ]:
        name = path.rpartition("/")[2]
        if name in ("manage.py", "__main__.py", "wsgi.py", "asgi.py") or path in ("src/main.rs", "src/main.ts", "src/index.ts"):
            yield f"{path} (its name)"
        elif path.endswith(".py") and _MAIN.search(files.text(path)):
            yield f'{path} (if __name__ == "__main__")'
        elif path.endswith(".go") and _GO_MAIN.search(files.text(path)):
            yield f"{path} (package main)"
