"""The worktree under an agent's hands: edits go into it, and each state of it is recorded as a tree."""

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from anyio import to_thread

from codecompanion.agents.approvals import Approvals
from codecompanion.agents.evidence import Evidence
from codecompanion.agents.outlook import Outlook
from codecompanion.domain.checks import SuiteReport
from codecompanion.domain.commands import Finding
from codecompanion.domain.envelope import Event
from codecompanion.domain.errors import CodeCompanionError
from codecompanion.domain.events import CommandExecuted, Snapshotted, TreeSnapshotted, decode
from codecompanion.execution.reporting import file_changes
from codecompanion.execution.toolbox import Toolbox
from codecompanion.ports import CommandResult
from codecompanion.workspace.edits import Applied, change_of, write
from codecompanion.workspace.edits.refusal import message_of

CACHES = frozenset({"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis"})
"""Folders that tools leave behind and nobody wants in a change."""

NOT_ALLOWED = "Nothing was changed, because some of the files must not be"
"""How the answer to edits of paths begins that may not be changed."""


LOST = "git ignores it, so no change can have it; change what generates it, or the code that uses it"
"""Why a file that was brought into the worktree is not edited."""

BLOCKS = tuple(re.compile(rf"^{mark}", re.MULTILINE) for mark in (r"={5,9}$", r"\*\*\* (?:Add|Update|Delete) File: ", "@@"))
"""What every block has one of, in one form or another."""
ALL_AGAIN = "\nThe other blocks were not applied either: send all of them again, with this one mended."


@dataclass(slots=True)
class WorkCopy:
    """One agent's attempt in the run's worktree.

    Attributes:
        tools: The run's toolbox.
        repo: The user's repository.
        outlook: What is seen of the files.
        evidence: Takes the commands that were run.
        approvals: Asks the person.
        base: The tree that the run began with.
        head: The newest recorded tree.
        may_edit: Says why a path may not be changed, None when it may.
        ignored: Files that git ignores: a change of theirs would be lost.
        number: Makes the versions of this attempt's trees differ from all others: its task's place and the attempt.
    """

    tools: Toolbox
    repo: Path
    outlook: Outlook
    evidence: Evidence
    approvals: Approvals
    base: Snapshotted
    head: Snapshotted
    may_edit: Callable[[str], str | None]
    number: int
    ignored: frozenset[str] = frozenset()
    changed: bool = field(default=False, init=False)
    _dirty: bool = field(default=False, init=False)
    _trees: int = field(default=0, init=False)

    @property
    def root(self) -> Path:
        """Where the files are."""
        return self.tools.workspace.path(self.tools.run_id)

    def count_trees(self) -> int:
        """Return how many states of the files were recorded."""
        return self._trees

    async def apply_edits(self, text: str) -> tuple[bool, str]:
        """Carry out the edits in a text, all or none; return whether that was done, and words for the model."""
        try:
            applied = await to_thread.run_sync(change_of, self.root, text)
            if refusal := await self._refusal(applied):
                return False, refusal
            await to_thread.run_sync(write, self.root, applied)
        except CodeCompanionError as error:
            return False, message_of(error) + (ALL_AGAIN if any(len(mark.findall(text)) > 1 for mark in BLOCKS) else "")
        if not applied.files_changed:
            return True, "Nothing to do: the files already are as the edits want them."
        self._dirty = True
        lines = [f"{one.action} {one.path} (+{one.lines_added} -{one.lines_removed})" for one in applied.files_changed]
        return True, "\n".join(lines)

    async def _refusal(self, applied: Applied) -> str | None:
        if lost := self.ignored.intersection(change.path for change in applied.files_changed):
            listed = "\n".join(f"- {path}: {LOST}" for path in sorted(lost))
            return f"{NOT_ALLOWED}:\n{listed}"
        changed = [change.path for change in applied.files_changed if change.path not in self.approvals.paths]
        reasons = [(path, why) for path in changed if (why := self.may_edit(path))]
        if not reasons or await self.approvals.let_change([path for path, _ in reasons], reasons[0][1]):
            return None
        listed = "\n".join(f"- {path}: {why}" for path, why in reasons)
        return f"{NOT_ALLOWED}:\n{listed}"

    async def changed_paths(self) -> tuple[str, ...]:
        """Return the paths in which the newest recorded tree differs from the run's base."""
        diff = await self.tools.workspace.diff(self.repo, self.base.commit, self.head.commit)
        return tuple(change.path for change in file_changes(diff))

    async def record_command(
        self, purpose: str, argv: tuple[str, ...], result: CommandResult, report: SuiteReport | None
    ) -> str:
        """Keep a command as evidence and return its short id."""
        if report is None:
            await to_thread.run_sync(_without_caches, self.root)
            self._dirty = True  # whatever it did to the files is part of the change
        else:  # tests are strangers' code: whatever they did to the files is undone
            await self.tools.workspace.restore(self.tools.run_id, self.repo, self.head.commit)
        output = self.tools.redact((result.stdout + result.stderr).decode(errors="replace"))
        said = report.model_dump_json() if report is not None else "{}"
        executed = CommandExecuted(
            purpose=purpose,
            argv=tuple(map(self.tools.redact, argv)),
            exit_code=result.exit_code,
            exceeded=result.exceeded,
            duration_s=round(result.duration_s, 3),
            tree=self.head.tree,
            sandbox=self.tools.sandbox_rung,
            output_sha256=await self.tools.blobs.put(output.encode()),
            report_sha256=await self.tools.blobs.put(self.tools.redact(said).encode()),
        )
        return self.evidence.add(executed)

    async def after_tool(self, key: str) -> tuple[Finding, ...]:
        """Return what is to be recorded with a tool's answer: the commands, and the tree if it is another now."""
        commands = (*self.approvals.take(), *self.evidence.take())
        if not self._dirty:
            return commands
        self._dirty = False
        taken = await self.snapshot(key)
        return commands if taken.tree == self.head.tree else (*commands, taken)

    async def snapshot(self, label: str) -> TreeSnapshotted:
        """Record the files as they are."""
        version = self.number * 10_000 + self._trees + 1  # it counts when it is in the log, so that a replay counts alike
        tree = await self.tools.workspace.snapshot(
            self.tools.run_id, self.repo, version=version, parent=self.head.commit, message=label
        )
        return TreeSnapshotted(label=label, tree=tree.tree, commit=tree.commit, ref=tree.ref)

    def learn(self, events: list[Event]) -> None:
        """Take over the tree of recorded events."""
        self.approvals.learn(events)
        for fact in map(decode, events):
            if isinstance(fact, TreeSnapshotted):
                self.head = Snapshotted(label=fact.label, tree=fact.tree, commit=fact.commit)
                self.changed = True
                self._trees = int(fact.ref.rpartition("/")[2]) % 10_000


def _without_caches(root: Path) -> None:
    for folder, names, _files in os.walk(root):
        for name in CACHES.intersection(names):
            names.remove(name)
            shutil.rmtree(Path(folder) / name, ignore_errors=True)
