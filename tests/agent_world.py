"""A worktree with an agent's desk in it, for the tests of tools."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from pydantic_ai import RunContext
from pydantic_ai.models.test import TestModel
from pydantic_ai.usage import RunUsage

import projects
from codecompanion.domain.checks import SuiteReport
from codecompanion.ports import CommandResult
from codecompanion.tools.desk import Desk
from codecompanion.workspace.edits import change_of, write
from codecompanion.workspace.edits.refusal import EditRefused, message_of
from codecompanion.workspace.git import Git
from codecompanion.workspace.retrieval.files import find_files

SECRET = "hunter2-hunter2-hunter2"


@dataclass
class World:
    """A worktree, the person beside it, and what was recorded."""

    root: Path
    _desk: Desk | None = None
    answers: list[str | None] = field(default_factory=list[str | None])
    asked: list[str] = field(default_factory=list[str])
    recorded: list[tuple[str, tuple[str, ...], CommandResult, SuiteReport | None]] = field(
        default_factory=list[tuple[str, tuple[str, ...], CommandResult, SuiteReport | None]]
    )
    heard: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    @property
    def desk(self) -> Desk:
        """The desk, which calls back into this world."""
        assert self._desk is not None
        return self._desk

    @desk.setter
    def desk(self, desk: Desk) -> None:
        self._desk = desk

    async def call(self, tool: Callable[..., Awaitable[str]], *args: object, **options: object) -> str:
        """Call a tool as an agent would."""
        context = RunContext(deps=self.desk, model=TestModel(), usage=RunUsage())
        return await tool(context, *args, **options)

    async def ask(self, question: str) -> str | None:
        self.asked.append(question)
        return self.answers.pop(0) if self.answers else None

    async def approve(self, subject: str, reason: str) -> tuple[bool, str | None]:
        """Put the question as one line and take any answer that begins with yes."""
        said = await self.ask(f"{subject}: {reason}")
        return said is not None and said.startswith("yes"), said

    async def record(self, purpose: str, argv: tuple[str, ...], result: CommandResult, report: SuiteReport | None) -> str:
        self.recorded.append((purpose, argv, result, report))
        return f"E{len(self.recorded)}"

    def hear(self, test_id: str, outcome: str) -> None:
        self.heard.append((test_id, outcome))

    async def paths(self) -> tuple[str, ...]:
        return tuple(await find_files(self.root, Git(self.root)))

    async def changed(self) -> tuple[str, ...]:
        tracked = projects.git(self.root, "diff", "--name-only", "HEAD").split()
        return (*tracked, *projects.git(self.root, "ls-files", "--others", "--exclude-standard").split())

    async def apply(self, blocks: str) -> tuple[bool, str]:
        try:
            applied = change_of(self.root, blocks)
        except EditRefused as error:
            return False, message_of(error)
        for change in applied.files_changed:
            why = self.desk.may_edit(change.path)
            if why:
                return False, f"Not applied, nothing was changed. {change.path}: {why}."
        write(self.root, applied)
        return True, "\n".join(f"{change.action} {change.path}" for change in applied.files_changed)
