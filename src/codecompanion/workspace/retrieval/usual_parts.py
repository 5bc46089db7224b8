"""Which parts of the code the words of commit messages have led to: "retry" to files below `net`, say, whichever they were.

A word is tied to the terms of the changed paths, not to the files themselves, so that a file is found for what its neighbours
and namesakes changed for. How much a word tells of a term is the logarithm of how much more often the term is changed with it.
"""

from functools import cached_property

import numpy as np

from codecompanion.workspace.retrieval.columns import Floats, Ints
from codecompanion.workspace.retrieval.postings import Hits, Postings, summed

_DOUBT = 2.0
"""A word counts as if it had been in so many more commits that changed what any commit changes."""
_UNSEEN = 1e-4
"""The share of commits that is taken to change a term that none has changed yet."""


class UsualParts:
    """The changes of earlier commits by the terms of their paths."""

    def __init__(self, links: Ints, linked: Ints, worth: Floats, paths: Postings) -> None:
        """Take in the history.

        Args:
            links: The commits, ascending: each once for every file that it changed.
            linked: The number of that file.
            worth: How much each commit counts for each of its files; the files of one commit count 1 together.
            paths: The terms of each file's path.
        """
        self._links, self._linked, self._worth, self._paths = links, linked, worth, paths

    def scores(self, hits: Hits, weights: Floats) -> Floats:
        """Return for each file how much the words speak for its path, 0 or more.

        Args:
            hits: Where the words stand among the messages of the commits.
            weights: How much each word matters.
        """
        commits, numbers = hits.once(len(weights))
        holding = np.bincount(numbers, minlength=len(weights))
        changed = self._changed(commits, numbers, len(weights))
        lift = np.log((changed + _DOUBT * self._usual) / (holding + _DOUBT)[:, None] / self._usual).clip(min=0)
        texts, terms = self._parts
        return summed(texts, (weights @ lift)[terms], self._paths.size) / np.sqrt(self._lengths)

    def _changed(self, commits: Ints, numbers: Ints, words: int) -> Floats:
        """Return how much of the commits with each word changed each term."""
        starts, ends = np.searchsorted(self._links, commits), np.searchsorted(self._links, commits, side="right")
        places, owner = _ranges(starts, ends)
        worth = self._worth[self._links[places]]
        files = summed(numbers[owner] * self._paths.size + self._linked[places], worth, words * self._paths.size)
        [pairs] = files.nonzero()
        word, file = np.divmod(pairs, max(self._paths.size, 1))
        return self._by_term(word, file, files[pairs], words)

    def _by_term(self, rows: Ints, files: Ints, worth: Floats, size: int) -> Floats:
        texts, terms = self._parts
        places, owner = _ranges(np.searchsorted(texts, files), np.searchsorted(texts, files, side="right"))
        count = len(self._usual_terms)
        return summed(rows[owner] * count + terms[places], worth[owner], size * count).reshape(size, count)

    @cached_property
    def _usual(self) -> Floats:
        """The share of all commits that changes each term."""
        files = summed(self._linked, self._worth[self._links], self._paths.size)
        [changed] = files.nonzero()
        return self._by_term(np.zeros(len(changed), np.int64), changed, files[changed], 1)[0] / len(self._worth) + _UNSEEN

    @cached_property
    def _parts(self) -> tuple[Ints, Ints]:
        """Pairs of a file and a term of its path (its place among the terms of all paths), each once, files ascending."""
        texts, terms = self._paths.entries
        places = np.searchsorted(self._usual_terms, terms)
        files, numbers = np.divmod(np.unique(texts * max(len(self._usual_terms), 1) + places), max(len(self._usual_terms), 1))
        return files, numbers

    @cached_property
    def _usual_terms(self) -> Ints:
        return np.unique(self._paths.entries[1])

    @cached_property
    def _lengths(self) -> Floats:
        return np.bincount(self._parts[0], minlength=self._paths.size).clip(min=1).astype(np.float64)


def _ranges(starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """Return the places of all ranges behind each other, and for each the number of its range."""
    sizes = ends - starts
    owner = np.repeat(np.arange(len(sizes)), sizes)
    return np.arange(int(sizes.sum())) + np.repeat(starts - (np.cumsum(sizes) - sizes), sizes), owner
