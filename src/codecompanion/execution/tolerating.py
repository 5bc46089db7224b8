"""Measure a project that may have no tests, or whose tests cannot be run here: then nothing proves that behaviour is kept."""

from dataclasses import replace

from codecompanion.domain.checks import Counts
from codecompanion.domain.commands import Record
from codecompanion.domain.errors import LimitReached
from codecompanion.domain.events import BaseMeasured, Snapshotted
from codecompanion.domain.state import Running
from codecompanion.domain.tidying import WorkKind
from codecompanion.execution.knowing import measure_base
from codecompanion.execution.measuring import Measured, measure
from codecompanion.execution.required_checks import WITHOUT_PROOF, RequiredChecks
from codecompanion.execution.tolerant_checks import TolerantChecks
from codecompanion.execution.toolbox import Toolbox


async def measure_base_tolerantly(tools: Toolbox, state: Running) -> None:
    """Write down what the tests say before anything is changed; nothing, where there are none."""
    assert state.base is not None
    tests = await measure_tolerantly(tools, state, state.base, "measure:base")
    if tests is None:
        await tools.journal.derive("measured", Record(BaseMeasured(counts=Counts(), failing=(), evidence=())))
        return
    report = tests.report
    if not report.complete:
        raise LimitReached("the tests did not end within the run's time", fix="raise --timeout")
    conclusion = BaseMeasured(counts=report.counts, failing=report.failing, flaky=report.flaky, evidence=tests.evidence)
    await tools.journal.derive("measured", Record(conclusion))


async def measure_base_of_team(tools: Toolbox, state: Running) -> None:
    """Write down what the tests say before anything is changed, and stop a team whose tests cannot be run before it is paid.

    A project that has no tests at all is changed without them, and so is one whose user allows it.

    Raises:
        TestsUnavailable: There are tests, or a configuration of such, and none can be run.
    """
    profile, repair = state.profile, state.request.kind is WorkKind.REPAIR
    if profile is not None and profile.suite is None and not repair:
        tools.hearing.say("the project has no tests: nothing can prove the change, and it will be unverified")
    if profile is not None and (repair or not state.request.allow_no_tests):
        way_out = "" if repair else WITHOUT_PROOF
        tools = replace(tools, checks=RequiredChecks(tools.checks, profile, way_out=way_out))
    await (measure_base if repair else measure_base_tolerantly)(tools, state)


async def measure_tolerantly(tools: Toolbox, state: Running, tree: Snapshotted, key: str) -> Measured | None:
    """Return what the project's tests say of a tree, None when it has none."""
    if state.profile is None or state.profile.suite is None or state.profile.interpreter is None:
        return None
    return await measure(replace(tools, checks=TolerantChecks(tools.checks)), state, tree, key=key)
