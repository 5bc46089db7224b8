"""The first steps: the worktree, the project, the base."""

from pathlib import Path

from codecompanion.domain.commands import Command, Record
from codecompanion.domain.errors import BadInput, LimitReached
from codecompanion.domain.events import BaseMeasured, RepoProfiled, TreeSnapshotted
from codecompanion.domain.state import Running
from codecompanion.execution.measuring import measure, suite_of
from codecompanion.execution.toolbox import Toolbox


async def prepare_tree(tools: Toolbox, state: Running) -> None:
    """Make the run's worktree at the base commit and record its tree."""

    async def effect() -> Command:
        request = state.request
        tree = await tools.workspace.prepare(
            tools.run_id, Path(request.repo), request.base_commit, include_uncommitted=request.include_uncommitted
        )
        return Record(TreeSnapshotted(label="base", tree=tree.tree, commit=tree.commit, ref=tree.ref))

    await tools.journal.once("prepare", effect)


async def profile_project(tools: Toolbox, state: Running) -> None:
    """Find out what kind of project it is."""

    async def effect() -> Command:
        request = state.request
        root = tools.workspace.path(tools.run_id)
        profile = await tools.detector.profile(
            root, python=request.python, test_command=request.test_command, home=Path(request.repo)
        )
        return Record(RepoProfiled(profile=profile))

    await tools.journal.once("profile", effect)


async def measure_base(tools: Toolbox, state: Running) -> None:
    """Write down what fails before anything is changed."""
    suite_of(state)
    assert state.base is not None
    measured = await measure(tools, state, state.base, key="measure:base")
    report = measured.report
    if not report.outcomes:
        raise BadInput(
            "the project has no tests: nothing says what is broken, and nothing could prove a fix",
            fix="add a failing test, or name the command with --test-command",
        )
    if not report.complete:
        raise LimitReached(
            "the tests did not end within the run's time", cause=_where_it_stopped(report.failing), fix="raise --timeout"
        )
    conclusion = BaseMeasured(counts=report.counts, failing=report.failing, flaky=report.flaky, evidence=measured.evidence)
    await tools.journal.derive("measured", Record(conclusion))


def _where_it_stopped(failing: tuple[str, ...]) -> str:
    return f"the last test begun was {failing[-1]}" if failing else ""
