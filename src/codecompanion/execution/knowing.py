"""The first steps: the worktree, the project, the base."""

from collections.abc import Sequence
from pathlib import Path

from codecompanion.domain.commands import Command, Record, RecordAll
from codecompanion.domain.errors import BadInput, LimitReached
from codecompanion.domain.events import BaseMeasured, BroughtFile, IgnoredFilesBrought, LeftOut, RepoProfiled, TreeSnapshotted
from codecompanion.domain.state import Running
from codecompanion.execution.measuring import measure, suite_of
from codecompanion.execution.toolbox import Toolbox
from codecompanion.ports import Brought

_NAMED = 3


async def prepare_tree(tools: Toolbox, state: Running) -> None:
    """Make the run's worktree at the base commit and record its tree."""

    async def effect() -> Command:
        request = state.request
        tree = await tools.workspace.prepare(
            tools.run_id, Path(request.repo), request.base_commit, include_uncommitted=request.include_uncommitted
        )
        base = TreeSnapshotted(label="base", tree=tree.tree, commit=tree.commit, ref=tree.ref)
        found = await tools.workspace.gather(tools.run_id, Path(request.repo), tree.commit)
        if not (found.files or found.left_out):
            return Record(base)
        tools.hearing.say(_sentence(found))
        return RecordAll((base, _fact(found)))

    await tools.journal.once("prepare", effect)


def _sentence(found: Brought) -> str:
    some = _some([path for path, _, _ in found.files])
    taken = f"the code needs {some}, which git ignores: the tests find it as it is in your folder" if some else ""
    left = "; ".join(f"git does not have {paths}, left out: {why}" for why, paths in _by_reason(found).items())
    return "; ".join(filter(None, (taken, left)))


def _by_reason(found: Brought) -> dict[str, str]:
    """Return the paths that were left out, in words, by the reason."""
    paths: dict[str, list[str]] = {}
    for path, why in found.left_out:
        paths.setdefault(why, []).append(path)
    return {why: _some(named) for why, named in paths.items()}


def _some(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return ", ".join(paths[:_NAMED]) + more


def _fact(found: Brought) -> IgnoredFilesBrought:
    return IgnoredFilesBrought(
        commit=found.commit,
        files=tuple(BroughtFile(path=path, blob=blob, size=size) for path, blob, size in found.files),
        left_out=tuple(LeftOut(path=path, why=why) for path, why in found.left_out),
    )


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
