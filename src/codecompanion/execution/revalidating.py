"""Try a verified change on the user's own files: they may have been edited while the run was at work."""

from pathlib import Path

from codecompanion.domain.commands import Command, Record
from codecompanion.domain.events import PatchRevalidated, Snapshotted, UsersFilesSeen, decode
from codecompanion.domain.state import Running
from codecompanion.execution.measuring import base_report, judge, measure
from codecompanion.execution.toolbox import Toolbox
from codecompanion.ports import Tree


async def revalidate_change(tools: Toolbox, state: Running) -> None:
    """Merge the change into the user's files as they are now; when they differ from the base, run the whole suite on that."""
    seen = await see_users_files(tools, state)
    if seen.merged is None:
        return
    assert state.measured is not None
    base, _ = await base_report(tools)
    measured = await measure(tools, state, seen.merged, key="revalidate")
    verdict = judge(base, state, measured.report)
    conclusion = PatchRevalidated(
        counts=measured.report.counts,
        failing=(*verdict.broken, *verdict.still_failing),
        passed=verdict.passed,
        evidence=measured.evidence,
    )
    await tools.journal.derive("revalidated", Record(conclusion))


async def see_users_files(tools: Toolbox, state: Running) -> UsersFilesSeen:
    """Record the user's files as they are now, and with the change merged into them."""
    (event, *_) = await tools.journal.once("users-files", lambda: _look(tools, state))
    seen = decode(event)
    assert isinstance(seen, UsersFilesSeen)
    return seen


async def _look(tools: Toolbox, state: Running) -> Command:
    assert state.base is not None
    assert state.head is not None
    files = await tools.workspace.users_files(
        tools.run_id, Path(state.request.repo), before=state.base.commit, after=state.head.commit
    )
    users, merged = _snapshotted("users", files.users), _snapshotted("merged", files.merged)
    return Record(UsersFilesSeen(changed=files.changed, conflicts=files.conflicts, users=users, merged=merged))


def _snapshotted(label: str, tree: Tree | None) -> Snapshotted | None:
    return None if tree is None else Snapshotted(label=label, tree=tree.tree, commit=tree.commit)
