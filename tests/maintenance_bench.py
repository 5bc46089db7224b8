"""What the tests of the maintenance pack share."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from codecompanion.agents.maintenance.desk import Desk
from codecompanion.agents.maintenance.report import AgentReport

OpenDesk = Callable[..., Awaitable[Desk]]


@dataclass
class Told:
    """What an agent said while it worked."""

    lines: list[str] = field(default_factory=list[str])


def said(report: AgentReport, severity: str | None = None) -> list[str]:
    """Return the findings of a severity (None: all), as "where: what"."""
    return [f"{one.where}: {one.what}" for one in report.findings if severity in (None, one.severity)]
