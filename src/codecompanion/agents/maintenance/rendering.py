"""Reports as text and as JSON."""

import shlex
from collections.abc import Sequence
from typing import Any

from codecompanion.agents.maintenance.report import AgentReport, AskedModel, Noted
from codecompanion.domain.counting import counted

SCHEMA_VERSION = 1
_MARKS = {"error": "FAIL", "warning": "warn", "note": "note"}
MOST_SHOWN = 40


def as_text(report: AgentReport) -> str:
    """Return what a person wants to read: the outcome, the findings with what mends them, the facts, what was not looked at."""
    parts = [
        f"{report.agent}: {report.title}",
        "\n".join(line for finding in report.findings[:MOST_SHOWN] for line in _finding(finding)),
        _more(report.findings),
        *("\n".join([one.heading, *(f"  {line}".rstrip() for line in one.lines)]) for one in report.sections),
        _block("commands", [_command(ran.argv, ran.exit_code, ran.seconds) for ran in report.commands]),
        _block("not checked", report.not_checked),
        _asked(report.asked) if report.asked else "",
        f"with a model: {report.with_a_model}" if report.with_a_model else "",
    ]
    return "\n\n".join(part for part in parts if part)


def _asked(asked: AskedModel) -> str:
    calls = counted(asked.calls, "call")
    return f"asked: {asked.model}, {calls}, ${asked.cost_usd:.4f}   (codecompanion show {asked.run_id})"


def _finding(finding: Noted) -> list[str]:
    where = f"{finding.where}: " if finding.where else ""
    lines = [f"{_MARKS[finding.severity]}  {where}{finding.what}"]
    return [*lines, f"      fix: {finding.fix}"] if finding.fix else lines


def _more(findings: Sequence[Noted]) -> str:
    left = len(findings) - MOST_SHOWN
    return f"and {counted(left, 'more finding')}: --json has {'it' if left == 1 else 'them'}" if left > 0 else ""


def _block(heading: str, lines: Sequence[str]) -> str:
    return "\n".join([heading, *(f"  {line}" for line in lines)]) if lines else ""


def _command(argv: Sequence[str], exit_code: int | None, seconds: float) -> str:
    ended = "stopped at its time limit" if exit_code is None else f"exit code {exit_code}"
    return f"{shlex.join(argv)}   ({ended}, {seconds:.1f} s)"


def as_json(reports: Sequence[AgentReport], *, root: str, preset: str | None) -> dict[str, Any]:
    """Return one object for one or several reports."""
    return {
        "schema_version": SCHEMA_VERSION,
        "type": "agents",
        "root": root,
        "preset": preset,
        "ok": all(report.ok for report in reports),
        "exit_code": max((report.exit_code for report in reports), default=0),
        "reports": [{**report.model_dump(mode="json"), "ok": report.ok, "exit_code": report.exit_code} for report in reports],
    }
