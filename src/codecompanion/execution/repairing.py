"""The builtin mind's task: search, patch, verify."""

import time
from pathlib import Path

import anyio

from codecompanion.domain.artifacts import ScopeContract
from codecompanion.domain.checks import SuiteReport
from codecompanion.domain.commands import Command, Record, StartTask
from codecompanion.domain.errors import EnvironmentBroken, ModelUnavailable, PolicyRefused
from codecompanion.domain.events import (
    ChecksCompleted,
    SearchCompleted,
    TreeSnapshotted,
    decode,
)
from codecompanion.domain.repair import CandidatePatch, RepairResult, RepairTask
from codecompanion.domain.scope import allows
from codecompanion.domain.state import MAX_ATTEMPTS, Running, brought_paths, tree_label
from codecompanion.domain.steps import PatchTree, SearchRepair, VerifyTree
from codecompanion.execution.calling_team import SEARCH_SHARE, begin_with_builtin
from codecompanion.execution.measuring import base_report, judge, measure, suite_of
from codecompanion.execution.planning import scope_of
from codecompanion.execution.toolbox import Toolbox

BUILTIN = "builtin"
VERIFY_RESERVE_S = 2.0
VERIFY_SHARE = 2.0
"""Of a run's time, so many times the base suite's duration (plus the reserve) is kept for verifying what is found."""
SUSPECTS_SHOWN = 5


async def search_repair(tools: Toolbox, state: Running, step: SearchRepair) -> None:
    """Let the builtin mind look for patches that make the failing tests pass."""
    if state.may_call_team:
        await begin_with_builtin(tools, step.task_id)
    await tools.journal.derive(f"start:{step.task_id}:{step.attempt}", StartTask(step.task_id, BUILTIN, step.attempt))
    base = await base_report(tools)
    search = _search_or_leave if state.may_call_team else _search
    await tools.journal.once(f"search:{step.task_id}", lambda: search(tools, state, step.task_id, *base), actor=BUILTIN)


async def _search_or_leave(tools: Toolbox, state: Running, task_id: str, report: SuiteReport, suite_s: float) -> Command:
    """Search; where that cannot be done, find nothing, because others stand behind the builtin mind."""
    try:
        return await _search(tools, state, task_id, report, suite_s)
    except (EnvironmentBroken, ModelUnavailable) as error:
        tools.hearing.say(f"the builtin mind cannot search here: {error.what}")
        return await _searched(tools, task_id, {}, RepairResult(), 0.0)


async def _search(tools: Toolbox, state: Running, task_id: str, report: SuiteReport, suite_s: float) -> Command:
    suite, interpreter = suite_of(state)
    if suite.runner == "command":
        raise ModelUnavailable(
            "the builtin mind repairs projects whose tests run with pytest or unittest",
            cause=f"the test command is {' '.join(suite.args)!r}",
            fix="give it the pytest command with --test-command",
        )
    assert state.measured is not None
    root = tools.workspace.path(tools.run_id)
    left_s = tools.deadline.left_s(purpose="the search began")
    task = RepairTask(
        root=str(root),
        interpreter=interpreter,
        suite=suite,
        failing=state.measured.failing,
        passing=tuple(test_id for test_id in report.passing if test_id not in state.measured.flaky),
        messages={outcome.test_id: outcome.message for outcome in report.outcomes if outcome.message},
        protected=(*_protected(root, await scope_of(tools, state)), *brought_paths(state)),
        timeout_s=_search_s(left_s * SEARCH_SHARE if state.may_call_team else left_s, suite_s),
        seed=state.request.seed,
        weights=dict(tools.template_weights),
    )
    started, found = time.monotonic(), list[RepairResult]()
    try:
        result = await tools.repairer.repair(task, on_progress=tools.hearing.on_search, on_found=found.append)
    except anyio.get_cancelled_exc_class():
        if found:
            with anyio.CancelScope(shield=True):
                searched = await _searched(tools, task_id, task.weights, found[-1], time.monotonic() - started)
                await tools.journal.derive(f"search:{task_id}", searched, actor=BUILTIN)
        raise
    duration_s = time.monotonic() - started
    await tools.workspace.restore(tools.run_id, Path(state.request.repo), _base_commit(state))
    return await _searched(tools, task_id, task.weights, result, duration_s)


