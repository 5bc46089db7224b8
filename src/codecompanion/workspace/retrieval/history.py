"""What earlier commits tell: which files changed for similar words, which change often, which change together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TypeVar

import numpy as np

from codecompanion.workspace.retrieval.bm25 import rarity
from codecompanion.workspace.retrieval.columns import Floats, Ints, Mask
from codecompanion.workspace.retrieval.corpus import Corpus
from codecompanion.workspace.retrieval.postings import summed
from codecompanion.workspace.retrieval.subjects import Subjects
from codecompanion.workspace.retrieval.tokens import term_id
from codecompanion.workspace.retrieval.usual_parts import UsualParts

MOST_COMMITS = 4000
"""Older commits are not asked."""
_HABIT_YEARS = 0.5
"""A commit is forgotten as a habit by a factor e in so many years."""
_TOGETHER = (2, 12)
"""Commits of so many files tell what changes together; larger ones are sweeps."""
_SIMILAR_DOUBT = 5.0
"""Added to a file's number of commits: of two that read alike both may be chance."""
_TOGETHER_DOUBT = 3.0
"""Added to a file's number of changes: what changed together once may be chance."""
_ENOUGH_COMMITS = 30
_LONG_PAST = 300
"""So many commits are believed three quarters of what the longest past is."""
_RARE_ENOUGH = 50.0
_DAYS_PER_YEAR = 365.25
_MOST_NEWER = 1000
"""After more new commits the subjects are read anew."""

_Entry = TypeVar("_Entry")


@dataclass(frozen=True, slots=True)
class Commit:
    """An earlier commit: its day (ISO), the first line of its message, the paths it changed."""

    day: str
    subject: str
    paths: tuple[str, ...]


class History:
    """Earlier commits, newest first, seen from the files of a corpus."""

    def __init__(self, commits: Sequence[Commit], corpus: Corpus, before: "History | None" = None) -> None:
        """Take in commits, newest first; `before` is the history of an earlier moment, whose subjects are not read again."""
        commits = list(commits[:MOST_COMMITS])
        self.commits: Sequence[Commit] = commits
        self._files = len(corpus)
        self._size = len(commits)
        self.subjects = _subjects(commits, before)
        self._years = _ages(commits)
        self._changed = np.array([max(len(commit.paths), 1) for commit in commits], dtype=np.float64)
        self._links, self._linked = _links(commits, corpus)
        self._parts = UsualParts(self._links, self._linked, 1 / self._changed, corpus.path_terms)

    @property
    def trust(self) -> float:
        """How far the past is believed, from a half (there is none) to nearly 1: the best of few commits is often chance."""
        return 0.5 + 0.5 * self._size / (self._size + _LONG_PAST)

    def commonness(self, terms: Sequence[str]) -> Floats:
        """Return for each term how telling it is in an objective, 0 to 1: words of every other commit message tell little."""
        if self._size <= _ENOUGH_COMMITS:
            return np.ones(len(terms))
        hits = self.subjects.words.hits([term_id(term) for term in terms])
        holding = np.bincount(hits.numbers, minlength=len(terms)).astype(np.float64)
        return np.minimum(1.0, rarity(holding, self._size) / np.log1p(_RARE_ENOUGH))

    def similar(self, letters: Mapping[int, float]) -> Floats:
        """Return how much more alike an objective each file's commits read than commits do by chance, in the mean.

        A commit counts by how far it is above the average, squared, and less the more files it changed.

        Args:
            letters: The objective's sequences of letters, with how much each matters.
        """
        if not self._size:
            return np.zeros(self._files)
        likeness = self.subjects.alike(letters)
        unusual = (likeness - likeness.mean()).clip(min=0) ** 2 / self._changed
        commits = np.bincount(self._linked, minlength=self._files)
        return (self._spread(unusual) - commits * unusual.mean()).clip(min=0) / (commits + _SIMILAR_DOUBT)

    def most_similar(self, words: Mapping[str, float]) -> tuple[Floats, Ints]:
        """Return how well the best of each file's commits answers by words that stand together, and its place; -1 for none."""
        lone = self.subjects.coupled(words) / np.sqrt(self._changed)
        best, which = np.zeros(self._files), np.full(self._files, -1, dtype=np.int64)
        order = np.argsort(lone[self._links], kind="stable")
        best[self._linked[order]] = lone[self._links[order]]
        which[self._linked[order]] = self._links[order]
        return best, which

    def told_of(self, words: Sequence[str]) -> Mask:
        """Return which files a commit has changed whose subject has one of the words."""
        has = np.zeros(self._size)
        has[self.subjects.words.hits([term_id(word) for word in words]).texts] = 1
        return self._spread(has) > 0

    def usual(self, terms: Sequence[str], weights: Floats) -> Floats:
        """Return how much each file's path is one that commits with these words change; a short past tells nothing."""
        if self._size <= _ENOUGH_COMMITS:
            return np.zeros(self._files)
        return self._parts.scores(self.subjects.words.hits([term_id(term) for term in terms]), weights)

    def habit(self) -> Floats:
        """Return how often each file changed lately; a commit counts less the older and the larger it is. Logarithmic."""
        return np.log1p(self._spread(np.exp(-self._years / _HABIT_YEARS) / self._changed))

    def together(self, leaders: Floats) -> Floats:
        """Return how surely each file changes when the leaders do; `leaders` is how likely each file is one, summing to 1."""
        changes = np.bincount(self._linked, minlength=self._files)
        share = leaders / (changes + _TOGETHER_DOUBT)
        telling = (self._changed >= _TOGETHER[0]) & (self._changed <= _TOGETHER[1])
        kept = telling[self._links]
        links, linked = self._links[kept], self._linked[kept]
        pull = summed(links, share[linked], self._size)
        own = share * np.bincount(linked, minlength=self._files)
        return (summed(linked, pull[links], self._files) - own).clip(min=0)

    def _spread(self, worth: Floats) -> Floats:
        return summed(self._linked, worth[self._links], self._files)


