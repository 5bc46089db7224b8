"""WebDoctor: which web applications there are, how they are started, what they answer to, what is wrong. Nothing is changed."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import anyio.to_thread

from codecompanion.agents.maintenance.catalogue import AGENTS
from codecompanion.agents.maintenance.desk import Desk
from codecompanion.agents.maintenance.environment.installing import install_command
from codecompanion.agents.maintenance.environment.ports import taken
from codecompanion.agents.maintenance.python.installed import ask_installed
from codecompanion.agents.maintenance.python.requirements import requirements
from codecompanion.agents.maintenance.report import AgentReport, Noted, section, worst_first
from codecompanion.agents.maintenance.web.applications import Application, applications, web_modules
from codecompanion.agents.maintenance.web.importing import import_finding
from codecompanion.agents.maintenance.web.needs import need_findings
from codecompanion.agents.maintenance.web.node_apps import NodeApplication, node_app_findings, node_applications, node_manager
from codecompanion.agents.maintenance.web.places import places, port_of, start_command
from codecompanion.agents.maintenance.web.proving import Proof, prove
from codecompanion.agents.maintenance.web.risks import risk_findings
from codecompanion.agents.maintenance.web.routes import route_findings
from codecompanion.agents.maintenance.web.telling import Served, application_lines, figures, route_lines, title_of
from codecompanion.agents.maintenance.web.templates import (
    Asked,
    asked_templates,
    folder_findings,
    template_findings,
    unfound,
)
from codecompanion.domain.project import Interpreter
from codecompanion.workspace.python_project import import_roots
from codecompanion.workspace.tidying.modules import Module

MOST_IMPORTED = 8
_NOT_STARTED = "whether the applications serve: no server is started in the cage, which has no network"


@dataclass(slots=True)
class _Examination:
    """What is known so far."""

    modules: list[Module]
    applications: list[Application]
    roots: tuple[str, ...]
    templates: list[Asked]
    served: list[Served] = field(default_factory=list[Served])
    found: list[Noted] = field(default_factory=list[Noted])
    not_checked: list[str] = field(default_factory=list[str])


async def examine_web(desk: Desk) -> AgentReport:
    """Find the applications by reading, import those of Python in the cage on a copy, and compare what they say.

    Raises:
        EnvironmentBroken: The interpreter does not answer, or there is no sandbox.
    """
    seen = await anyio.to_thread.run_sync(_read, desk)
    interpreter = await desk.interpreter() if seen.applications else None
    if interpreter is not None:
        await _import_all(desk, seen, interpreter)
    elif seen.applications:
        seen.not_checked.append("whether the applications can be imported: there is no interpreter")
    manager = node_manager(desk.files)
    of_node = await anyio.to_thread.run_sync(node_applications, desk.files, manager)
    seen.found += [finding for one in of_node for finding in node_app_findings(desk.files, one, manager)]
    seen.found += template_findings(_missing(desk, seen))
    if seen.served or of_node:
        seen.found += [finding for module in seen.modules for finding in risk_findings(module)]
        seen.found += [finding for module in seen.modules for finding in folder_findings(module, desk.files)]
        seen.found += await anyio.to_thread.run_sync(_port_findings, seen.served, of_node)
        seen.not_checked.append(_NOT_STARTED)
    return _report(desk, seen, of_node)


def _read(desk: Desk) -> _Examination:
    roots = import_roots(desk.files)
    modules = web_modules(desk.files, roots)
    asked = [one for module in modules for one in asked_templates(module)]
    return _Examination(modules, applications(modules), roots, asked)


async def _import_all(desk: Desk, seen: _Examination, interpreter: Interpreter) -> None:
    installed, profile = await ask_installed(desk, interpreter), await desk.profile()
    asked = requirements(desk.files)
    seen.found += need_findings(seen.applications, asked, installed, profile, interpreter)
    installing = {one.name: install_command(profile, interpreter, (one.text,)) for one in asked}
    for application in seen.applications:
        reason = _why_not(application, seen, installed.distributions.keys())
        proof = None
        if reason:
            seen.not_checked.append(f"whether {application.name or application.path} can be imported: {reason}")
        else:
            desk.say(f"importing {application.name} of {application.path}")
            proof = await prove(desk, interpreter, application, seen.roots, [one.name for one in seen.templates])
            seen.found += _proof_findings(application, proof, installing)
        place = proof.place if proof else places(desk.files, application, seen.roots)[0]
        port = port_of(desk.files, application)
        seen.served.append(Served(application, start_command(application, place, port), port, proof))


def _why_not(application: Application, seen: _Examination, installed: Collection[str]) -> str:
    """Return why an application is not imported, "" when it is."""
    if application.framework == "streamlit":
        return "a script of Streamlit does its work when it is imported"
    if application.framework not in installed:
        return f"{application.framework} is not installed"
    if application.needs_arguments:
        return "the function that makes it needs arguments"
    if sum(one.proof is not None for one in seen.served) >= MOST_IMPORTED:
        return f"the first {MOST_IMPORTED} were imported"
    return ""


def _proof_findings(application: Application, proof: Proof, installing: Mapping[str, str]) -> Iterator[Noted]:
    if proof.failure is not None:
        yield import_finding(application, proof.failure, installing)
        return
    yield from route_findings(proof.routes, application.framework)
    for folder in proof.missing_folders:
        what = f"the folder {folder!r} of static files is not there"
        yield Noted(severity="warning", what=what, where=application.where, fix=f"make it: mkdir -p {folder}")


def _missing(desk: Desk, seen: _Examination) -> Sequence[Asked]:
    """Return the templates that no application's own loaders find; where one has none to ask, no file may have the name."""
    loaders = [set(names) for one in seen.served if one.proof and (names := one.proof.missing_templates) is not None]
    nowhere = unfound(seen.templates, desk.files) if seen.applications else []
    if not loaders:
        return nowhere
    refused = loaders[0].intersection(*loaders[1:])
    if len(loaders) < len(seen.served):
        return [one for one in nowhere if one.name in refused]
    return [one for one in seen.templates if one.name in refused]


def _port_findings(served: Sequence[Served], of_node: Sequence[NodeApplication]) -> list[Noted]:
    users: dict[int, list[str]] = {}
    for one in (*served, *of_node):
        if one.port:
            where = one.application.where if isinstance(one, Served) else one.where
            users.setdefault(one.port, []).append(where)
    return [
        Noted(severity="note", what=f"port {port} is taken on this machine", where=where[0])
        for port, where in users.items()
        if taken(port)
    ]


def _report(desk: Desk, seen: _Examination, of_node: Sequence[NodeApplication]) -> AgentReport:
    findings = worst_first(seen.found)
    errors = sum(finding.severity == "error" for finding in findings)
    routes = [
        part
        for one in seen.served
        for part in section(f"routes of {one.application.name or one.application.path}", route_lines(one))
    ]
    return AgentReport(
        agent="web-doctor",
        title=title_of(seen.served, of_node, errors),
        findings=findings,
        sections=(*section("applications", application_lines(seen.served, of_node)), *routes),
        figures=figures(seen.served, of_node),
        commands=tuple(desk.ran),
        not_checked=(*desk.notes, *seen.not_checked),
        with_a_model=AGENTS["web-doctor"].with_a_model,
    )
