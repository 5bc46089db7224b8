"""Examines what a change did to tests, and what was asked for: that is no fault."""

import re
from pathlib import Path

from anyio import to_thread

from codecompanion.domain.checks import SuiteReport
from codecompanion.domain.commands import Command, Record
from codecompanion.domain.contracts import taken_back
from codecompanion.domain.events import IntegrityExamined, TreeSnapshotted, decode
from codecompanion.domain.integrity import IntegrityFinding, IntegrityKind
from codecompanion.domain.ledgers import ItemProgress, TaskStatus
from codecompanion.domain.manifest_changes import changes_dependencies
from codecompanion.domain.public_names import removed_public_names
from codecompanion.domain.state import Running
from codecompanion.domain.steps import VerifyTree
from codecompanion.domain.team import WRITERS, Role, TeamName
from codecompanion.domain.tidying import WorkKind
from codecompanion.execution.reporting import file_changes
from codecompanion.execution.toolbox import Toolbox
from codecompanion.workspace.integrity.commands import command_changes, command_files
from codecompanion.workspace.integrity.examine import examine
from codecompanion.workspace.integrity.secrets import new_secrets
from codecompanion.workspace.integrity.unseen import unseen
from codecompanion.workspace.retrieval.files import read_text

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

CHANGES_TESTS = re.compile(
    r"\b(adapt|adjust|alter|change|delete|drop|merge|move|reduce|remove|rename|replace|rewrite|simplify|update)\w*\b"
    r"[^.;\n]{0,60}\btests?\b",
    re.IGNORECASE,
)
"""What an objective says that wants existing tests to be others; to speak of tests, or to ask for more, is not enough."""

TOLD_AT_MOST = 10


async def examined(
    tools: Toolbox, state: Running, step: VerifyTree, base: SuiteReport, report: SuiteReport
) -> IntegrityExamined:
    """Return what was done to tests and secrets since the base; it is examined once and kept in the log."""

    async def effect() -> Command:
        assert state.base is not None
        assert state.head is not None
        repo, head = Path(state.request.repo), state.head.commit
        before, after = await tools.workspace.changed_texts(repo, state.base.commit, head)
        diff = await tools.workspace.diff(repo, state.base.commit, head)
        deleted = [one.path for one in file_changes(diff) if one.action == "deleted"]
        found = (
            *examine(before, after, base, report if report.complete else None),
            *new_secrets(before, after),
            *unseen(diff, deleted, base, report),
            *await _of_the_command(tools, state, before, after),
            *[one for commit in await _written_tests(tools, state, step) for one in await _since(tools, repo, commit, head)],
        )
        findings = tuple(dict.fromkeys(found))
        contradicting = await _contradicting(tools, state, step, (before, after))
        blocking = [one for one in findings if one.severity == "blocks" and not _was_asked_for(one, state)]
        told = [_sentence(one) for one in findings if one not in blocking]
        told += [f"{name}: no longer public, for whoever uses it" for name in removed_public_names(before, after)]
        told += [f"{path}: what the project depends on changed" for path in changes_dependencies(diff)]
        return Record(
            IntegrityExamined(
                task_id=step.task_id,
                attempt=step.attempt,
                tree=state.head.tree,
                blocking=tuple(map(_sentence, blocking)),
                told=tuple(told[:TOLD_AT_MOST]),
                contradictions=contradicting,
            )
        )

    events = await tools.journal.once(f"integrity:{step.task_id}:{step.attempt}", effect)
    fact = decode(events[0])
    assert isinstance(fact, IntegrityExamined)
    return fact


async def _of_the_command(
    tools: Toolbox, state: Running, before: dict[str, str], after: dict[str, str]
) -> tuple[IntegrityFinding, ...]:
    if state.profile is None or state.profile.suite is None:
        return ()
    suite, root = state.profile.suite, tools.workspace.path(tools.run_id)
    others = [path for path in command_files(suite) if path not in before and path not in after]
    read = [(path, await to_thread.run_sync(read_text, root, path)) for path in others]
    return command_changes(suite, before, after, {path: text for path, text in read if text is not None})


async def _contradicting(
    tools: Toolbox, state: Running, step: VerifyTree, now: tuple[dict[str, str], dict[str, str]]
) -> tuple[str, ...]:
    """Return the public names that earlier tasks of the run made and this one takes away again."""
    assert state.head is not None
    repo = Path(state.request.repo)
    found: dict[str, None] = {}
    for entry in earlier_writers(state, step.task_id):
        try:
            events = await tools.journal.recall(f"tree:{entry.item.item_id}:{entry.attempt}")
        except KeyError:
            continue  # it changed nothing: a question of a chat was answered, or there was nothing to do
        left = next(fact for fact in map(decode, events) if isinstance(fact, TreeSnapshotted))
        then = await tools.workspace.changed_texts(repo, left.commit, state.head.commit)
        found |= dict.fromkeys(taken_back(then, now))
    return tuple(found)


def earlier_writers(state: Running, task_id: str) -> list[ItemProgress]:
    """Return the finished items before a task that changed files, in their order."""
    found: list[ItemProgress] = []
    for entry in state.progress.items:
        if entry.item.item_id == task_id:
            break
        if entry.item.role in WRITERS and entry.status is TaskStatus.COMPLETED:
            found.append(entry)
    return found


async def _written_tests(tools: Toolbox, state: Running, step: VerifyTree) -> list[str]:
    """Return the commits that the test writers before a task left: who comes after them may not take their tests back."""
    commits: list[str] = []
    for entry in state.progress.items:
        if entry.item.item_id == step.task_id:
            break
        if entry.item.role == Role.TEST_WRITER and entry.status is TaskStatus.COMPLETED:
            events = await tools.journal.recall(f"tree:{entry.item.item_id}:{entry.attempt}")
            commits += [fact.commit for fact in map(decode, events) if isinstance(fact, TreeSnapshotted)]
    return commits


async def _since(tools: Toolbox, repo: Path, before: str, after: str) -> tuple[IntegrityFinding, ...]:
    texts = await tools.workspace.changed_texts(repo, before, after)
    return tuple(one for one in examine(*texts, SuiteReport(), None) if one.severity == "blocks")


def _was_asked_for(finding: IntegrityFinding, state: Running) -> bool:
    """Whether the person says that tests change, or the plan of a team does, which speaks for tests that pass alone.

    A test that fails on the base says what is wanted. A plan may be made of a stranger's words, and does not do away with it.
    """
    if finding.kind not in CAN_BE_ASKED_FOR or state.request.kind is WorkKind.REPAIR:
        return False
    asked = any(map(CHANGES_TESTS.search, (state.request.objective, *(turn.text for turn in state.turns))))
    if state.request.team is TeamName.SOLO:
        return asked
    planned = any(finding.path in entry.item.changes_tests for entry in state.progress.items)
    return planned and (asked or not _failed_before(finding, state))


def _failed_before(finding: IntegrityFinding, state: Running) -> bool:
    """Whether a finding is of a test that fails on the base; when it is of no single one, of a file that has such a test."""
    failing = () if state.measured is None else state.measured.failing
    names = {name.partition("[")[0] for name in failing}
    return finding.test_id in names or (
        finding.test_id is None and any(name.partition("::")[0] == finding.path for name in names)
    )


def _sentence(finding: IntegrityFinding) -> str:
    return f"{finding.path}:{finding.line}: {finding.what}" if finding.line else f"{finding.path}: {finding.what}"
