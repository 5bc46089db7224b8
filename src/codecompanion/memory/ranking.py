"""Several orders become one: reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009)."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

RANK_CONSTANT = 60
"""The paper's: how much the first places count before the later ones."""
WEIGHT_OF_AGE = 0.25
"""Age decides between notes that answer about equally well, no more: the newest of a list gains about four places."""


def fused(rankings: Sequence[Sequence[tuple[int, float]]], last_at: Mapping[int, str]) -> list[tuple[int, float]]:
    """Return all keys of the rankings with their scores, the best first.

    Args:
        rankings: Each best first, with a value in ascending order; equal values share a rank.
        last_at: When each key was last learned (RFC 3339, so that text sorts by time). It is a ranking too, a weak one.
    """
    by_age = sorted(((key, at) for key, at in last_at.items()), key=lambda entry: entry[1], reverse=True)
    scores = dict.fromkeys(last_at, 0.0)
    for weight, ranks in [*((1.0, _ranks(ranking)) for ranking in rankings), (WEIGHT_OF_AGE, _ranks(by_age))]:
        for key, rank in ranks.items():
            scores[key] += weight / (RANK_CONSTANT + rank)
    return sorted(scores.items(), key=lambda entry: (-entry[1], entry[0]))


def _ranks(ranking: Sequence[tuple[int, float]] | Sequence[tuple[int, str]]) -> dict[int, int]:
    ranks: dict[int, int] = {}
    rank = 1
    for place, ((_, before), (key, value)) in enumerate(pairwise([(0, None), *ranking]), start=1):
        rank = rank if value == before else place
        ranks[key] = rank
    return ranks
