"""What became of the builtin mind's edits, by their kind: which survive, and which were refuted or taken back."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from codecompanion.domain.envelope import Event
from codecompanion.domain.events import ChecksCompleted, PatchApplied, PatchUndone, SearchCompleted, decode
from codecompanion.orchestrator.newest_runs import newest_runs
from codecompanion.ports import EventStore

USUAL_SURVIVAL = 0.9
"""The share of patches that survive as far as nothing is known; about what the development sets show (docs/REPAIR.md)."""
DOUBT = 10.0
"""How many outcomes of a kind weigh as much as what holds for all kinds."""


@dataclass(frozen=True, slots=True)
class TemplateRecord:
    """How many edits of each kind survived, and how many did not."""

    survived: Counter[str] = field(default_factory=Counter[str])
    lost: Counter[str] = field(default_factory=Counter[str])

    @property
    def outcomes(self) -> int:
        """How many edits are known the end of."""
        return self.survived.total() + self.lost.total()

    def weights(self) -> dict[str, float]:
        """Return a factor for each kind with an outcome: its share of survivors over that of all kinds.

        Shares are means of beta distributions: a kind's is drawn to that of all kinds by `DOUBT` outcomes, and that of
        all kinds to `USUAL_SURVIVAL` by as many.
        """
        usual = (self.survived.total() + DOUBT * USUAL_SURVIVAL) / (self.outcomes + DOUBT)
        return {
            kind: (self.survived[kind] + DOUBT * usual) / (self.survived[kind] + self.lost[kind] + DOUBT) / usual
            for kind in sorted({*self.survived, *self.lost})
        }


async def read_record(store: EventStore) -> TemplateRecord:
    """Fold the newest runs into a record; nothing else is kept of it, so that it can always be made anew."""
    record = TemplateRecord()
    async for events in newest_runs(store):
        for kind, survived in outcomes_of(events):
            (record.survived if survived else record.lost)[kind] += 1
    return record


def outcomes_of(events: Iterable[Event]) -> list[tuple[str, bool]]:
    """Return what became of the patches that one run put to the whole suite: the kind of edit and whether it survived.

    A patch that the suite refutes is lost, one that the user takes out again as well.
    """
    kinds: tuple[str, ...] = ()
    refuted: list[str] = []
    verified: str | None = None
    is_undone = False
    for event in events:
        match decode(event):
            case SearchCompleted(templates=templates):
                kinds = templates
            case ChecksCompleted(attempt=attempt, passed=passed) if attempt <= len(kinds):
                verified = kinds[attempt - 1] if passed else None
                refuted += [] if passed else [kinds[attempt - 1]]
            case PatchUndone():
                is_undone = True
            case PatchApplied():
                is_undone = False
            case _:
                pass
    last = [(verified, not is_undone)] if verified is not None else []
    return [*((kind, False) for kind in refuted), *last]
