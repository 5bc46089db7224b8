"""Formatters, linters and what they change."""

from dataclasses import dataclass
from typing import Protocol

from codecompanion.domain.tidying import Inspection, TidyResult, TidyTask
from codecompanion.ports.sandbox import CommandResult


@dataclass(frozen=True, slots=True)
class ToolRun:
    """A tool that ran on the worktree: its command (shown to the user, citable) and how it ended."""

    argv: tuple[str, ...]
    result: CommandResult


@dataclass(frozen=True, slots=True)
class Inspected:
    """What tools said of a tree, and the commands that said it: at least one."""

    inspection: Inspection
    runs: tuple[ToolRun, ...]


@dataclass(frozen=True, slots=True)
class Tidied:
    """What a tidier proposes, and the commands that made it."""

    result: TidyResult
    runs: tuple[ToolRun, ...]


class Tidier(Protocol):
    """The builtin mind's other half: mends by tools and tables what needs no search. It may leave the worktree changed."""

    async def inspect(self, task: TidyTask) -> Inspected:
        """Say what is to be mended.

        Raises:
            EnvironmentBroken: A tool, or the interpreter it needs, is missing, or it cannot read its configuration.
        """
        ...

    async def tidy(self, task: TidyTask) -> Tidied:
        """Propose patches, the most thorough first; raises as `inspect` does."""
        ...
