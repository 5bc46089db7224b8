"""What an agent of the maintenance pack says in the end."""

from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import Field

from codecompanion.domain.project import Value

Severity = Literal["error", "warning", "note"]
"""An error is what matters to the exit code; a warning is worth a look; a note is good to know."""

FINDINGS, ENVIRONMENT = 1, 6
"""Exit codes: something that matters was found; the environment is not fit, or an agent could not work in it."""


class Noted(Value):
    """One finding. `where` is a path, "path:line", a name or ""; `fix` is the command or the act that mends it, or ""."""

    severity: Severity
    what: str
    where: str = ""
    fix: str = ""


class Ran(Value):
    """A command that was run. `exit_code` is None when it was stopped at its time limit, negative for a signal."""

    argv: tuple[str, ...]
    exit_code: int | None
    seconds: float


class Section(Value):
    """Facts under a heading, one a line."""

    heading: str
    lines: tuple[str, ...]


class AskedModel(Value):
    """What a model was asked beside the rules. `answer` is its document, None when it gave none; `why` says why then.

    `run_id` is the run that holds the calls, `cost_usd` what they cost as far as that is known.
    """

    model: str
    run_id: str
    calls: int
    cost_usd: float
    answer: dict[str, object] | None = None
    why: str = ""


class AgentReport(Value):
    """What an agent found.

    Attributes:
        agent: The agent's name on the command line.
        title: The outcome in one sentence.
        findings: The worst first.
        sections: Facts for people to read.
        figures: The same facts as plain JSON, for scripts.
        commands: What was run, in order.
        not_checked: What could not be looked at, each with the reason.
        with_a_model: What a model would add, one sentence; "" where one was asked.
        asked: The model that was asked, None for none.
        about_environment: Whether errors mean that the environment is not fit, not that the project is at fault.
    """

    agent: str
    title: str
    findings: tuple[Noted, ...] = ()
    sections: tuple[Section, ...] = ()
    figures: dict[str, object] = Field(default_factory=dict)
    commands: tuple[Ran, ...] = ()
    not_checked: tuple[str, ...] = ()
    with_a_model: str = ""
    asked: AskedModel | None = None
    about_environment: bool = False

    @property
    def ok(self) -> bool:
        """Whether nothing that matters was found."""
        return not any(finding.severity == "error" for finding in self.findings)

    @property
    def exit_code(self) -> int:
        """0 when it is ok, else 6 for the environment and 1 for the project."""
        if self.ok:
            return 0
        return ENVIRONMENT if self.about_environment else FINDINGS


_ORDER: dict[Severity, int] = {"error": 0, "warning": 1, "note": 2}


def worst_first(findings: Iterable[Noted]) -> tuple[Noted, ...]:
    """Return findings by severity; those of one severity stay in their order."""
    return tuple(sorted(findings, key=lambda finding: _ORDER[finding.severity]))


def section(heading: str, lines: Iterable[str]) -> tuple[Section, ...]:
    """Return a section, or none when there is nothing to say in it."""
    told = tuple(lines)
    return (Section(heading=heading, lines=told),) if told else ()


def some(names: Sequence[str], most: int = 3) -> str:
    """Return the first names in one line, and how many more there are."""
    left = len(names) - most
    return ", ".join(names[:most]) + (f" and {left} more" if left > 0 else "")
