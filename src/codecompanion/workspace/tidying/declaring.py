"""Dependencies that the project's sources import and its manifest does not name."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.domain.repair import CandidatePatch
from codecompanion.domain.tidying import Diagnostic, Inspection, TidyResult
from codecompanion.safe_open import read_file
from codecompanion.workspace.project_files import ProjectFiles
from codecompanion.workspace.python_project import dependencies
from codecompanion.workspace.tidying.bench import Bench, complaint
from codecompanion.workspace.tidying.manifests import LOCKS, Manifest, Wanted, manifest_of, normalized
from codecompanion.workspace.tidying.modules import Imported, Module, project_modules

UNDECLARED = "undeclared"
_PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")

WELL_KNOWN = {
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "Crypto": "pycryptodome",
    "dateutil": "python-dateutil",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "fitz": "PyMuPDF",
    "git": "GitPython",
    "jose": "python-jose",
    "jwt": "PyJWT",
    "magic": "python-magic",
    "MySQLdb": "mysqlclient",
    "OpenSSL": "pyOpenSSL",
    "PIL": "pillow",
    "pkg_resources": "setuptools",
    "psycopg2": "psycopg2",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "slugify": "python-slugify",
    "usb": "pyusb",
    "yaml": "PyYAML",
    "zmq": "pyzmq",
}
"""Modules whose distribution has another name, as these projects' own installation pages say: guesses, never written."""

NAMESPACES = ("azure", "backports", "google", "jaraco", "ruamel", "sphinxcontrib", "zope")
"""Top-level names that many distributions share; each begins with the name and a dash."""


@dataclass(frozen=True, slots=True)
class Undeclared:
    """A module that is imported, where first, and the distribution that brings it; None when that cannot be told, and why."""

    module: str
    path: str
    line: int
    wanted: Wanted | None
    why_left: str = ""

    def diagnostic(self) -> Diagnostic:
        """Return what is said of it."""
        brings = f", which {self.wanted.name} {self.wanted.version} brings," if self.wanted else ""
        message = f"`{self.module}`{brings} is imported and not declared"
        return Diagnostic(rule=UNDECLARED, path=self.path, line=self.line, message=message, why_left=self.why_left)


async def inspect(bench: Bench) -> Inspection:
    """Return the modules that are imported and not declared."""
    project = bench.project()
    found = await _undeclared(bench, project)
    manifest = manifest_of(project, bench.task.objective)
    notes = (f"{manifest.path} lists the dependencies",) if isinstance(manifest, Manifest) else (manifest,)
    return Inspection(asked=tuple(one.diagnostic() for one in found), notes=notes)


async def tidy(bench: Bench) -> TidyResult:
    """Return a patch of the manifest that declares what is installed; what is not is left, with the name it probably has."""
    project = bench.project()
    found = await _undeclared(bench, project)
    manifest = manifest_of(project, bench.task.objective)
    if isinstance(manifest, str):
        return TidyResult(left=tuple(_left(one, manifest) for one in found), exhausted=True)
    wanted = {normalized(one.wanted.name): one.wanted for one in found if one.wanted}
    if not wanted:
        return TidyResult(exhausted=True)
    text = read_file(bench.root, manifest.path).decode()
    changed = manifest.add(text, [wanted[name] for name in sorted(wanted)])
    reasons = (*map(_reason, filter(lambda one: one.wanted, found)), *_stale_locks(project, manifest))
    title = f"Declare {', '.join(one.name for one in wanted.values())} in {manifest.path}"
    patch = CandidatePatch(
        files={manifest.path: changed}, template="dependencies", description=title, score=1.0, reasons=reasons
    )
    return TidyResult(patches=(patch,), exhausted=True)


def _left(one: Undeclared, why: str) -> Diagnostic:
    return one.diagnostic().model_copy(update={"why_left": one.why_left or why})


def _reason(one: Undeclared) -> str:
    assert one.wanted is not None
    return f"the project's interpreter has `{one.module}` from {one.wanted.name} {one.wanted.version}"


def _stale_locks(project: ProjectFiles, manifest: Manifest) -> list[str]:
    locks = {path: command for path, command in LOCKS.items() if project.has(path) and manifest.path == "pyproject.toml"}
    return [f"{path} does not know of it yet: run `{command}`" for path, command in locks.items()]


async def _undeclared(bench: Bench, project: ProjectFiles) -> list[Undeclared]:
    standard, installed = await _installed(bench)
    declared = frozenset(map(normalized, dependencies(project)))
    modules = await project_modules(bench)
    ours = {module.name.partition(".")[0] for module in modules} | set(bench.task.packages)
    neighbours, first = _neighbours(modules), dict[str, tuple[Module, Imported]]()
    for module in _sources(bench, project, modules):
        known = standard | ours | neighbours[module.path.rpartition("/")[0]]
        for one in module.imports:
            if one.top and not one.optional and one.top not in known:
                first.setdefault(one.top, (module, one))
    found = (_judge(name, *where, installed.get(name, []), declared) for name, where in sorted(first.items()))
    return [one for one in found if one is not None]


def _neighbours(modules: Sequence[Module]) -> dict[str, set[str]]:
    """Return the modules of each folder: a file that is run as a script imports those beside it by their names."""
    neighbours: dict[str, set[str]] = {}
    for module in modules:
        folder, _, name = module.path.rpartition("/")
        neighbours.setdefault(folder, set()).add(name.removesuffix(".py"))
    return neighbours


def _sources(bench: Bench, project: ProjectFiles, modules: Sequence[Module]) -> Iterator[Module]:
    """Yield the modules of the project's packages, without those of projects within it, which have manifests of their own."""
    manifests = (PurePosixPath(path) for path in project.paths if path.endswith(_PROJECT_FILES))
    within = {path.parent for path in manifests if path.name in _PROJECT_FILES and len(path.parts) > 1}
    for module in modules:
        is_packages = module.name.partition(".")[0] in bench.task.packages
        if is_packages and not module.is_test and within.isdisjoint(PurePosixPath(module.path).parents):
            yield module


async def _installed(bench: Bench) -> tuple[set[str], Mapping[str, list[tuple[str, str]]]]:
    """Return the standard library's modules, and for each installed one the distributions that bring it with their versions."""
    result = await bench.ask("distributions")
    if result.exit_code:
        raise EnvironmentBroken("the project's interpreter does not say what is installed", cause=complaint(result))
    answer = json.loads(result.stdout)
    return set(answer["standard"]) | set(sys.stdlib_module_names) | {"__main__"}, answer["installed"]


def _judge(
    name: str, module: Module, imported: Imported, installed: Sequence[tuple[str, str]], declared: frozenset[str]
) -> Undeclared | None:
    """Return what is to be said of an imported module, None when it is declared."""
    likely = WELL_KNOWN.get(name, name)
    candidates = {*(distribution for distribution, _ in installed), likely, name}
    if any(normalized(candidate) in declared for candidate in candidates):
        return None
    if name in NAMESPACES and any(other.startswith(f"{name}-") for other in declared):
        return None
    if len(installed) == 1:
        return Undeclared(name, module.path, imported.line, Wanted(*installed[0]))
    why = f"several distributions bring it: {', '.join(sorted(distribution for distribution, _ in installed))}"
    if not installed:
        why = f"it is not installed in the project's interpreter: its distribution is probably {likely}, which is not verified"
    return Undeclared(name, module.path, imported.line, None, why)
