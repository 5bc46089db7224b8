"""TestRunner: the tests in the cage, on a copy; what fails by cause, what is flaky, what is slow."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio

from codecompanion.agents.maintenance.catalogue import AGENTS
from codecompanion.agents.maintenance.desk import Desk
from codecompanion.agents.maintenance.report import AgentReport, Noted, Ran, Section, section, some, worst_first
from codecompanion.agents.maintenance.testing.failures import Fault, group, slowest
from codecompanion.agents.maintenance.testing.impact import Impact, impact
from codecompanion.agents.maintenance.testing.junit_file import write_junit
from codecompanion.agents.maintenance.testing.selecting import limited_to
from codecompanion.domain.checks import SuiteReport
from codecompanion.domain.counting import counted
from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.domain.project import Interpreter, ProjectProfile, TestSuite
from codecompanion.ports import Measurement
from codecompanion.workspace.checks import CagedChecks

TEST_LIMIT_S = 60.0
TESTS_THAT_MAY_HANG = 10
"""One hanging test may take this fraction of the time."""
_SLOW_S, _SLOWEST = 0.5, 10
_SHOWN = 20
_HANGS_S = 4.0


@dataclass(frozen=True, slots=True)
class Suite:
    """How the tests are run, where, and by whom."""

    root: Path
    suite: TestSuite
    interpreter: Interpreter
    packages: tuple[str, ...]


async def run_tests(desk: Desk) -> AgentReport:
    """Run the tests, or those that reach what has changed, and say what came of them.

    Raises:
        BadInput: `--impacted` cannot be answered here.
        EnvironmentBroken: The tests cannot be run: a module, the interpreter or the sandbox is missing.
    """
    profile = await desk.profile()
    if profile.suite is None:
        return without_tests("test-runner", profile)
    reached = await impact(desk) if desk.wishes.impacted else None
    if reached is not None and not reached.everything and not reached.tests:
        return _nothing_reached(reached)
    suite, remarks = limited_to(profile.suite, reached, desk.files)
    told = await measured(desk, await placed(desk, profile, suite))
    if desk.wishes.junit is not None:
        await anyio.to_thread.run_sync(write_junit, desk.wishes.junit, told)
    return _report(desk, profile, told, reached, remarks)


async def placed(desk: Desk, profile: ProjectProfile, suite: TestSuite) -> Suite:
    """Return how a suite runs on a copy of the project.

    Raises:
        EnvironmentBroken: There is no interpreter.
    """
    if profile.interpreter is None:
        raise EnvironmentBroken("no Python interpreter was found for the project", fix="name one with --python")
    copy = await desk.copy()
    if not await _link_node_modules(desk):
        return Suite(copy, suite, profile.interpreter, profile.packages)
    prefixes = (*profile.interpreter.prefixes, str(desk.root / "node_modules"))
    return Suite(copy, suite, profile.interpreter.model_copy(update={"prefixes": prefixes}), profile.packages)


async def _link_node_modules(desk: Desk) -> bool:
    """Let the copy have the packages of Node, which the cage shows where they are; False when there are none."""
    modules, link = anyio.Path(desk.root / "node_modules"), anyio.Path(await desk.copy() / "node_modules")
    if not await modules.is_dir():
        return False
    if not await link.is_symlink():
        await link.symlink_to(modules)
    return True


async def measured(desk: Desk, suite: Suite) -> SuiteReport:
    """Run the tests, then those that failed once more: one that passes then is flaky."""
    limit_s, elapsed = desk.wishes.timeout_s, desk.stopwatch()
    desk.say("running the tests")
    checks = CagedChecks(await desk.sandbox(), test_limit_s=min(TEST_LIMIT_S, limit_s / TESTS_THAT_MAY_HANG))
    first = await _once(desk, checks, suite, None, limit_s)
    report = first.report
    again = [o.test_id for o in report.outcomes if o.outcome in ("failed", "error") and o.duration_s < _HANGS_S]
    if not again or not report.complete or suite.suite.runner == "command":
        return report
    desk.say(f"running {counted(len(again), 'failed test')} again, on a new copy")
    await desk.renew_copy()
    await _link_node_modules(desk)
    second = await _once(desk, checks, suite, again, max(1.0, limit_s - elapsed()))
    passed = frozenset(second.report.passing)
    return report.model_copy(update={"flaky": tuple(test_id for test_id in again if test_id in passed)})


async def _once(desk: Desk, checks: CagedChecks, suite: Suite, only: Sequence[str] | None, limit_s: float) -> Measurement:
    ended = 0

    def on_test(_test_id: str, _outcome: str) -> None:
        nonlocal ended
        ended += 1
        if ended % 100 == 0:
            desk.say(f"{ended} tests have ended")

    told = await checks.measure(
        suite.root, suite.suite, suite.interpreter, packages=suite.packages, only=only, timeout_s=limit_s, on_test=on_test
    )
    result = told.result
    desk.ran.append(Ran(argv=told.argv, exit_code=result.exit_code, seconds=round(result.duration_s, 3)))
    return told


def without_tests(agent: str, profile: ProjectProfile) -> AgentReport:
    """Return the report of an agent that needs tests and finds none."""
    fix = 'name the command with --test-command, for example --test-command "python -m pytest tests"'
    what = f"no tests were found that can be run; the project looks like {profile.language.value}"
    return AgentReport(
        agent=agent,
        title="there are no tests to run",
        findings=(Noted(severity="error", what=what, fix=fix),),
        figures={"tests": None},
        with_a_model=AGENTS[agent].with_a_model,
    )


def _nothing_reached(reached: Impact) -> AgentReport:
    title = "no test reaches what has changed" if reached.changed else "nothing has changed since the base"
    return AgentReport(
        agent="test-runner",
        title=title,
        sections=section("changed", reached.changed[:_SHOWN]),
        figures={"tests": None, "changed": list(reached.changed), "impacted": []},
        with_a_model=AGENTS["test-runner"].with_a_model,
    )


def _report(
    desk: Desk, profile: ProjectProfile, report: SuiteReport, reached: Impact | None, remarks: Sequence[str]
) -> AgentReport:
    faults = group(report, desk.files.paths, str(desk.scratch / "copy"))
    counts = report.counts
    tests = f"{counts.passed} passed, {counts.failed + counts.errors} failed, {counts.skipped} skipped"
    command = f"{profile.test_command.value} ({profile.test_command.reason})" if profile.test_command else ""
    return AgentReport(
        agent="test-runner",
        title=tests + (f", {counts.flaky} flaky" if counts.flaky else ""),
        findings=worst_first(_findings(report, faults, repairable=profile.language.value == "python")),
        sections=(*section("command", filter(None, [command])), *_slow(report), *_impacted(reached)),
        figures={
            "tests": counts.model_dump(),
            "complete": report.complete,
            "flaky": list(report.flaky),
            "faults": [{"error": f.error, "text": f.text, "place": f.place, "tests": list(f.tests)} for f in faults],
            "changed": list(reached.changed) if reached else None,
            "impacted": list(reached.tests) if reached and not reached.everything else None,
        },
        commands=tuple(desk.ran),
        not_checked=(*desk.notes, *remarks),
        with_a_model=AGENTS["test-runner"].with_a_model,
    )


def _findings(report: SuiteReport, faults: Sequence[Fault], *, repairable: bool) -> Iterator[Noted]:
    for fault in faults:
        told = f"{fault.error}: {fault.text}" if fault.text else fault.error
        fix = 'codecompanion run "fix the failing tests"' if repairable else ""
        yield Noted(
            severity="error",
            what=f"{counted(len(fault.tests), 'test')} failed, {told} [{some(fault.tests)}]",
            where=fault.place,
            fix=fix,
        )
    if not report.complete:
        yield Noted(severity="error", what="the tests did not run to their end", fix="give them more time with --timeout")
    for test_id in report.flaky:
        yield Noted(severity="warning", what="the test failed and then passed on the same files", where=test_id)
    if not report.outcomes:
        yield Noted(severity="error", what="the command ran no test")


def _slow(report: SuiteReport) -> tuple[Section, ...]:
    slow = slowest(report.outcomes, most=_SLOWEST, at_least_s=_SLOW_S)
    return section("slowest tests", (f"{outcome.duration_s:.2f} s  {outcome.test_id}" for outcome in slow))


def _impacted(reached: Impact | None) -> tuple[Section, ...]:
    if reached is None:
        return ()
    if reached.everything:
        return section("all tests were run", [reached.everything])
    return section("test files that reach what has changed", reached.tests[:_SHOWN])
