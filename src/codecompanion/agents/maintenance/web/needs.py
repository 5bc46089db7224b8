"""The distributions that an application cannot be served without: its framework, and a server."""

from collections.abc import Collection, Iterator, Sequence

from codecompanion.agents.maintenance.environment.installing import install_command
from codecompanion.agents.maintenance.python.installed import Installed
from codecompanion.agents.maintenance.python.requirements import Requirement
from codecompanion.agents.maintenance.report import Noted
from codecompanion.agents.maintenance.web.applications import Application
from codecompanion.domain.project import Interpreter, ProjectProfile

_SERVERS = frozenset(("uvicorn", "hypercorn", "daphne", "granian", "gunicorn"))
_NEED_A_SERVER = frozenset(("fastapi", "starlette"))


def need_findings(
    applications: Sequence[Application],
    asked: Sequence[Requirement],
    installed: Installed,
    profile: ProjectProfile,
    interpreter: Interpreter,
) -> Iterator[Noted]:
    """Yield what the applications need and nothing declares, or nobody installed; once for each framework."""
    declared = {one.name: one.text for one in asked}
    for framework, first in {one.framework: one for one in reversed(applications)}.items():
        unnamed = framework not in declared
        if framework not in installed.distributions:
            told = ", and no manifest asks for it" if unnamed else ""
            fix = install_command(profile, interpreter, (declared.get(framework, framework),))
            if unnamed:
                fix = f"declare it: codecompanion run 'add missing dependencies'; then {fix}"
            yield Noted(severity="error", what=f"{framework} is not installed{told}", where=first.where, fix=fix)
        elif unnamed and not _comes_along(framework, declared):
            fix = "declare it: codecompanion run 'add missing dependencies'"
            yield Noted(severity="error", what=f"{framework} is used and no manifest asks for it", where=first.where, fix=fix)
        if framework in _NEED_A_SERVER and not _SERVERS & installed.distributions.keys():
            fix = install_command(profile, interpreter, (declared.get("uvicorn", "uvicorn"),))
            what = f"no server for {framework} is installed: {', '.join(sorted(_SERVERS))} would do"
            yield Noted(severity="warning", what=what, where=first.where, fix=fix)


def _comes_along(framework: str, declared: Collection[str]) -> bool:
    return framework == "starlette" and "fastapi" in declared
