"""DepAuditor: what is declared beside what is imported, installed and locked. Nothing is changed."""

from collections.abc import Sequence
from pathlib import Path

import anyio.to_thread

from codecompanion.agents.maintenance.catalogue import AGENTS
from codecompanion.agents.maintenance.copying import listed_paths
from codecompanion.agents.maintenance.dependencies.bounds import conflicting, out_of_step, unbounded
from codecompanion.agents.maintenance.dependencies.declared import Comparison, undeclared, unused
from codecompanion.agents.maintenance.dependencies.licences import licence_counts, licence_findings
from codecompanion.agents.maintenance.dependencies.node import node_findings
from codecompanion.agents.maintenance.dependencies.usage import usage
from codecompanion.agents.maintenance.dependencies.vulnerabilities import vulnerability_findings
from codecompanion.agents.maintenance.desk import Desk
from codecompanion.agents.maintenance.manifests import manifest_findings
from codecompanion.agents.maintenance.python.installed import Installed, ask_installed
from codecompanion.agents.maintenance.python.requirements import Requirement, requirements
from codecompanion.agents.maintenance.report import AgentReport, Noted, section, worst_first
from codecompanion.domain.counting import counted
from codecompanion.domain.project import Interpreter
from codecompanion.workspace.python_project import import_roots
from codecompanion.workspace.tidying.manifests import normalized

_OTHERS = {"Cargo.toml": "cargo", "go.mod": "Go", "Gemfile": "Ruby", "composer.json": "PHP", "pom.xml": "Maven"}


async def audit_dependencies(desk: Desk) -> AgentReport:
    """Compare the manifests with the imports, with what is installed and with the lock files.

    Raises:
        EnvironmentBroken: The interpreter does not answer, or there is no sandbox to ask it in.
    """
    found, facts, not_checked = list[Noted](), list[str](), list[str]()
    interpreter, asked = await desk.interpreter(), requirements(desk.files)
    licences: list[str] = []
    if interpreter is not None:
        installed = await ask_installed(desk, interpreter)
        found += await _python(desk, installed, asked, not_checked)
        licences = licence_counts(installed) if asked else []
        facts.append(f"Python: {counted(len(asked), 'requirement')}, {len(installed.distributions)} distributions installed")
    node, about_node = await anyio.to_thread.run_sync(node_findings, desk.files)
    vulnerable, unchecked = await vulnerability_findings(desk, _site_packages(interpreter) if asked else ())
    unread = [f"the dependencies of {name} ({path} is not read)" for path, name in _OTHERS.items() if desk.files.has(path)]
    findings = worst_first([*manifest_findings(desk.files), *found, *node, *vulnerable])
    matter = sum(finding.severity == "error" for finding in findings)
    title = f"{counted(matter, 'fault')} in the dependencies" if matter else "the dependencies are in order"
    if not (asked or about_node or interpreter):
        title = "no dependencies of Python or Node were found"
    return AgentReport(
        agent="dep-auditor",
        title=title,
        findings=findings,
        sections=(*section("read", [*facts, *about_node]), *section("licences of what is installed", licences)),
        figures={
            "requirements": [
                {"name": one.name, "specifier": one.specifier, "where": one.where, "group": one.group} for one in asked
            ]
        },
        commands=tuple(desk.ran),
        not_checked=(*not_checked, *unchecked, *unread, "yanked releases: only the index knows of them"),
        with_a_model=AGENTS["dep-auditor"].with_a_model,
    )


async def _python(desk: Desk, installed: Installed, asked: Sequence[Requirement], not_checked: list[str]) -> list[Noted]:
    paths = [path for path in await listed_paths(desk.root, desk.git) if path.endswith(".py")]
    used = await anyio.to_thread.run_sync(usage, desk.root, paths, import_roots(desk.files), desk.say)
    profile = await desk.profile()
    compared = Comparison(asked, used, installed, frozenset(profile.packages) | _own_name(desk))
    not_checked += [f"{path} is no Python that can be read" for path in used.unread[:5]]
    steps, locks = out_of_step(desk.files, asked)
    return [
        *undeclared(compared),
        *unused(compared),
        *conflicting(asked, installed.environment),
        *steps,
        *unbounded(asked, installed, locked=bool(locks)),
        *licence_findings(asked, installed),
    ]


def _own_name(desk: Desk) -> frozenset[str]:
    """Return the project's own name: an extra may ask for the project itself."""
    name = desk.files.toml("pyproject.toml").get("project", {}).get("name", "")
    return frozenset((normalized(str(name)),))


def _site_packages(interpreter: Interpreter | None) -> Sequence[Path]:
    if interpreter is None:
        return ()
    minor = ".".join(interpreter.version.split(".")[:2])
    folder = Path(interpreter.executable).parents[1] / f"lib/python{minor}/site-packages"
    return (folder,) if folder.is_dir() else ()