def _search_s(left_s: float, suite_s: float) -> float:
    """Return how long may be searched, so that time is left for verifying what is found."""
    return max(1.0, left_s - min(VERIFY_RESERVE_S + VERIFY_SHARE * suite_s, left_s / 2))


async def _searched(
    tools: Toolbox, task_id: str, weights: dict[str, float], result: RepairResult, duration_s: float
) -> Command:
    return Record(
        SearchCompleted(
            task_id=task_id,
            candidates_tried=result.candidates_tried,
            plausible=len(result.patches),
            exhausted=result.exhausted,
            duration_s=round(duration_s, 3),
            suspects=result.suspects[:SUSPECTS_SHOWN],
            flaky=result.flaky,
            templates=tuple(patch.template for patch in result.patches[:MAX_ATTEMPTS]),
            weights=weights,
            result_sha256=await tools.blobs.put(result.model_dump_json().encode()),
        )
    )


def _base_commit(state: Running) -> str:
    assert state.base is not None
    return state.base.commit


def _protected(root: Path, scope: ScopeContract) -> tuple[str, ...]:
    paths = (path.relative_to(root).as_posix() for path in root.rglob("*.py"))
    return tuple(sorted(path for path in paths if not allows(scope, path)))


async def patch_tree(tools: Toolbox, state: Running, step: PatchTree) -> None:
    """Write the attempt's patch into the worktree and record the tree."""
    await tools.journal.derive(f"start:{step.task_id}:{step.attempt}", StartTask(step.task_id, BUILTIN, step.attempt))
    candidate = (await search_result(tools, step.task_id)).patches[step.attempt - 1]
    scope = await scope_of(tools, state)
    if outside := [path for path in candidate.files if not allows(scope, path)]:
        raise PolicyRefused(f"a patch of the builtin mind would change {outside[0]!r}, which its contract forbids")
    key = f"patch:{step.task_id}:{step.attempt}"
    await tools.journal.once(key, lambda: _write(tools, state, step, candidate), actor=BUILTIN)


async def search_result(tools: Toolbox, task_id: str) -> RepairResult:
    """Return what the search of a task found, from the log."""
    searched, _ = await search_of(tools, task_id)
    return RepairResult.model_validate_json(await tools.blobs.get(searched.result_sha256))


async def search_of(tools: Toolbox, task_id: str) -> tuple[SearchCompleted, str]:
    """Return how the search of a task ended, and the id of the event that says so."""
    for event in await tools.journal.recall(f"search:{task_id}"):
        if isinstance(searched := decode(event), SearchCompleted):
            return searched, event.event_id
    raise KeyError(task_id)


async def _write(tools: Toolbox, state: Running, step: PatchTree, candidate: CandidatePatch) -> Command:
    repo = Path(state.request.repo)
    await tools.workspace.restore(tools.run_id, repo, _base_commit(state))
    files = {path: text.encode() for path, text in candidate.files.items()}
    await tools.workspace.write(tools.run_id, files)
    tree = await tools.workspace.snapshot(
        tools.run_id, repo, version=step.attempt, parent=_base_commit(state), message=candidate.description
    )
    label = tree_label(step.task_id, step.attempt)
    return Record(TreeSnapshotted(label=label, tree=tree.tree, commit=tree.commit, ref=tree.ref))


async def verify_tree(tools: Toolbox, state: Running, step: VerifyTree) -> None:
    """Run the whole suite on the patched tree in a clean process and compare it with the base."""
    assert state.head is not None
    assert state.measured is not None
    base, _ = await base_report(tools)
    measured = await measure(tools, state, state.head, key=f"verify:{step.task_id}:{step.attempt}")
    verdict = judge(base, state, measured.report)
    checks = ChecksCompleted(
        task_id=step.task_id,
        attempt=step.attempt,
        tree=state.head.tree,
        counts=measured.report.counts,
        broken=verdict.broken,
        still_failing=verdict.still_failing,
        flaky=measured.report.flaky,
        passed=verdict.passed,
        evidence=measured.evidence,
    )
    await tools.journal.derive(f"checked:{step.task_id}:{step.attempt}", Record(checks))
