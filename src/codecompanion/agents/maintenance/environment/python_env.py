"""Is the project's interpreter fit for it: its version, the declared distributions, the project's own packages."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from codecompanion.agents.maintenance.desk import Desk
from codecompanion.agents.maintenance.environment.installing import install_command
from codecompanion.agents.maintenance.python.importing import try_imports
from codecompanion.agents.maintenance.python.installed import Installed, ask_installed
from codecompanion.agents.maintenance.python.markers import applies
from codecompanion.agents.maintenance.python.requirements import MAIN, Requirement, from_poetry, requirements
from codecompanion.agents.maintenance.python.versions import accepts
from codecompanion.agents.maintenance.report import Noted
from codecompanion.domain.project import Interpreter, ProjectProfile
from codecompanion.workspace.project_files import ProjectFiles, table
from codecompanion.workspace.python_project import import_roots
from codecompanion.workspace.tidying.declaring import WELL_KNOWN
from codecompanion.workspace.tidying.manifests import normalized

_VENVS = (".venv", "venv", "env")
_MOST_SCRIPTS = 500


async def python_findings(desk: Desk) -> tuple[list[Noted], list[str]]:
    """Return what is wrong with the Python side, and facts about it; nothing for a project without Python."""
    found = list(venv_findings(desk.root))
    interpreter = await desk.interpreter()
    if interpreter is None:
        return found, []
    installed = await ask_installed(desk, interpreter)
    profile, asked = await desk.profile(), requirements(desk.files)
    version = installed.environment["python_full_version"]
    found += borrowed_findings(interpreter, asked)
    found += version_findings(desk.files, version)
    found += requirement_findings(asked, installed, profile, interpreter)
    found += await import_findings(desk, profile, interpreter)
    where = f"Python {version} at {interpreter.executable} ({interpreter.source})"
    return found, [where, f"{len(installed.distributions)} distributions installed, {len(asked)} requirements declared"]


def borrowed_findings(interpreter: Interpreter, asked: Sequence[Requirement]) -> Iterator[Noted]:
    """Yield a finding when a project that needs distributions has no environment of its own."""
    if asked and interpreter.source.startswith("current"):
        what = "the project has no environment of its own: what follows is of the interpreter that CodeCompanion runs on"
        yield Noted(severity="warning", what=what, where=interpreter.executable, fix="codecompanion agents run installer")


def venv_findings(root: Path) -> Iterator[Noted]:
    """Yield what is wrong with the virtual environments in a project's folder, by their files alone."""
    for folder in (root / name for name in _VENVS):
        if not (folder / "pyvenv.cfg").is_file():
            continue
        mend = f"python3 -m venv --clear {folder}"
        python = folder / "bin" / "python"
        if not python.exists():
            told = f"its interpreter {str(python.readlink())!r} is gone" if python.is_symlink() else "it has no interpreter"
            yield Noted(severity="error", what=f"the environment is broken: {told}", where=folder.name, fix=mend)
            continue
        gone = sorted(set(_missing_interpreters(folder / "bin")))
        for program, interpreter in gone[:1]:
            more = f" (and {len(gone) - 1} other programs)" if len(gone) > 1 else ""
            what = f"{program}{more} starts with {interpreter}, which is not there: the environment was moved or copied"
            yield Noted(severity="error", what=what, where=f"{folder.name}/bin/{program}", fix=mend)


def _missing_interpreters(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.iterdir())[:_MOST_SCRIPTS]:
        try:
            if path.is_symlink() or not path.is_file():
                continue
            with path.open("rb") as file:
                first = file.readline(500)
        except OSError:
            continue
        words = first[2:].decode(errors="replace").split() if first.startswith(b"#!/") else []
        if words and not os.path.lexists(words[0]):
            yield path.name, words[0]


