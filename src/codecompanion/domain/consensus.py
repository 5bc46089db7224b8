"""How several judges come to one verdict: the ConsensusValidator. Pure, exact, and nothing in it depends on chance or order.

Judges answer the same question by naming options; one who finds several equally good splits its vote among them. A weighted
vote adds up the judges' weights, a majority counts heads, the hybrid takes what both agree on. An option wins with more than
every other; where there is none the vote is a tie and says so. Weights are exact fractions inside: no tie is a rounding.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

RUBRIC: Mapping[str, int] = {"correctness": 50, "completeness": 25, "simplicity": 15, "tests": 10}
"""What a change is judged on, and how many of 100 points each counts. A choice of ours: what is wrong cannot be made up for."""

ACCEPT, SEND_BACK = "accept", "send back"
"""The options of a review."""


class Method(StrEnum):
    """How votes are counted."""

    WEIGHTED = "weighted"
    MAJORITY = "majority"
    HYBRID = "hybrid"


@dataclass(frozen=True, slots=True)
class Vote:
    """What one judge answers. `weight` is at least 0; `options` are those that it finds best, () for an abstention."""

    judge: str
    weight: float
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Consensus:
    """What a vote came to. `outcome` is the winning option, "" when the vote is disputed; `reason` says it for people.

    `shares` are the parts of all weight that the options have, in their order; `dissent` are the judges who did not vote for
    the outcome alone.
    """

    outcome: str
    shares: tuple[tuple[str, float], ...]
    dissent: tuple[str, ...]
    reason: str

    @property
    def disputed(self) -> bool:
        """Whether no option won."""
        return not self.outcome


def rubric_score(scores: Mapping[str, int]) -> float:
    """Return the points, of 100, that scores of 0 to 100 on each criterion of the rubric make."""
    return sum(RUBRIC[criterion] * scores[criterion] for criterion in RUBRIC) / 100


@dataclass(frozen=True, slots=True)
class ConsensusValidator:
    """Counts votes by one method."""

    method: Method = Method.HYBRID

    def validate(self, options: Sequence[str], votes: Collection[Vote]) -> Consensus:
        """Return what judges agree on.

        Args:
            options: What may be answered, each once.
            votes: One of each judge, in any order.

        Raises:
            ValueError: A vote is for what is no option, or has a negative weight.
        """
        for vote in votes:
            if vote.weight < 0 or not set(vote.options) <= set(options):
                raise ValueError(f"{vote} cannot be counted")
        by_weight = _tally(options, votes, weighted=True)
        by_heads = _tally(options, votes, weighted=False)
        leading = {Method.WEIGHTED: _first(by_weight), Method.MAJORITY: _first(by_heads)}
        agreed = leading[Method.WEIGHTED] if leading[Method.WEIGHTED] == leading[Method.MAJORITY] else ""
        outcome = leading.get(self.method, agreed)
        total = sum(by_weight.values())
        shares = tuple((option, float(by_weight[option] / total) if total else 0.0) for option in options)
        dissent = tuple(sorted(vote.judge for vote in votes if vote.options and vote.options != (outcome,))) if outcome else ()
        return Consensus(outcome, shares, dissent, _reason(outcome, leading, shares, by_heads))


def _tally(options: Sequence[str], votes: Collection[Vote], *, weighted: bool) -> dict[str, Fraction]:
    counted = dict.fromkeys(options, Fraction(0))
    for vote in votes:
        for option in set(vote.options):
            counted[option] += (Fraction(vote.weight) if weighted else Fraction(1)) / len(set(vote.options))
    return counted


def _first(counted: Mapping[str, Fraction]) -> str:
    """Return the option with more than every other, "" when there is none."""
    most = max(counted.values(), default=Fraction(0))
    best = [option for option, votes in counted.items() if votes == most]
    return best[0] if most > 0 and len(best) == 1 else ""


def _reason(
    outcome: str, leading: Mapping[Method, str], shares: Sequence[tuple[str, float]], heads: Mapping[str, Fraction]
) -> str:
    told = ", ".join(
        f"{option} {share:.0%} of the weight and {float(heads[option]):g} of the judges" for option, share in shares
    )
    if outcome:
        return f"{outcome}: {told}"
    weight, majority = leading[Method.WEIGHTED], leading[Method.MAJORITY]
    if weight and majority:
        return f"disputed, the weighted vote is for {weight} and the majority for {majority}: {told}"
    return f"a tie: {told}"
