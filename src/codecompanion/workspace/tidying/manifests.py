"""The files in which a project names the distributions it needs: how one more is written into each, all else kept as it is."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import tomlkit

from codecompanion.workspace.project_files import ProjectFiles, table, texts

if TYPE_CHECKING:
    from tomlkit.items import Array

_NAME = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_BOUND = re.compile(r"(==|>=|~=|\^)")
_INSTALL_REQUIRES = re.compile(r"^install_requires\s*=\s*(.*)$")
LOCKS = {"uv.lock": "uv lock", "poetry.lock": "poetry lock", "pdm.lock": "pdm lock"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A distribution to be declared, with the version that is installed."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """A file that names what the project needs. `add` returns its text with more distributions in it."""

    path: str
    add: Callable[[str, Sequence[Wanted]], str]


def normalized(name: str) -> str:
    """Return a distribution's name as package indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def manifest_of(project: ProjectFiles, objective: str) -> Manifest | str:
    """Return the file to write to, the one that the objective names if it is there, or why there is none."""
    found = _manifests(project)
    named = [one for one in found if one.path.partition(".")[0] in objective.lower()]
    if chosen := named or found:
        return chosen[0]
    if project.has("setup.py"):
        return "the dependencies are listed in setup.py, which is code and is not edited"
    return "the project has no pyproject.toml, setup.cfg or requirements.txt that lists dependencies"


def _manifests(project: ProjectFiles) -> list[Manifest]:
    pyproject = project.toml("pyproject.toml")
    metadata, found = table(pyproject, "project"), list[Manifest]()
    if metadata and "dependencies" not in texts(metadata.get("dynamic")):
        found.append(Manifest("pyproject.toml", _into_project))
    elif table(pyproject, "tool", "poetry"):
        found.append(Manifest("pyproject.toml", _into_poetry))
    if "install_requires" in project.ini("setup.cfg").get("options", {}):
        found.append(Manifest("setup.cfg", _into_setup_cfg))
    for path in ("requirements.in", "requirements.txt"):
        if project.has(path) and "--hash" not in project.text(path):
            found.append(Manifest(path, _into_requirements))
    return found


def _into_project(text: str, wanted: Sequence[Wanted]) -> str:
    document = tomlkit.parse(text)
    project = cast("dict[str, Any]", document["project"])
    if "dependencies" not in project:
        project["dependencies"] = tomlkit.array()
    listed = cast("Array", project["dependencies"])
    entries = [*texts(listed.unwrap())]
    for one in wanted:
        entry = _requirement(one, entries)
        place = _place(entry, entries)
        listed.insert(place, entry)
        entries.insert(place, entry)
    return tomlkit.dumps(document)  # pyright: ignore[reportUnknownMemberType] - its mapping has no parameters


def _into_poetry(text: str, wanted: Sequence[Wanted]) -> str:
    document = tomlkit.parse(text)
    poetry = cast("dict[str, Any]", cast("dict[str, Any]", document["tool"])["poetry"])
    listed = poetry.setdefault("dependencies", tomlkit.table())
    for one in wanted:
        listed[one.name] = f"^{one.version}"
    return tomlkit.dumps(document)  # pyright: ignore[reportUnknownMemberType] - as above


def _into_setup_cfg(text: str, wanted: Sequence[Wanted]) -> str:
    lines = text.splitlines(keepends=True)
    start = next(number for number, line in enumerate(lines) if _INSTALL_REQUIRES.match(line))
    end = start + 1
    while end < len(lines) and (lines[end].startswith((" ", "\t")) and lines[end].strip()):
        end += 1
    first = _INSTALL_REQUIRES.match(lines[start])
    inline = [first[1].strip()] if first and first[1].strip() else []
    block = [f"    {entry}\n" for entry in inline] + lines[start + 1 : end]
    return "".join([*lines[:start], "install_requires =\n", *_listed(block, wanted), *lines[end:]])


def _into_requirements(text: str, wanted: Sequence[Wanted]) -> str:
    return "".join(_listed(text.splitlines(keepends=True), wanted))


def _listed(lines: list[str], wanted: Iterable[Wanted]) -> list[str]:
    """Return lines of requirements with more among them, indented and ended as the others are."""
    lines = [line if line.endswith("\n") else f"{line}\n" for line in lines]
    for one in wanted:
        places = [number for number, line in enumerate(lines) if _NAME.match(line)]
        entries = [lines[number].strip() for number in places]
        entry = _requirement(one, entries)
        place = _place(entry, entries)
        model = lines[places[0]] if places else "\n"
        indent, end = model[: len(model) - len(model.lstrip(" \t"))], "\r\n" if model.endswith("\r\n") else "\n"
        at = places[place] if place < len(places) else (places[-1] + 1 if places else len(lines))
        lines.insert(at, f"{indent}{entry}{end}")
    return lines


def _requirement(wanted: Wanted, entries: Sequence[str]) -> str:
    """Return the entry for a distribution, bounded in the way that most of the others are."""
    bounds = Counter(bound[1] if (bound := _BOUND.search(entry)) else "" for entry in entries)
    usual = max(bounds, key=lambda bound: bounds[bound]) if bounds else ""
    return f"{wanted.name}{usual}{wanted.version}" if usual in ("==", ">=", "~=") else wanted.name


def _place(entry: str, entries: Sequence[str]) -> int:
    """Return where an entry goes: in its alphabetical place when the others are in theirs, else at the end."""
    names = [_sort_key(other) for other in entries]
    if names != sorted(names):
        return len(names)
    return next((number for number, name in enumerate(names) if name > _sort_key(entry)), len(names))


def _sort_key(entry: str) -> str:
    named = _NAME.match(entry)
    return normalized(named[1]) if named else ""