def version_findings(files: ProjectFiles, version: str) -> Iterator[Noted]:
    """Yield a finding when the interpreter is not one that the project says it works with."""
    for where, specifier in _wanted_pythons(files):
        answer = accepts(specifier, version)
        if answer is None:
            yield Noted(severity="warning", what=f"the demand {specifier!r} for Python cannot be read", where=where)
        elif not answer:
            what = f"the interpreter is Python {version}, the project asks for {specifier}"
            yield Noted(severity="error", what=what, where=where, fix=_other_python(specifier))


def _other_python(specifier: str) -> str:
    return f"make an environment with one that fits: uv venv --clear --python '{specifier}' .venv"


def _wanted_pythons(files: ProjectFiles) -> Iterator[tuple[str, str]]:
    pyproject = files.toml("pyproject.toml")
    wanted = table(pyproject, "project").get("requires-python")
    poetry = table(pyproject, "tool", "poetry", "dependencies").get("python")
    setup = files.ini("setup.cfg").get("options", {}).get("python_requires")
    if isinstance(wanted, str):
        yield "pyproject.toml", wanted
    elif isinstance(poetry, str):
        yield "pyproject.toml", from_poetry(poetry)
    elif setup:
        yield "setup.cfg", setup
    pinned = files.text(".python-version").strip().removeprefix("python-")
    if pinned and pinned[0].isdigit() and len(pinned.split()) == 1:
        yield ".python-version", f"=={pinned}.*"


def requirement_findings(
    asked: Sequence[Requirement], installed: Installed, profile: ProjectProfile, interpreter: Interpreter
) -> Iterator[Noted]:
    """Yield what is declared and missing, or installed at a version that is not accepted."""
    seen = set[tuple[str, str]]()
    for one in asked:
        state = _state(one, installed)
        if not state or (one.name, one.specifier) in seen:
            continue
        seen.add((one.name, one.specifier))
        needed = one.group == MAIN
        what = f"{one.name} {state}" + ("" if needed else f" (asked for by the group {one.group!r})")
        severity = "error" if needed else ("warning" if one.for_development else "note")
        fix = install_command(profile, interpreter, (one.text,))
        yield Noted(severity=severity, what=what, where=one.where, fix=fix)


def _state(one: Requirement, installed: Installed) -> str:
    """Return what is wrong with a requirement, "" for nothing."""
    if applies(one.marker, installed.environment) is False:
        return ""
    found = installed.distributions.get(one.name)
    if found is None:
        return f"is not installed ({one.specifier or 'any version'} is asked for)"
    if one.url or accepts(one.specifier, found.version) is not False:
        return ""
    return f"{found.version} is installed, {one.specifier} is asked for"


async def import_findings(desk: Desk, profile: ProjectProfile, interpreter: Interpreter) -> list[Noted]:
    """Return which of the project's own packages cannot be imported."""
    if not profile.packages:
        return []
    copy, roots = await desk.copy(), import_roots(desk.files)
    # A pipe or a link called like a module is none.
    names = [name for name in profile.packages if any(_is_there(copy / root, name) for root in roots)]
    answers = await try_imports(desk, interpreter, names, root=copy, roots=roots)
    declared = {one.name: one for one in requirements(desk.files)}
    return [
        _not_importable(name, said, _mending(said, declared, profile, interpreter)) for name, said in answers.items() if said
    ]


def _is_there(folder: Path, name: str) -> bool:
    return (folder / name).is_dir() or (folder / f"{name}.py").is_file()


def _not_importable(name: str, said: str, fix: str) -> Noted:
    return Noted(severity="error", what=f"the project's package {name} cannot be imported: {said}", where=name, fix=fix)


def _mending(said: str, declared: Mapping[str, Requirement], profile: ProjectProfile, interpreter: Interpreter) -> str:
    """Return what to do about a failed import. A name that is nowhere declared is not offered: anybody may own it."""
    module = said.partition("No module named '")[2].partition("'")[0].partition(".")[0]
    likely = declared.get(normalized(WELL_KNOWN.get(module, module)))
    if likely is not None:
        return install_command(profile, interpreter, (likely.text,))
    return f"find out which distribution brings {module}, declare it and install it" if module else ""
