"""The recorded trees that led to a run's files, each with what its event says of who wrote it: read from the log alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from codecompanion.domain.candidates import is_candidate
from codecompanion.domain.envelope import Event
from codecompanion.domain.events import (
    BaseMeasured,
    ChecksCompleted,
    Fact,
    ModelCallCompleted,
    PlanAccepted,
    TeamCalled,
    ToolCompleted,
    TournamentDecided,
    TreeSnapshotted,
    TurnUndone,
    decode,
)
from codecompanion.domain.promises import CLAIM_MARK
from codecompanion.domain.state import tree_label
from codecompanion.domain.team import BUILTIN

OF_AN_AGENT = "agent:"


@dataclass(frozen=True, slots=True)
class Step:
    """A recorded tree, and the place of the one that it was made from, None for the first."""

    event: Event
    fact: TreeSnapshotted
    parent: int | None

    @property
    def is_builtins(self) -> bool:
        """Whether the builtin mind wrote it."""
        return _is_builtins(self.event)


@dataclass(slots=True)
class Lineage:
    """What a run's events say of its trees. `tools` and `answers` have their events, by the call that they belong to."""

    steps: list[Step] = field(default_factory=list[Step])
    tools: dict[str, tuple[Event, ToolCompleted]] = field(default_factory=dict[str, tuple[Event, ToolCompleted]])
    answers: list[tuple[Event, ModelCallCompleted]] = field(default_factory=list[tuple[Event, ModelCallCompleted]])
    checks: list[tuple[Event, ChecksCompleted]] = field(default_factory=list[tuple[Event, ChecksCompleted]])
    roles: dict[str, str] = field(default_factory=dict[str, str])
    measured: BaseMeasured | None = None
    _own: int | None = None
    _theirs: dict[str, int] = field(default_factory=dict[str, int])
    _winners: dict[str, str] = field(default_factory=dict[str, str])

    def learn(self, event: Event) -> None:
        """Take over what an event says."""
        match decode(event):
            case TreeSnapshotted() as tree:
                self._add(event, tree)
            case TurnUndone(tree=tree) | TeamCalled(tree=tree):  # the files are an earlier tree again
                self._own = next((at for at, one in enumerate(self.steps) if one.fact.commit == tree.commit), None)
            case TournamentDecided(task_id=task_id, attempt=attempt, winner=winner) if winner:
                self._winners[tree_label(task_id, attempt)] = winner
            case fact:
                self._note(event, fact)

    def _note(self, event: Event, fact: Fact) -> None:
        match fact:
            case ToolCompleted(call=call):
                self.tools[call] = (event, fact)
            case ModelCallCompleted():
                self.answers.append((event, fact))
            case ChecksCompleted(task_id=task_id, passed=True) if not is_candidate(task_id):
                self.checks.append((event, fact))
            case PlanAccepted(ledger=ledger):
                self.roles.update({item.item_id: item.role for item in ledger.items})
            case BaseMeasured():
                self.measured = fact
            case _:
                pass

    def _add(self, event: Event, tree: TreeSnapshotted) -> None:
        place = len(self.steps)
        if tree.candidate:
            if not tree.label.startswith(OF_AN_AGENT):
                return  # a candidate's files with the tests of another, or the whole of them once more
            self.steps.append(Step(event, tree, self._theirs.get(tree.candidate, self._own)))
            self._theirs[tree.candidate] = place
            return
        first = 0 if self.steps else None
        of_winner = self._theirs.get(self._winners.get(tree.label, ""))
        parent = first if _is_builtins(event) else of_winner if of_winner is not None else self._own
        self.steps.append(Step(event, tree, parent))
        self._own = place

    def path(self) -> list[Step]:
        """Return the trees that the newest one of the run came from, and itself, the oldest first; [] while there is none."""
        found: list[Step] = []
        place = self._own
        while place is not None:
            found.append(self.steps[place])
            place = self.steps[place].parent
        return found[::-1]


def _is_builtins(event: Event) -> bool:
    return event.actor.partition(CLAIM_MARK)[0] == BUILTIN  # a worker's claim is marked behind it


def lineage_of(events: Iterable[Event]) -> Lineage:
    """Return what a run's events say of its trees."""
    lineage = Lineage()
    for event in events:
        lineage.learn(event)
    return lineage


def taken_in(path: Sequence[Step], place: int) -> int:
    """Return the version at which the run's own worktree had what a tree of its path brought; a candidate's came later."""
    return next(step.event.version for step in path[place:] if not step.fact.candidate)