def _ages(commits: Sequence[Commit]) -> Floats:
    if not commits:
        return np.zeros(0)
    days = np.array([_ordinal(commit.day) for commit in commits], dtype=np.float64)
    return (days.max() - days) / _DAYS_PER_YEAR


@lru_cache(maxsize=1 << 14)
def _ordinal(day: str) -> int:
    return date.fromisoformat(day[:10]).toordinal()


def newer(later: Sequence[_Entry], earlier: Sequence[_Entry]) -> int | None:
    """Return how many entries of a log, newest first, are newer than those of an earlier one; None where the rest differs."""
    for count in range(min(len(later), _MOST_NEWER) if earlier else 0):
        if later[count] == earlier[0]:
            kept = later[count:]
            return count if kept == earlier[: len(kept)] else None
    return None


def _subjects(commits: Sequence[Commit], before: History | None) -> Subjects:
    new = newer(commits, before.commits) if before else None
    if before is None or new is None:
        return Subjects.of([commit.subject for commit in commits])
    return before.subjects.later([commit.subject for commit in commits[:new]], len(commits))


def _links(commits: Sequence[Commit], corpus: Corpus) -> tuple[Ints, Ints]:
    """Return pairs of a commit and a file it changed, each once, as two columns; commits ascending."""
    numbers = _Followed(corpus)
    linked = np.array([numbers[path] for commit in commits for path in commit.paths], dtype=np.int64)
    links = np.repeat(np.arange(len(commits)), [len(commit.paths) for commit in commits])
    _, first = np.unique(links * (len(corpus) + 1) + linked, return_index=True)
    first = np.sort(first[linked[first] >= 0])
    return links[first], linked[first]


class _Followed(dict[str, int]):
    """The number of a file by a path it had once: one that has moved is found by its name, if that is the only one; else -1."""

    def __init__(self, corpus: Corpus) -> None:
        super().__init__(corpus.numbers)
        self._corpus = corpus

    def __missing__(self, path: str) -> int:
        name = path.rpartition("/")[2].lower()
        same = self._corpus.named(name) if not name.startswith(("__init__.", "index.", "mod.")) else []
        self[path] = same[0] if len(same) == 1 else -1
        return self[path]
