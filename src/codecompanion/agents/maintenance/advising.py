"""What a model is asked beside the rules, and how what it says goes into the report: as an opinion, checked where it can be."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from codecompanion.agents.briefing import LONGEST_DIFF
from codecompanion.agents.maintenance.desk import Desk
from codecompanion.agents.maintenance.pr_preparer import issues_in
from codecompanion.agents.maintenance.pulling.branch import diff_of
from codecompanion.agents.maintenance.report import AgentReport, AskedModel, Noted, Section, section, some, worst_first
from codecompanion.domain.artifacts import Diagnosis, PullRequest, Triage
from codecompanion.domain.counting import counted
from codecompanion.domain.team import Role
from codecompanion.safe_open import read_file

ROLES: Mapping[str, Role] = {"bug-triage": Role.BUG_TRIAGE, "pr-preparer": Role.PR_PREPARER}
TITLES: Mapping[Role, str] = {
    Role.BUG_TRIAGE: "Say what is behind the failing tests",
    Role.PR_PREPARER: "Write the words of the pull request",
}
FAULTS_TOLD = 12
"""So many faults a model is told of; the report has all."""
NO_SUCH_PLACE = "the files have no such place"


def facts_of(role: Role, report: AgentReport, below: str = "") -> str:
    """Return what a report found, for a model, "" when there is nothing to ask of.

    `below` is the project's folder in its repository, "" for its root.
    """
    figures: dict[str, Any] = report.figures
    if role is Role.PR_PREPARER:
        return _of_a_branch(report) if figures.get("by_rule") else ""
    faults: list[dict[str, Any]] = figures.get("faults") or []
    if not faults:
        return ""
    place = f"Paths are relative to {below}/.\n\n" if below else ""
    more = f"\n\nand {counted(len(faults) - FAULTS_TOLD, 'more fault')}" if len(faults) > FAULTS_TOLD else ""
    told = [_of_a_fault(number, fault) for number, fault in enumerate(faults[:FAULTS_TOLD], 1)]
    return place + "\n\n".join(told) + more


def _of_a_fault(number: int, fault: Mapping[str, Any]) -> str:
    suspects = [f"- {one['path']}:{one['line']} in {one['function'] or 'the module'}" for one in fault["suspects"]]
    return "\n".join(
        [
            f"## Fault {number}: {fault['error']} at {fault['place'] or 'no place of the project'} ({fault['severity']})",
            f"Failing tests: {some(fault['tests'], 5)}",
            *(["Suspicious lines, the most suspicious first:", *suspects] if suspects else []),
            f"{fault['tests'][0]} says:",
            *(f"    {line}" for line in str(fault["message"]).splitlines()),
        ]
    )


def _of_a_branch(report: AgentReport) -> str:
    figures: dict[str, Any] = report.figures
    found = [f"- {one.where}: {one.what}" for one in report.findings]
    name = figures["branch"] or "a detached head"
    return "\n\n".join(
        [
            f"The branch {name} is to go to {figures['base']}. By rule its title would be: {figures['title']}",
            "The words of its commits, oldest first:\n\n" + str(figures["by_rule"]["words"]).partition("\n\n")[2],
            "Added by rule, whatever you write:\n" + str(figures["by_rule"]["rest"]),
            *(["What rules found in the change:\n\n" + "\n".join(found)] if found else []),
        ]
    )


async def diff_for(role: Role, desk: Desk, report: AgentReport) -> str:
    """Return the change that a model is to see, "" for none; the end of a very long one is left out."""
    if role is not Role.PR_PREPARER or desk.git is None:
        return ""
    diff = await diff_of(desk.git, str(report.figures["base"]))
    return (
        diff if len(diff) <= LONGEST_DIFF else f"{diff[:LONGEST_DIFF]}\n(the diff goes on: {len(diff):,} characters in all)\n"
    )


def with_answer(report: AgentReport, asked: AskedModel, answer: Triage | PullRequest | None, root: Path) -> AgentReport:
    """Return a report with what a model said; without an answer it stays as the rules made it, and says so."""
    changed = {"asked": asked, "with_a_model": ""}
    match answer:
        case Triage():
            sections = (*report.sections, *_diagnoses(answer, asked.model, report, root))
            return report.model_copy(update={**changed, "sections": sections})
        case PullRequest():
            return _with_words(report, answer).model_copy(update=changed)
        case None:
            lacks = f"what {asked.model} says: {asked.why}; the report is by rule alone"
            return report.model_copy(update={**changed, "not_checked": (*report.not_checked, lacks)})


def _diagnoses(triage: Triage, model: str, report: AgentReport, root: Path) -> tuple[Section, ...]:
    faults: list[dict[str, Any]] = list(report.figures["faults"])  # type: ignore[call-overload]
    lines = [line for one in triage.diagnoses for line in _diagnosis(one, faults, root)]
    return section(f"what {model} says, the first to mend first (an opinion: nothing measured it)", lines)


def _diagnosis(said: Diagnosis, faults: list[dict[str, Any]], root: Path) -> list[str]:
    known = said.fault <= len(faults)
    which = (
        f"{faults[said.fault - 1]['error']} at {faults[said.fault - 1]['place']}"
        if known
        else "there is no fault of this number"
    )
    where = said.where if not said.where or _is_there(root, said.where) else f"{said.where} ({NO_SUCH_PLACE})"
    told = (("cause", said.cause), ("where", where), ("remedy", said.remedy))
    return [
        f"fault {said.fault}, {which}; sure to {said.confidence} of 100",
        f"  {' '.join(said.what_went_wrong.split())}",
        *(f"  {name}: {' '.join(text.split())}" for name, text in told if text),
    ]


def _is_there(root: Path, where: str) -> bool:
    """Whether a file of the project has the line that is named."""
    path, _, lines = where.partition(":")
    try:
        count = read_file(root, path).count(b"\n") + 1
    except (OSError, ValueError):
        return False
    first = lines.partition("-")[0]
    return not lines or (first.isdecimal() and 1 <= int(first[:9]) <= count)


def _with_words(report: AgentReport, said: PullRequest) -> AgentReport:
    figures: dict[str, Any] = report.figures
    body = f"{said.summary.strip()}\n{figures['by_rule']['rest']}"
    made_up = [number for number in issues_in(f"{said.title}\n{said.summary}") if number not in figures["closes"]]
    findings = [
        Noted(
            severity="warning",
            what=f"the model's words close #{number}, which no commit names",
            fix="take them out, or say it in a commit",
        )
        for number in made_up
    ]
    return report.model_copy(
        update={
            "findings": worst_first((*report.findings, *findings)),
            "sections": (*section("title", [said.title]), *section("body", body.splitlines())),
            "figures": {**figures, "title": said.title, "body": body},
        }
    )
