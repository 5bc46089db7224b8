"""The journal of one candidate: the run's own, with the trees of its worktree marked as the candidate's."""

from collections.abc import Awaitable, Callable

from codecompanion.domain.commands import Command, Finding, Record, RecordAll
from codecompanion.domain.envelope import Event
from codecompanion.domain.events import TreeSnapshotted
from codecompanion.execution.journal import Journal


class CandidateJournal:
    """Writes into the journal of the run what one candidate does. See `execution.journal.Journal`."""

    def __init__(self, journal: Journal, candidate: str) -> None:
        self._journal = journal
        self._candidate = candidate

    async def once(self, key: str, effect: Callable[[], Awaitable[Command]], *, actor: str = "engine") -> list[Event]:
        """Do an effect, or return what came of it before."""

        async def marked() -> Command:
            return self._marked(await effect())

        return await self._journal.once(key, marked, actor=actor)

    async def derive(self, key: str, command: Command, *, actor: str = "orchestrator") -> list[Event]:
        """Record a conclusion, or return the recorded one."""
        return await self._journal.derive(key, self._marked(command), actor=actor)

    async def recall(self, key: str) -> list[Event]:
        """Return what was recorded under a key, or raise KeyError."""
        return await self._journal.recall(key)

    def _marked(self, command: Command) -> Command:
        match command:
            case Record(finding):
                return Record(self._of_candidate(finding))
            case RecordAll(findings):
                return RecordAll(tuple(map(self._of_candidate, findings)))
            case _:
                return command

    def _of_candidate(self, finding: Finding) -> Finding:
        if isinstance(finding, TreeSnapshotted):
            return finding.model_copy(update={"candidate": self._candidate})
        return finding
