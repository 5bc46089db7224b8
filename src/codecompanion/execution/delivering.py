"""The last steps: the branch, the user's working tree, the end."""

from datetime import datetime
from pathlib import Path

from codecompanion.domain.advising import is_advice
from codecompanion.domain.commands import ApplyPatch, Command, CompleteRun, DeliverBranch
from codecompanion.domain.counting import counted
from codecompanion.domain.errors import PolicyRefused
from codecompanion.domain.events import BranchDelivered, PatchApplied, RunStatus
from codecompanion.domain.state import Running
from codecompanion.domain.steps import Finish
from codecompanion.domain.tidying import WorkKind, remain
from codecompanion.execution.reporting import branch_name, delivered_patch
from codecompanion.execution.toolbox import Toolbox
from codecompanion.ports import Workspace

LONGEST_SUMMARY = 80
EXIT_CODES: dict[RunStatus, int] = {
    "verified": 0,
    "nothing_to_do": 0,
    "partial": 1,
    "unverified": 1,
    "failed": 1,
    "answered": 0,
}


async def deliver_change(tools: Toolbox, state: Running) -> None:
    """Make the branch with the verified tree in the user's repository."""

    async def effect() -> Command:
        assert state.base is not None
        assert state.head is not None
        branch = branch_name(tools.run_id, state)
        patch = await delivered_patch(tools)
        (measured,) = await tools.journal.recall("measured")
        commit = await tools.workspace.deliver(
            Path(state.request.repo),
            branch=branch,
            commit=state.head.commit,
            base=state.base.commit,
            message=f"{patch.title}\n\nObjective: {state.request.objective}\nCodeCompanion-Run: {tools.run_id}",
            date=datetime.fromisoformat(measured.recorded_at),
        )
        return DeliverBranch(BranchDelivered(branch=branch, commit=commit, tree=state.head.tree))

    await tools.journal.once("deliver", effect)


async def apply_change(tools: Toolbox, state: Running) -> None:
    """Bring the verified change into the user's working tree, uncommitted."""

    async def effect() -> Command:
        if state.holds is False:
            raise PolicyRefused(
                "your files are not those of the run, and with the change in them not all tests pass; nothing was written",
                cause="the report names the tests",
                fix=f"take the branch {state.branch}, which is proven on the run's base",
            )
        return ApplyPatch(await bring_to_user(tools.workspace, state))

    await tools.journal.once("apply", effect)


async def bring_to_user(workspace: Workspace, state: Running) -> PatchApplied:
    """Write a run's change into the user's files; merged with what the user changed, when it was proven to hold there.

    Raises:
        PolicyRefused: The user changed the same files, and nothing proves the change there; nothing was written.
    """
    assert state.base is not None
    assert state.head is not None
    repo, files = Path(state.request.repo), state.users_files
    try:
        return PatchApplied(paths=await workspace.apply(repo, state.base.commit, state.head.commit))
    except PolicyRefused:
        if not state.holds or files is None or files.users is None or files.merged is None:
            raise
    return PatchApplied(paths=await workspace.apply(repo, files.users.commit, files.merged.commit), merged=True)


async def finish(tools: Toolbox, state: Running, step: Finish) -> None:
    """End the run with its result."""
    exit_code = EXIT_CODES[step.status]
    repairs = state.request.kind is WorkKind.REPAIR
    if step.status == "nothing_to_do" and repairs and state.measured is not None and state.measured.flaky:
        exit_code = 1
    await tools.journal.derive("finish", CompleteRun(step.status, exit_code, _summary(state, step.status)))


def _summary(state: Running, status: RunStatus) -> str:
    if status == "nothing_to_do":
        return _why_nothing(state)
    if status in ("verified", "unverified"):
        proof = "" if status == "verified" else "; no test ran, so nothing proves it"
        return f"{status}: {_what_was_done(state)}: done, on branch {state.branch}{proof}"
    if status == "partial":
        return f"not solved: {remain(state.findings or 0)}; what could be mended safely is on branch {state.branch}"
    if status == "answered":
        return f"answered: {_what_was_done(state)}: nothing was changed"
    reasons = "; ".join(entry.reason for entry in state.progress.items if entry.reason)
    return f"{'no answer' if is_advice(state) else 'not solved'}: {reasons}"


def _why_nothing(state: Running) -> str:
    measured = state.measured
    assert measured is not None
    if state.plan is not None:
        return "nothing was changed: the objective was met already, as the agent says"
    if state.request.kind is not WorkKind.REPAIR:
        return "nothing to do: the tools find nothing to mend"
    if measured.flaky:
        flaky = counted(len(measured.flaky), "test is flaky", "tests are flaky")
        return f"nothing was changed: {flaky}, having failed and passed on the same tree"
    return (
        f"nothing to do: {'the one test passes' if measured.counts.passed == 1 else f'all {measured.counts.passed} tests pass'}"
    )


def _what_was_done(state: Running) -> str:
    if not state.with_agents:
        return state.progress.items[-1].item.title.lower()
    words = " ".join(state.request.objective.split())
    return words if len(words) <= LONGEST_SUMMARY else f"{words[: LONGEST_SUMMARY - 3]}..."
