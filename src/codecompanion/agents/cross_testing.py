"""Runs the new tests of each candidate on the change of every other: a change that only its own tests like is found out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from codecompanion.agents.candidate import Entry, patch_of
from codecompanion.domain.candidates import short_name
from codecompanion.domain.commands import Command, Record
from codecompanion.domain.events import ChecksCompleted, CrossTested, Snapshotted, TreeSnapshotted, decode
from codecompanion.domain.scope import is_test_path
from codecompanion.domain.state import Running
from codecompanion.domain.steps import AskAgent
from codecompanion.execution.measuring import measure_only
from codecompanion.execution.tolerant_checks import TolerantChecks
from codecompanion.execution.toolbox import Toolbox

CROSS_TREES = 9_000
"""How the versions of these trees differ from those that an agent leaves."""


async def cross_tested(
    tools: Toolbox, state: Running, step: AskAgent, entries: Sequence[Entry]
) -> Mapping[str, tuple[str, ...]]:
    """Return, by candidate, the new tests of others that fail on it. Only those that passed their checks take part.

    A test of another's counts when it is new in this attempt and passes for its author.
    """
    passing = [one for one in entries if one.checks is not None and one.checks.passed]
    testing = _CrossTesting(tools, step, await _tests_before(tools, state))
    found: dict[str, tuple[str, ...]] = {}
    for one in passing:
        failing: list[str] = []
        for place, other in enumerate(passing, 1):
            if other is not one:
                failing += await testing.failing(one, other, place)
        found[one.rival.candidate] = tuple(failing)
    return found


async def _tests_before(tools: Toolbox, state: Running) -> frozenset[str]:
    """Return the tests that earlier tasks of the run wrote."""
    found: set[str] = set()
    for entry in state.progress.items:
        try:
            events = await tools.journal.recall(f"checked:{entry.item.item_id}:{entry.attempt}")
        except KeyError:
            continue
        found.update(t for fact in map(decode, events) if isinstance(fact, ChecksCompleted) for t in fact.new_tests)
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class _CrossTesting:
    """`known` are the tests that were there before this attempt."""

    tools: Toolbox
    step: AskAgent
    known: frozenset[str]

    async def failing(self, one: Entry, other: Entry, place: int) -> tuple[str, ...]:
        """Return the new tests of the other that fail on the one; `place` numbers the others."""
        assert other.checks is not None
        tests = tuple(test_id for test_id in other.checks.new_tests if test_id not in self.known)
        files = await _files_of(other, self.step.attempt, tests)
        if not tests or not files:
            return ()
        pair = f"{one.rival.candidate}:{other.rival.candidate}:{self.step.attempt}"
        tree = await _with_files(one, other, files, f"cross-tree:{pair}", place)
        tolerant = replace(one.tools, checks=TolerantChecks(one.tools.checks))
        measured = await measure_only(tolerant, one.state, tree, tests, key=f"cross:{pair}")
        passing = frozenset(measured.report.passing)
        tested = CrossTested(
            task_id=self.step.task_id,
            attempt=self.step.attempt,
            candidate=one.rival.candidate,
            tests_of=other.rival.candidate,
            tree=tree.tree,
            failing=tuple(test_id for test_id in tests if test_id not in passing),
            evidence=measured.evidence,
        )
        await self.tools.journal.derive(f"cross-tested:{pair}", Record(tested))
        return tested.failing


async def _files_of(entry: Entry, attempt: int, tests: Sequence[str]) -> tuple[str, ...]:
    """Return the files of a candidate's change that hold some of its tests; by their names, where ids do not say."""
    patch = await patch_of(entry.tools, entry.rival.candidate, attempt)
    named = {test_id.partition("::")[0] for test_id in tests if "::" in test_id}
    dotted = any("::" not in test_id for test_id in tests)
    paths = [change.path for change in patch.files_changed if change.action != "deleted"] if patch else []
    return tuple(path for path in paths if path in named or (dotted and is_test_path(path)))


async def _with_files(one: Entry, other: Entry, files: Sequence[str], key: str, place: int) -> Snapshotted:
    """Return the tree of one candidate with test files of another in it."""
    head, theirs = one.state.head, other.state.head
    assert head is not None
    assert theirs is not None
    tools, repo = one.tools, Path(one.state.request.repo)
    label = f"{short_name(one.rival.candidate)} with the tests of {short_name(other.rival.candidate)}"

    async def effect() -> Command:
        await tools.workspace.restore(tools.run_id, repo, head.commit)
        _, after = await tools.workspace.changed_texts(repo, head.commit, theirs.commit)
        texts = {path: after[path].encode() for path in files if path in after}  # those that are equal are there
        await tools.workspace.write(tools.run_id, texts)
        version = int(await _version(tools, one)) + CROSS_TREES + place
        tree = await tools.workspace.snapshot(tools.run_id, repo, version=version, parent=head.commit, message=label)
        return Record(TreeSnapshotted(label=label, tree=tree.tree, commit=tree.commit, ref=tree.ref))

    events = await tools.journal.once(key, effect)
    tree = next(fact for fact in map(decode, events) if isinstance(fact, TreeSnapshotted))
    return Snapshotted(label=label, tree=tree.tree, commit=tree.commit)


async def _version(tools: Toolbox, entry: Entry) -> int:
    """Return the first version of the trees of a candidate's attempt."""
    assert entry.checks is not None
    events = await tools.journal.recall(f"tree:{entry.rival.candidate}:{entry.checks.attempt}")
    tree = next(fact for fact in map(decode, events) if isinstance(fact, TreeSnapshotted))
    return int(tree.ref.rpartition("/")[2]) // 10_000 * 10_000
