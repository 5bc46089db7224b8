"""Run the suite, keep the evidence, tell flaky tests from failing ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from codecompanion.domain.checks import SuiteReport, TestOutcome
from codecompanion.domain.commands import Command, Record
from codecompanion.domain.comparison import Verdict, compare
from codecompanion.domain.envelope import Event
from codecompanion.domain.errors import BadInput, EnvironmentBroken
from codecompanion.domain.events import CommandExecuted, Snapshotted, decode
from codecompanion.domain.project import Interpreter, TestSuite
from codecompanion.domain.state import Running
from codecompanion.domain.tidying import WorkKind
from codecompanion.execution.toolbox import Toolbox

RERUNS = 1
"""How often failing tests are run again in a clean process: one that passes is flaky. The search runs them more often."""

HANGS_S = 4.0
"""A failing test that took this long is not run again."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A suite's report and the ids of the events that are its evidence."""

    report: SuiteReport
    evidence: tuple[str, ...]


def judge(base: SuiteReport, state: Running, report: SuiteReport) -> Verdict:
    """Compare a changed tree's report with the base's; flaky tests are held against nothing.

    Tests that failed on the base must pass only in a run that is to repair them.
    """
    measured = state.measured
    assert measured is not None
    verdict = compare(report, passing=base.passing, failing=measured.failing, flaky=measured.flaky)
    if state.request.kind is WorkKind.REPAIR:
        return verdict
    return Verdict(verdict.broken, (), report.complete and not verdict.broken)


def suite_of(state: Running) -> tuple[TestSuite, Interpreter]:
    """Return how the project's tests run.

    Raises:
        BadInput: There are no tests that we know how to run.
        EnvironmentBroken: There is no interpreter for them.
    """
    profile = state.profile
    if profile is None or profile.suite is None:
        language = profile.language.value if profile else "unknown"
        raise BadInput(
            "no tests were found that can be run",
            cause=f"the project looks like {language}",
            fix='name the command with --test-command, for example --test-command "python -m pytest tests"',
        )
    if profile.interpreter is None:
        raise EnvironmentBroken("no Python interpreter was found for the project", fix="name one with --python")
    return profile.suite, profile.interpreter


async def measure(tools: Toolbox, state: Running, tree: Snapshotted, *, key: str) -> Measured:
    """Run the whole suite on a recorded tree, then the failing tests again, and return what holds.

    A test that was steady on the base is flaky only when it also passes in a second run of the whole suite.
    """
    first = await _run(tools, state, tree, key=key, only=None)
    report, evidence = await _report(tools, first), [first.event_id]
    passed_once: set[str] = set()
    failing = tuple(outcome.test_id for outcome in report.outcomes if _worth_repeating(outcome))
    for rerun in range(1, RERUNS + 1) if report.complete else ():
        again = [test_id for test_id in failing if test_id not in passed_once]
        if not again or _cannot_repeat(state):
            break
        event = await _run(tools, state, tree, key=f"{key}:again:{rerun}", only=again)
        passed_once.update((await _report(tools, event)).passing)
        evidence.append(event.event_id)
    flaky = tuple(test_id for test_id in failing if test_id in passed_once)
    if any(_was_steady(state, test_id) for test_id in flaky):
        # It may fail only beside the others, because the change lets one test disturb another: that is no chance.
        event = await _run(tools, state, tree, key=f"{key}:whole-again", only=None)
        passing = frozenset((await _report(tools, event)).passing)
        flaky = tuple(test_id for test_id in flaky if test_id in passing)
        evidence.append(event.event_id)
    return Measured(report.model_copy(update={"flaky": flaky}), tuple(evidence))


async def measure_only(tools: Toolbox, state: Running, tree: Snapshotted, only: Sequence[str], *, key: str) -> Measured:
    """Run some of the tests on a recorded tree, once, and return what they say."""
    event = await _run(tools, state, tree, key=key, only=list(only))
    return Measured(await _report(tools, event), (event.event_id,))


def _was_steady(state: Running, test_id: str) -> bool:
    measured = state.measured
    return measured is not None and test_id not in (*measured.failing, *measured.flaky)


def _worth_repeating(outcome: TestOutcome) -> bool:
    # A test that hung is taken at its word: to wait for it again would cost more than it tells.
    return outcome.outcome in ("failed", "error") and outcome.duration_s < HANGS_S


def _cannot_repeat(state: Running) -> bool:
    return suite_of(state)[0].runner == "command"


async def _run(tools: Toolbox, state: Running, tree: Snapshotted, *, key: str, only: list[str] | None) -> Event:
    events = await tools.journal.once(key, lambda: _execute(tools, state, tree, purpose=key, only=only))
    return events[0]


async def _execute(tools: Toolbox, state: Running, tree: Snapshotted, *, purpose: str, only: list[str] | None) -> Command:
    suite, interpreter = suite_of(state)
    if tree != state.head:
        await tools.workspace.restore(tools.run_id, Path(state.request.repo), tree.commit)
    measurement = await tools.checks.measure(
        tools.workspace.path(tools.run_id),
        suite,
        interpreter,
        packages=state.profile.packages if state.profile else (),
        only=only,
        timeout_s=tools.deadline.left_s(purpose="the tests were run"),
        on_test=tools.hearing.on_test,
    )
    # The tests are strangers' code: whatever they did to the worktree is undone.
    await tools.workspace.restore(tools.run_id, Path(state.request.repo), (state.head or tree).commit)
    result = measurement.result
    output = (result.stdout + result.stderr).decode(errors="replace")
    return Record(
        CommandExecuted(
            purpose=purpose,
            argv=measurement.argv,
            exit_code=result.exit_code,
            exceeded=result.exceeded,
            duration_s=round(result.duration_s, 3),
            tree=tree.tree,
            sandbox=tools.sandbox_rung,
            output_sha256=await tools.blobs.put(tools.redact(output).encode()),
            report_sha256=await tools.blobs.put(_without_secrets(tools, measurement.report).model_dump_json().encode()),
        )
    )


def _without_secrets(tools: Toolbox, report: SuiteReport) -> SuiteReport:
    outcomes = [outcome.model_copy(update={"message": tools.redact(outcome.message)}) for outcome in report.outcomes]
    return report.model_copy(update={"outcomes": tuple(outcomes)})


async def report_of_base(tools: Toolbox) -> SuiteReport | None:
    """Return what the suite said on the base, None when the base has no tests."""
    try:
        report, _ = await base_report(tools)
    except KeyError:
        return None
    return report


async def base_report(tools: Toolbox) -> tuple[SuiteReport, float]:
    """Return what the suite said on the base, before reruns, and how many seconds it took."""
    (event,) = await tools.journal.recall("measure:base")
    executed = decode(event)
    assert isinstance(executed, CommandExecuted)
    return await _report(tools, event), executed.duration_s


async def _report(tools: Toolbox, event: Event) -> SuiteReport:
    executed = decode(event)
    assert isinstance(executed, CommandExecuted)
    return SuiteReport.model_validate_json(await tools.blobs.get(executed.report_sha256))
