"""How well texts, and the best passage of each, answer weighted terms.

Okapi BM25 with its usual constants (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009).
"""

import numpy as np

from codecompanion.workspace.retrieval.columns import Floats, Ints, Mask
from codecompanion.workspace.retrieval.postings import Hits, Postings, summed

K1 = 1.2
B = 0.75
_MOST_TEXTS_WITH_PASSAGES = 1000
"""Passages are compared in the texts that answer best as a whole."""


def rarity(holding: Floats, population: int) -> Floats:
    """Return the inverse document frequency of terms that so many texts of a population hold; never below 0."""
    return np.log1p((population - holding + 0.5).clip(min=0) / (holding + 0.5))


def bm25(hits: Hits, weights: Floats, lengths: Floats, counted: Mask) -> tuple[Floats, Floats]:
    """Return the score of each text and the rarity of each term.

    Args:
        hits: Where the terms stand.
        weights: How much each term of the query matters.
        lengths: The length of each text, in terms.
        counted: The texts that are the population for rarity and mean length; the others are only scored.
    """
    frequency = frequencies(hits.texts, hits.numbers, hits.counts, (len(lengths), len(weights)))
    population = int(counted.sum())
    rare = rarity((frequency[counted] > 0).sum(axis=0).astype(np.float64), population)
    mean = lengths[counted].mean() if population else 1.0
    return saturated(frequency, lengths, mean) @ (weights * rare), rare


def best_passages(postings: Postings, hits: Hits, weights: Floats, scores: Floats) -> tuple[Floats, Ints]:
    """Return for each text the score of its best passage, two neighbouring blocks, and the first of these blocks.

    Args:
        postings: Where the hits are from.
        hits: Where the terms stand.
        weights: How much each term matters, rarity included.
        scores: Of the texts as a whole.
    """
    best, place = np.zeros(postings.size), np.zeros(postings.size, dtype=np.int64)
    hits = hits.where(_leading(scores)[hits.texts])
    blocks = postings.first_blocks[hits.texts] + hits.blocks
    starts = np.concatenate([blocks, blocks[hits.blocks > 0] - 1])
    numbers = np.concatenate([hits.numbers, hits.numbers[hits.blocks > 0]])
    counts = np.concatenate([hits.counts, hits.counts[hits.blocks > 0]])
    passages, index = np.unique(starts, return_inverse=True)
    if not len(passages):
        return best, place
    texts = np.searchsorted(postings.first_blocks, passages, side="right") - 1
    lengths = postings.block_lengths[passages] + _next_lengths(postings, passages, texts)
    frequency = frequencies(index, numbers, counts, (len(passages), len(weights)))
    score = saturated(frequency, lengths, postings.block_lengths.mean() * 2) @ weights
    order = np.argsort(score, kind="stable")
    best[texts[order]] = score[order]
    place[texts[order]] = passages[order] - postings.first_blocks[texts[order]]
    return best, place


def _leading(scores: Floats) -> Mask:
    if len(scores) <= _MOST_TEXTS_WITH_PASSAGES:
        return np.ones(len(scores), dtype=np.bool_)
    return scores >= np.partition(scores, -_MOST_TEXTS_WITH_PASSAGES)[-_MOST_TEXTS_WITH_PASSAGES]


def _next_lengths(postings: Postings, passages: Ints, texts: Ints) -> Floats:
    following = passages + 1
    inside = following < postings.first_blocks[texts + 1]
    return np.where(inside, postings.block_lengths[following.clip(max=len(postings.block_lengths) - 1)], 0.0)


def frequencies(rows: Ints, columns: Ints, counts: Floats, shape: tuple[int, int]) -> Floats:
    """Return how often each column's term stands in each row's text, as a table of the given shape."""
    return summed(rows * shape[1] + columns, counts, shape[0] * shape[1]).reshape(shape)


def saturated(frequency: Floats, lengths: Floats, mean: float) -> Floats:
    """Return frequencies as BM25 counts them: repeating a term helps less and less, and less in a long text."""
    norm = K1 * (1 - B + B * lengths / (mean or 1.0))
    return frequency * (K1 + 1) / (frequency + norm[:, None])
