"""Requirements against each other and against the lock file: unbounded, in conflict, out of step."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from codecompanion.agents.maintenance.python.installed import Installed
from codecompanion.agents.maintenance.python.markers import applies
from codecompanion.agents.maintenance.python.requirements import MAIN, Requirement
from codecompanion.agents.maintenance.python.versions import accepts
from codecompanion.agents.maintenance.report import Noted
from codecompanion.safe_open import read_file
from codecompanion.workspace.project_files import ProjectFiles, table
from codecompanion.workspace.tidying.manifests import LOCKS, normalized

_PIN = re.compile(r"==([^,*]+)$")


def unbounded(asked: Sequence[Requirement], installed: Installed, *, locked: bool) -> Iterator[Noted]:
    """Yield the requirements of the project itself that any version meets. A lock file makes that a note."""
    for one in asked:
        wanted_here = applies(one.marker, installed.environment) is not False
        if one.group == MAIN and wanted_here and not one.specifier and not one.url:
            found = installed.distributions.get(one.name)
            fix = (
                f"write {one.name}>={found.version} in {one.where}"
                if found
                else f"give {one.name} a lower bound in {one.where}"
            )
            severity = "note" if locked else "warning"
            yield Noted(
                severity=severity, what=f"any version of {one.name} will do, also one that breaks it", where=one.where, fix=fix
            )


def conflicting(asked: Sequence[Requirement], environment: Mapping[str, str]) -> Iterator[Noted]:
    """Yield the distributions that are asked for more than once: with demands that exclude each other, or that differ."""
    several: dict[str, list[Requirement]] = {}
    for one in asked:
        if applies(one.marker, environment) is not False:
            several.setdefault(one.name, []).append(one)
    for name, places in several.items():
        demands = list(dict.fromkeys(one.specifier for one in places if one.specifier))
        where = ", ".join(dict.fromkeys(one.where for one in places))
        if excluding := _excluding(demands):
            what = f"{name} is asked for as {excluding[0]} and as {excluding[1]}: no version meets both"
            yield Noted(severity="error", what=what, where=where, fix=f"keep one demand for {name}")
        elif len(demands) > 1:
            what = f"{name} is asked for in different ways: {'; '.join(demands)}"
            yield Noted(severity="note", what=what, where=where, fix=f"keep one demand for {name}")
        elif _twice(places):
            yield Noted(severity="note", what=f"{name} is listed twice", where=where, fix=f"remove one line of {name}")


def _twice(places: Sequence[Requirement]) -> bool:
    keys = [(one.where, one.group, one.marker) for one in places]
    return len(set(keys)) < len(keys)


def _excluding(demands: Sequence[str]) -> tuple[str, str] | None:
    """Return a pin and a demand that it does not meet. Two ranges may exclude each other too: that is not looked for."""
    for pin in demands:
        found = _PIN.match(pin)
        for other in demands if found else ():
            if found and other != pin and accepts(other, found[1]) is False:
                return pin, other
    return None


def out_of_step(files: ProjectFiles, asked: Sequence[Requirement]) -> tuple[list[Noted], list[str]]:
    """Return where a lock file does not have what the manifest asks for, and the lock files that were read."""
    found, read = list[Noted](), list[str]()
    for path, command in (*LOCKS.items(), ("Pipfile.lock", "pipenv lock")):
        if not files.has(path):
            continue
        manifest = "Pipfile" if path == "Pipfile.lock" else "pyproject.toml"
        locked = _locked(files, path)
        if not locked:
            found.append(Noted(severity="warning", what="the lock file cannot be read or is empty", where=path, fix=command))
            continue
        read.append(path)
        found += _missing_in(locked, [one for one in asked if one.where == manifest], path, command)
    return found, read


def _missing_in(locked: Mapping[str, set[str]], asked: Sequence[Requirement], path: str, command: str) -> Iterator[Noted]:
    for one in asked:
        if one.name not in locked:
            yield Noted(severity="error", what=f"{one.name} is declared in {one.where} and not locked", where=path, fix=command)
        elif not one.url and all(accepts(one.specifier, version) is False for version in locked[one.name]):
            versions = ", ".join(sorted(locked[one.name]))
            what = f"{one.name} is locked at {versions}, and {one.where} asks for {one.specifier}"
            yield Noted(severity="error", what=what, where=path, fix=command)


def _locked(files: ProjectFiles, path: str) -> dict[str, set[str]]:
    """Return the versions of each locked distribution; "" is that of one from a folder."""
    found: dict[str, set[str]] = {}
    for name, version in _entries(_content(files, path)):
        found.setdefault(normalized(name), set()).add(version)
    return found


def _content(files: ProjectFiles, path: str) -> Mapping[str, Any]:
    # A lock file may be larger than what `ProjectFiles` reads.
    try:
        text = read_file(files.root, path).decode(errors="replace")
        return json.loads(text) if path == "Pipfile.lock" else tomllib.loads(text)
    except (OSError, ValueError, RecursionError):
        return {}


def _entries(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    listed = content.get("package")
    for entry in listed if isinstance(listed, list) else []:  # pyright: ignore[reportUnknownVariableType] - TOML of any shape
        told = table({"entry": entry}, "entry")
        if isinstance(told.get("name"), str):
            yield told["name"], str(told.get("version", ""))
    for group in ("default", "develop"):
        for name, told in table(content, group).items():
            yield name, str(table({"told": told}, "told").get("version", "")).removeprefix("==")
