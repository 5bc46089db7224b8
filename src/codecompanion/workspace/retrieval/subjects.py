"""The subjects of earlier commits: their words, their letters, and how near each comes to an objective."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from codecompanion.workspace.retrieval.analysis import Bag, short_bag
from codecompanion.workspace.retrieval.bm25 import rarity, saturated
from codecompanion.workspace.retrieval.columns import Floats, Ints
from codecompanion.workspace.retrieval.letters import sequences
from codecompanion.workspace.retrieval.postings import Postings, summed
from codecompanion.workspace.retrieval.styles import styles_of
from codecompanion.workspace.retrieval.tokens import term_id


class Subjects:
    """The subjects of commits, newest first.

    Attributes:
        words: Their terms and their styles.
        letters: Their sequences of letters, each once.
    """

    def __init__(self, words: Postings, letters: Postings) -> None:
        self.words, self.letters = words, letters

    @classmethod
    def of(cls, subjects: Sequence[str]) -> "Subjects":
        """Return some subjects, read."""
        return cls(
            Postings.of([_words(subject) for subject in subjects]), Postings.of([_letters(subject) for subject in subjects])
        )

    def later(self, new: Sequence[str], size: int) -> "Subjects":
        """Return these with new ones in front of them, as many as `size` says."""
        places = np.arange(self.words.size) + len(new)
        places = np.where(places < size, places, -1)
        words = self.words.later(places, size, {place: _words(subject) for place, subject in enumerate(new)})
        letters = self.letters.later(places, size, {place: _letters(subject) for place, subject in enumerate(new)})
        return Subjects(words, letters)

    def alike(self, letters: Mapping[int, float]) -> Floats:
        """Return how well each subject answers an objective by its sequences of letters (BM25).

        Each counts once: what a subject says twice it does not mean twice.
        """
        weights = np.array([*letters.values()])
        texts, numbers = self.letters.hits([*letters]).once(len(weights))
        rare = rarity(np.bincount(numbers, minlength=len(weights)).astype(np.float64), self.letters.size)
        found = summed(texts, (weights * rare)[numbers], self.letters.size)
        return found * self._shortness(self.letters)

    def coupled(self, words: Mapping[str, float]) -> Floats:
        """Return how well each subject answers by words of the objective that stand in it together.

        Each two of them are a term of their own: one that two words name is meant more surely than what one of them names.
        """
        weights = np.array([*words.values()])
        texts, one, other = _twos(*self.words.hits([term_id(word) for word in words]).once(len(weights)))
        _, numbers, holding = np.unique(one * len(weights) + other, return_inverse=True, return_counts=True)
        worth = rarity(holding.astype(np.float64), self.words.size)[numbers] * np.minimum(weights[one], weights[other])
        return summed(texts, worth, self.words.size) * self._shortness(self.words)

    @staticmethod
    def _shortness(terms: Postings) -> Floats:
        once = np.ones((terms.size, 1))
        return saturated(once, terms.lengths, terms.lengths.mean() if terms.size else 1.0)[:, 0]


def _twos(texts: Ints, numbers: Ints) -> tuple[Ints, Ints, Ints]:
    """Return each two numbers that stand in one text, with the text; given are texts and numbers, ascending."""
    found = [np.zeros((3, 0), dtype=np.int64)]
    for apart in range(1, len(texts)):
        first = np.flatnonzero(texts[apart:] == texts[:-apart])
        if not len(first):
            break
        found.append(np.stack([texts[first], numbers[first], numbers[first + apart]]))
    together = np.concatenate(found, axis=1)
    return together[0], together[1], together[2]


@lru_cache(maxsize=1 << 14)
def _words(subject: str) -> Bag:
    return short_bag([subject], styles_of(subject))


@lru_cache(maxsize=1 << 14)
def _letters(subject: str) -> Bag:
    found = np.unique(sequences(subject))
    return Bag(found, np.ones(len(found), dtype=np.uint8), np.zeros(len(found), dtype=np.uint8))
