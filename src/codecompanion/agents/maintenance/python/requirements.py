"""What a Python project says it needs: every requirement of every manifest, with its file and its group."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from codecompanion.workspace.project_files import ProjectFiles, table, texts
from codecompanion.workspace.tidying.manifests import normalized

_REQUIREMENT = re.compile(
    r"\s*(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[(?P<extras>[^\]]*)\])?\s*"
    r"(?:@\s*(?P<url>[^;]+?)|\(?(?P<specifier>[^;@()]*)\)?)\s*(?:;(?P<marker>.*))?"
)
_CLAUSE = re.compile(r"(===|~=|==|!=|<=|>=|<|>)[^<>=!~]+")
_HASH = re.compile(r"\s--hash[= ]\S+|\s*\\$")
_DEV_FILE = re.compile(r"(dev|test|doc|lint|ci|build|typing|check)", re.IGNORECASE)
_DEV_GROUP = re.compile(r"(dev|test|doc|lint|ci|typ|check|style|format|qa)", re.IGNORECASE)
MAIN = "main"


@dataclass(frozen=True, slots=True)
class Requirement:
    """A distribution that is asked for.

    `name` is normalised; `specifier` is as of PEP 440, "" when every version will do; `group` is "main" for what the project
    needs to work, else the extra's or the group's name. `url` is set when it comes from a place of its own.
    """

    name: str
    specifier: str
    where: str
    group: str = MAIN
    marker: str = ""
    url: str = ""

    @property
    def for_development(self) -> bool:
        """Whether the group's name says that only the project's developers need it."""
        return self.group != MAIN and bool(_DEV_GROUP.search(self.group))

    @property
    def text(self) -> str:
        """The requirement as an installer reads it, without its marker."""
        return f"{self.name} @ {self.url}" if self.url else f"{self.name}{self.specifier}"


def read_requirement(text: str, where: str, group: str = MAIN) -> Requirement | None:
    """Return one requirement; None for what is none: a comment, an option, a path."""
    line = _HASH.sub("", re.sub(r"(^|\s)#.*", "", text)).strip()
    found = _REQUIREMENT.fullmatch(line) if line and not line.startswith(("-", ".", "/")) else None
    if found is None:
        return None
    specifier = "".join((found["specifier"] or "").split())
    if specifier and not all(_CLAUSE.fullmatch(clause) for clause in specifier.strip(",").split(",")):
        return None
    url, marker = (found["url"] or "").strip(), (found["marker"] or "").strip()
    return Requirement(normalized(found["name"]), specifier, where, group, marker, url)


def requirements(files: ProjectFiles) -> list[Requirement]:
    """Return all requirements, in the order of the manifests."""
    return [*_pyproject(files), *_poetry(files), *_pipfile(files), *_setup_cfg(files), *_setup_py(files), *_texts(files)]


def _pyproject(files: ProjectFiles) -> Iterator[Requirement]:
    content, path = files.toml("pyproject.toml"), "pyproject.toml"
    project = table(content, "project")
    yield from _several(texts(project.get("dependencies")), path)
    for group, listed in (*table(project, "optional-dependencies").items(), *table(content, "dependency-groups").items()):
        yield from _several(texts(listed), path, group)
    yield from _several(texts(table(content, "tool", "uv").get("dev-dependencies")), path, "dev")


def _several(listed: Any, where: str, group: str = MAIN) -> Iterator[Requirement]:
    yield from filter(None, (read_requirement(text, where, group) for text in listed))


def _poetry(files: ProjectFiles) -> Iterator[Requirement]:
    poetry = table(files.toml("pyproject.toml"), "tool", "poetry")
    yield from _tables(table(poetry, "dependencies"), "pyproject.toml", MAIN)
    yield from _tables(table(poetry, "dev-dependencies"), "pyproject.toml", "dev")
    for group in table(poetry, "group"):
        yield from _tables(table(poetry, "group", group, "dependencies"), "pyproject.toml", group)


def _pipfile(files: ProjectFiles) -> Iterator[Requirement]:
    content = files.toml("Pipfile")
    yield from _tables(table(content, "packages"), "Pipfile", MAIN)
    yield from _tables(table(content, "dev-packages"), "Pipfile", "dev")


def _tables(listed: Mapping[str, Any], where: str, group: str) -> Iterator[Requirement]:
    for name, value in listed.items():
        if name == "python":
            continue
        told = table({"value": value}, "value")
        version = value if isinstance(value, str) else told.get("version", "")
        url = next((str(told[key]) for key in ("url", "git", "path", "file") if key in told), "")
        wanted = "optional" if told.get("optional") else group
        yield Requirement(normalized(name), from_poetry(str(version)), where, wanted, str(told.get("markers", "")), url)


def from_poetry(constraint: str) -> str:
    """Return Poetry's constraint ("^1.2", "~1.2", "1.*", "1.2") as a PEP 440 specifier."""
    return ",".join(filter(None, (_one_constraint(part.strip()) for part in constraint.split(","))))


def _one_constraint(text: str) -> str:
    if text in ("", "*"):
        return ""
    if text[0].isdigit():
        return f"=={text}"
    found = re.fullmatch(r"([\^~])\s*(\d+(?:\.\d+)*)(.*)", text)
    if found is None or text.startswith("~="):
        return "".join(text.split())
    parts = [int(part) for part in found[2].split(".")]
    if found[1] == "^":
        kept = next((place for place, part in enumerate(parts) if part), len(parts) - 1)
    else:
        kept = min(1, len(parts) - 1)
    upper = [*parts[:kept], parts[kept] + 1]
    return f">={found[2]}{found[3]},<{'.'.join(map(str, upper))}"


def _setup_cfg(files: ProjectFiles) -> Iterator[Requirement]:
    sections = files.ini("setup.cfg")
    yield from _several(sections.get("options", {}).get("install_requires", "").splitlines(), "setup.cfg")
    for group, listed in sections.get("options.extras_require", {}).items():
        yield from _several(listed.splitlines(), "setup.cfg", group)


def _setup_py(files: ProjectFiles) -> Iterator[Requirement]:
    """Yield what setup.py lists as literals; what it works out is not known without running it."""
    try:
        tree = ast.parse(files.text("setup.py"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg in ("install_requires", "tests_require", "extras_require"):
            try:
                value: Any = ast.literal_eval(node.value)
            except (ValueError, TypeError, RecursionError):
                continue
            group = MAIN if node.arg == "install_requires" else "test"
            groups = table({"value": value}, "value") or {group: value}
            for name, listed in groups.items():
                yield from _several(texts([*listed] if isinstance(listed, tuple) else listed), "setup.py", str(name))


def _texts(files: ProjectFiles) -> Iterator[Requirement]:
    names = [path for path in files.paths if "requirements" in path and path.endswith((".txt", ".in"))]
    for path in names:
        if path.endswith(".txt") and path.removesuffix(".txt") + ".in" in names:
            continue  # compiled from the other
        group = "dev" if _DEV_FILE.search(path.replace("requirements", "")) else MAIN
        yield from _several(files.text(path).splitlines(), path, group)
