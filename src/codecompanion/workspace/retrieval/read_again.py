"""A second look at the files that look best: which of their passages have the objective's letters.

An index of the letters of all files would be several times that of their words; in a few texts they are found while one waits.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from codecompanion.workspace.retrieval.bm25 import frequencies, rarity, saturated
from codecompanion.workspace.retrieval.columns import Floats, Ints
from codecompanion.workspace.retrieval.letters import sequences

_MOST_CHARACTERS = 100_000
"""The rest of a longer text is not read again."""
_BLOCK = 1000
"""Letters; two neighbouring blocks are a passage, whose length is always the same."""
_SIEVE_BITS = 16
_SPREAD = np.uint32(2654435761)
"""Knuth's multiplier."""


def passages_by_letters(letters: Mapping[int, float], texts: Sequence[str]) -> Floats:
    """Return how well the best passage of each text answers, by BM25.

    Args:
        letters: The sequences of letters of an objective, with how much each matters.
        texts: As they are. Among them alone it is counted how rare a sequence is.
    """
    if not letters or not texts:
        return np.zeros(len(texts))
    wanted, weights = np.array(sorted(letters), dtype=np.uint32), np.array([letters[sequence] for sequence in sorted(letters)])
    found = [_found(wanted, text[:_MOST_CHARACTERS]) for text in texts]
    sizes = np.array([1 + int(places.max(initial=0)) // _BLOCK for places, _ in found], dtype=np.int64)
    starts = np.cumsum(sizes) - sizes
    blocks = np.concatenate([start + places // _BLOCK for start, (places, _) in zip(starts, found, strict=True)])
    numbers = np.concatenate([numbers for _, numbers in found])
    frequency = frequencies(blocks, numbers, np.ones(len(blocks)), (int(sizes.sum()), len(wanted)))
    rare = rarity((frequency > 0).sum(axis=0).astype(np.float64), len(frequency))
    goes_on = np.diff(np.repeat(np.arange(len(texts)), sizes)) == 0
    frequency[:-1] += frequency[1:] * goes_on[:, None]
    scores = saturated(frequency, np.ones(len(frequency)), 1.0) @ (weights * rare)
    return np.maximum.reduceat(scores, starts)


def _found(wanted: NDArray[np.uint32], text: str) -> tuple[Ints, Ints]:
    """Return where in a text wanted sequences (ascending) stand, and which of them."""
    written = sequences(text)
    # A look into a small table tells most sequences apart from the wanted ones.
    sieve = np.zeros(1 << _SIEVE_BITS, dtype=np.bool_)
    sieve[_hashed(wanted)] = True
    likely = np.flatnonzero(sieve[_hashed(written)])
    numbers = np.searchsorted(wanted, written[likely]).clip(max=len(wanted) - 1)
    exact = wanted[numbers] == written[likely]
    return likely[exact], numbers[exact]


def _hashed(found: NDArray[np.uint32]) -> NDArray[np.uint32]:
    return (found * _SPREAD) >> np.uint32(32 - _SIEVE_BITS)
