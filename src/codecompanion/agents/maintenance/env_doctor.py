"""EnvDoctor: is this machine fit for the project. Nothing is changed."""

import anyio.to_thread

from codecompanion.agents.maintenance.catalogue import AGENTS
from codecompanion.agents.maintenance.desk import Desk
from codecompanion.agents.maintenance.environment.git_health import git_findings
from codecompanion.agents.maintenance.environment.keys import key_findings
from codecompanion.agents.maintenance.environment.machine import machine_findings
from codecompanion.agents.maintenance.environment.ports import port_findings
from codecompanion.agents.maintenance.environment.python_env import python_findings
from codecompanion.agents.maintenance.environment.tools import tool_findings
from codecompanion.agents.maintenance.manifests import manifest_findings
from codecompanion.agents.maintenance.report import AgentReport, section, worst_first
from codecompanion.domain.counting import counted


async def examine_environment(desk: Desk) -> AgentReport:
    """Compare what the project's manifests ask for with what is here.

    Raises:
        EnvironmentBroken: The interpreter does not answer, or there is no sandbox to ask it in.
    """
    python, about_python = await python_findings(desk)
    tools, about_tools = await tool_findings(desk.files)
    found = worst_first(
        [
            *manifest_findings(desk.files),
            *python,
            *tools,
            *key_findings(desk.files, desk.environ),
            *await anyio.to_thread.run_sync(lambda: list(port_findings(desk.files))),
            *await git_findings(desk.root, desk.git, desk.environ),
            *machine_findings(desk.root, desk.environ),
        ]
    )
    matter = sum(finding.severity == "error" for finding in found)
    fit = "the environment is fit for the project"
    title = f"{counted(matter, 'thing')} to mend before the project works here" if matter else fit
    return AgentReport(
        agent="env-doctor",
        title=title,
        findings=found,
        sections=(*section("python", about_python), *section("tools", about_tools)),
        figures={"python": about_python, "tools": about_tools},
        commands=tuple(desk.ran),
        not_checked=tuple(desk.notes),
        with_a_model=AGENTS["env-doctor"].with_a_model,
        about_environment=True,
    )
