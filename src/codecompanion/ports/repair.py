"""Search for a patch without a model."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from codecompanion.domain.repair import RepairResult, RepairTask


@dataclass(frozen=True, slots=True)
class SearchProgress:
    """How far a search is. `phase` is a short word: "localise", "search", "confirm"."""

    phase: str
    candidates_tried: int
    plausible: int


class Repairer(Protocol):
    """The builtin mind: makes failing tests pass by search."""

    async def repair(
        self,
        task: RepairTask,
        *,
        on_progress: Callable[[SearchProgress], None],
        on_found: Callable[[RepairResult], None] | None = None,
    ) -> RepairResult:
        """Search until the time is used up or the candidates are; the worktree's files are left as they were.

        `on_found` hears what would be the answer each time there are more patches, also when the search is cancelled.

        Raises:
            EnvironmentBroken: The tests cannot be loaded.
        """
        ...
