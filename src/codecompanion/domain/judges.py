"""How much a judge's word weighs: learned from how often later facts, or a person, said that it was right.

A judge is right when it wanted a change accepted that the user then took and kept, or wanted one sent back that did not hold in
the user's files or was taken out again, or when a person who settled a dispute decided as it did.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log

from codecompanion.domain.consensus import ACCEPT, SEND_BACK
from codecompanion.domain.envelope import Event
from codecompanion.domain.events import (
    ApprovalGiven,
    ConsensusReached,
    JudgeVoted,
    PatchApplied,
    PatchRevalidated,
    PatchUndone,
    decode,
)

RIGHT_BEFORE, VERDICTS_BEFORE = 3, 4
"""What is believed of a judge that nothing is known of: as if three of four verdicts had been right."""


@dataclass(frozen=True, slots=True)
class JudgeRecord:
    """How often a judge was right and wrong."""

    right: int = 0
    wrong: int = 0

    @property
    def weight(self) -> float:
        """The log-odds of being right, at least 0: what is best for independent judges (Nitzan and Paroush 1982)."""
        share = (self.right + RIGHT_BEFORE) / (self.right + self.wrong + VERDICTS_BEFORE)
        return max(0.0, round(log(share / (1 - share)), 6))


def weights_of(runs: Iterable[Iterable[Event]]) -> dict[str, float]:
    """Return the weights of all judges of which something is known, from the events of runs."""
    right: dict[str, int] = defaultdict(int)
    wrong: dict[str, int] = defaultdict(int)
    for events in runs:
        for judge, was_right in verdicts_of(events):
            (right if was_right else wrong)[judge] += 1
    return {judge: JudgeRecord(right[judge], wrong[judge]).weight for judge in sorted({*right, *wrong})}


def weight_in(weights: Mapping[str, float], judge: str) -> float:
    """Return a judge's weight, that of an unknown one if nothing is known of it."""
    return weights.get(judge, JudgeRecord().weight)


def verdicts_of(events: Iterable[Event]) -> list[tuple[str, bool]]:
    """Return each judge's verdicts of one run whose truth is known, and whether they were right."""
    votes: dict[tuple[str, int], list[JudgeVoted]] = defaultdict(list)
    reached: list[ConsensusReached] = []
    settled: dict[str, str] = {}
    kept: bool | None = None
    for event in events:
        match decode(event):
            case JudgeVoted() as vote:
                votes[vote.task_id, vote.attempt].append(vote)
            case ConsensusReached() as consensus:
                reached.append(consensus)
            case ApprovalGiven(by="user", choice=choice, subject=subject) if choice:
                settled[subject] = choice
            case PatchRevalidated(passed=False) | PatchUndone():
                kept = False
            case PatchApplied():
                kept = True
            case _:
                pass
    found: list[tuple[str, bool]] = []
    for consensus in reached:
        truth = settled.get(consensus.question) or _fate(consensus, kept)
        if truth:
            found += [
                (vote.judge, truth in vote.options) for vote in votes[consensus.task_id, consensus.attempt] if vote.options
            ]
    return found


def _fate(consensus: ConsensusReached, kept: bool | None) -> str:  # noqa: FBT001 - unknown, or what became of it
    """Return what the user's doing says was right of a review that let the change pass, "" when it says nothing."""
    if kept is None or consensus.outcome != ACCEPT:
        return ""
    return ACCEPT if kept else SEND_BACK
