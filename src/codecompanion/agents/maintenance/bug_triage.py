"""BugTriage: which faults are behind the failing tests, how bad each is, and where it may be. Nothing is changed."""

import shlex
from collections.abc import Sequence

import anyio

from codecompanion.agents.maintenance.catalogue import AGENTS
from codecompanion.agents.maintenance.desk import Desk
from codecompanion.agents.maintenance.report import AgentReport, Noted, Section, section, some, worst_first
from codecompanion.agents.maintenance.test_runner import Suite, measured, placed, without_tests
from codecompanion.agents.maintenance.testing.failures import Fault, group
from codecompanion.domain.checks import SuiteReport
from codecompanion.domain.counting import counted
from codecompanion.domain.errors import CodeCompanionError
from codecompanion.domain.repair import RepairTask, Suspect
from codecompanion.repair.suspicion import suspects
from codecompanion.workspace.retrieval.kinds import Kind, kind_of
from codecompanion.workspace.suite_command import plain_argv

SUSPECTS_SHOWN = 3
LONGEST_MESSAGE = 4000
"""Characters of what a failing test says: its end, where the error stands."""
TRACING_LIMIT_S = 60.0
_LOADING = frozenset(("ImportError", "ModuleNotFoundError", "SyntaxError", "IndentationError"))
_MOST_OF_ALL = 0.5


async def triage(desk: Desk) -> AgentReport:
    """Run the tests, group what fails by its cause, and trace the tests to find the suspects.

    Raises:
        EnvironmentBroken: As of the test runner.
    """
    profile = await desk.profile()
    if profile.suite is None:
        return without_tests("bug-triage", profile)
    suite = await placed(desk, profile, profile.suite)
    report = await measured(desk, suite)
    faults = group(report, desk.files.paths, str(suite.root))
    where, not_checked = await _suspects(desk, suite, report, faults)
    found = [_finding(fault, report, suite) for fault in faults]
    found += [Noted(severity="warning", what="flaky: it failed and then passed", where=test_id) for test_id in report.flaky]
    if not report.complete:
        fix = "give them more time with --timeout"
        found.append(Noted(severity="error", what="the tests did not run to their end: there may be more faults", fix=fix))
    return AgentReport(
        agent="bug-triage",
        title=f"{counted(len(faults), 'fault')} behind {counted(len(report.failing), 'failing test')}"
        if faults
        else "no test fails",
        findings=worst_first(found),
        sections=_sections(faults, where),
        figures={
            "faults": [
                {
                    "error": fault.error,
                    "text": fault.text,
                    "place": fault.place,
                    "severity": severity(fault, report),
                    "tests": list(fault.tests),
                    "message": _message(fault, report),
                    "suspects": [suspect.model_dump() for suspect in suspected],
                }
                for fault, suspected in zip(faults, where, strict=True)
            ],
            "flaky": list(report.flaky),
        },
        commands=tuple(desk.ran),
        not_checked=(*desk.notes, *not_checked),
        with_a_model=AGENTS["bug-triage"].with_a_model,
    )


def severity(fault: Fault, report: SuiteReport) -> str:
    """Return how bad a fault is, by rule.

    "critical": code cannot be loaded, or most of all tests fail of it; "high": a source breaks off with an error of its own;
    "medium": a source gives a wrong answer, or only tests are concerned.
    """
    ran = len(report.passing) + len(report.failing)
    if fault.error in _LOADING or len(fault.tests) > ran * _MOST_OF_ALL:
        return "critical"
    in_source = kind_of(fault.place.rpartition(":")[0]) is Kind.SOURCE
    return "high" if in_source and fault.error != "AssertionError" else "medium"


def _message(fault: Fault, report: SuiteReport) -> str:
    """Return what the first failing test of a fault says."""
    return next((one.message[-LONGEST_MESSAGE:] for one in report.outcomes if one.test_id == fault.tests[0]), "")


def _finding(fault: Fault, report: SuiteReport, suite: Suite) -> Noted:
    told = f"{fault.error}: {fault.text}" if fault.text else fault.error
    what = f"{severity(fault, report)}: {told} in {counted(len(fault.tests), 'test')} ({some(fault.tests, 2)})"
    return Noted(severity="error", what=what, where=fault.place, fix=f"see it: {_shortest(fault, report, suite)}")


def _shortest(fault: Fault, report: SuiteReport, suite: Suite) -> str:
    """Return the command that runs the quickest test of a fault; a suite of another runner is run whole."""
    seconds = {outcome.test_id: outcome.duration_s for outcome in report.outcomes}
    quickest = min(fault.tests, key=lambda test_id: seconds.get(test_id, 0.0))
    return shlex.join(plain_argv(suite.suite, suite.interpreter, (quickest,)))


async def _suspects(
    desk: Desk, suite: Suite, report: SuiteReport, faults: Sequence[Fault]
) -> tuple[list[tuple[Suspect, ...]], list[str]]:
    nobody: list[tuple[Suspect, ...]] = [() for _ in faults]
    if not faults:
        return nobody, []
    if suite.suite.runner == "command":
        return nobody, ["suspects: only tests of pytest and unittest can be traced"]
    desk.say("tracing the tests to find the suspects")
    await desk.renew_copy()
    task = RepairTask(
        root=str(suite.root),
        interpreter=suite.interpreter,
        suite=suite.suite,
        failing=report.failing,
        passing=report.passing,
        messages={outcome.test_id: outcome.message for outcome in report.outcomes if outcome.message},
        timeout_s=min(TRACING_LIMIT_S, desk.wishes.timeout_s),
    )
    groups = [fault.tests for fault in faults]
    try:
        with anyio.fail_after(task.timeout_s):
            return await suspects(await desk.sandbox(), task, groups, most=SUSPECTS_SHOWN), []
    except (CodeCompanionError, TimeoutError) as error:
        return nobody, [f"suspects: the tests could not be traced ({error or 'the time was over'})"]


def _sections(faults: Sequence[Fault], where: Sequence[Sequence[Suspect]]) -> tuple[Section, ...]:
    found: list[Section] = []
    for fault, suspected in zip(faults, where, strict=True):
        lines = (f"{one.path}:{one.line} in {one.function or 'the module'} ({one.reason})" for one in suspected)
        found += section(f"suspects of {fault.error} at {fault.place or 'no place of the project'}", lines)
    return tuple(found)
