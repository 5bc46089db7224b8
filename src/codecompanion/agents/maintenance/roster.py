"""The agents that report, by the names of the catalogue. A new one is one file, one line here and one there."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from codecompanion.agents.maintenance.analyzer import analyse_project
from codecompanion.agents.maintenance.bug_triage import triage
from codecompanion.agents.maintenance.dep_auditor import audit_dependencies
from codecompanion.agents.maintenance.desk import Desk
from codecompanion.agents.maintenance.env_doctor import examine_environment
from codecompanion.agents.maintenance.installer import install
from codecompanion.agents.maintenance.pr_preparer import prepare_pull_request
from codecompanion.agents.maintenance.report import AgentReport
from codecompanion.agents.maintenance.test_runner import run_tests
from codecompanion.agents.maintenance.web_doctor import examine_web

ROSTER: Mapping[str, Callable[[Desk], Awaitable[AgentReport]]] = MappingProxyType(
    {
        "installer": install,
        "env-doctor": examine_environment,
        "analyzer": analyse_project,
        "dep-auditor": audit_dependencies,
        "web-doctor": examine_web,
        "test-runner": run_tests,
        "bug-triage": triage,
        "pr-preparer": prepare_pull_request,
    }
)
