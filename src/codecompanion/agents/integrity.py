"""Examines what a change did to tests, and what was asked for: that is no fault."""

import re
from pathlib import Path

from codecompanion.domain.checks import SuiteReport
from codecompanion.domain.commands import Command, Record
from codecompanion.domain.events import IntegrityExamined, decode
from codecompanion.domain.integrity import IntegrityFinding, IntegrityKind
from codecompanion.domain.manifest_changes import changes_dependencies
from codecompanion.domain.public_names import removed_public_names
from codecompanion.domain.state import Running
from codecompanion.domain.steps import VerifyTree
from codecompanion.domain.team import TeamName
from codecompanion.domain.tidying import WorkKind
from codecompanion.execution.toolbox import Toolbox
from codecompanion.workspace.integrity.examine import examine
from codecompanion.workspace.integrity.secrets import new_secrets

CAN_BE_ASKED_FOR = frozenset(
    {
        IntegrityKind.EXPECTATION_CHANGED,
        IntegrityKind.TEST_CHANGED,
        IntegrityKind.TEST_DELETED,
        IntegrityKind.CASES_REMOVED,
        IntegrityKind.ASSERTION_REMOVED,
        IntegrityKind.ASSERTION_LOOSENED,
    }
)
"""What an objective can mean: another behaviour needs other tests. To skip tests, or to change how they run, it cannot."""

TOLD_AT_MOST = 10


async def examined(
    tools: Toolbox, state: Running, step: VerifyTree, base: SuiteReport, report: SuiteReport
) -> IntegrityExamined:
    """Return what was done to tests and secrets since the base; it is examined once and kept in the log."""

    async def effect() -> Command:
        assert state.base is not None
        assert state.head is not None
        before, after = await tools.workspace.changed_texts(Path(state.request.repo), state.base.commit, state.head.commit)
        findings = (*examine(before, after, base, report if report.complete else None), *new_secrets(before, after))
        blocking = [one for one in findings if one.severity == "blocks" and not _was_asked_for(one, state)]
        told = [_sentence(one) for one in findings if one not in blocking]
        told += [f"{name}: no longer public, for whoever uses it" for name in removed_public_names(before, after)]
        told += [f"{path}: what the project depends on changed" for path in await _dependencies(tools, state)]
        return Record(
            IntegrityExamined(
                task_id=step.task_id,
                attempt=step.attempt,
                tree=state.head.tree,
                blocking=tuple(map(_sentence, blocking)),
                told=tuple(told[:TOLD_AT_MOST]),
            )
        )

    events = await tools.journal.once(f"integrity:{step.task_id}:{step.attempt}", effect)
    fact = decode(events[0])
    assert isinstance(fact, IntegrityExamined)
    return fact


async def _dependencies(tools: Toolbox, state: Running) -> tuple[str, ...]:
    assert state.base is not None
    assert state.head is not None
    return changes_dependencies(await tools.workspace.diff(Path(state.request.repo), state.base.commit, state.head.commit))


def _was_asked_for(finding: IntegrityFinding, state: Running) -> bool:
    """Whether the plan, or for one agent alone the objective, says that tests change."""
    if finding.kind not in CAN_BE_ASKED_FOR or state.request.kind is WorkKind.REPAIR:
        return False
    if state.request.team is TeamName.SOLO:
        return re.search(r"\btests?\b", state.request.objective, re.IGNORECASE) is not None
    return any(finding.path in entry.item.changes_tests for entry in state.progress.items)


def _sentence(finding: IntegrityFinding) -> str:
    return f"{finding.path}:{finding.line}: {finding.what}" if finding.line else f"{finding.path}: {finding.what}"
