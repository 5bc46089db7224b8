"""What earlier commits tell: which files changed for similar words, which change often, which change together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np

from codecompanion.workspace.retrieval.analysis import Bag, short_bag
from codecompanion.workspace.retrieval.bm25 import bm25, rarity
from codecompanion.workspace.retrieval.corpus import Corpus
from codecompanion.workspace.retrieval.postings import Floats, Ints, Postings, summed
from codecompanion.workspace.retrieval.styles import styles_of
from codecompanion.workspace.retrieval.tokens import term_id
from codecompanion.workspace.retrieval.usual_parts import UsualParts

MOST_COMMITS = 4000
"""Older commits are not asked."""
_SIMILARITY_YEARS = 2.0
_HABIT_YEARS = 0.5
"""How fast a commit's word loses weight: by a factor e in so many years."""
_LASTING = 0.2
"""The share of a commit's weight that no age takes away."""
_TOGETHER = (2, 12)
"""Commits of so many files tell what changes together; larger ones are sweeps."""
_TOGETHER_DOUBT = 3.0
"""Added to a file's number of changes: what changed together once may be chance."""
_ENOUGH_COMMITS = 30
_RARE_ENOUGH = 50.0
_DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Commit:
    """An earlier commit: its day (ISO), the first line of its message, the paths it changed."""

    day: str
    subject: str
    paths: tuple[str, ...]


class History:
    """Earlier commits, newest first, seen from the files of a corpus."""

    def __init__(self, commits: Sequence[Commit], corpus: Corpus) -> None:
        commits = commits[:MOST_COMMITS]
        self.commits: Sequence[Commit] = commits
        self._files = len(corpus)
        self._size = len(commits)
        self.subjects = Postings([_subject_terms(commit.subject) for commit in commits])
        """The words and the styles of each commit's subject."""
        self._years = _ages(commits)
        self._changed = np.array([len(commit.paths) for commit in commits], dtype=np.float64)
        self._links, self._linked = _links(commits, corpus)
        self._parts = UsualParts(self._links, self._linked, 1 / self._changed.clip(min=1), corpus.path_terms)

    def commonness(self, terms: Sequence[str]) -> Floats:
        """Return for each term how telling it is in an objective, 0 to 1: words of every other commit message tell little."""
        if self._size <= _ENOUGH_COMMITS:
            return np.ones(len(terms))
        hits = self.subjects.hits([term_id(term) for term in terms])
        holding = np.bincount(hits.numbers, minlength=len(terms)).astype(np.float64)
        return np.minimum(1.0, rarity(holding, self._size) / np.log1p(_RARE_ENOUGH))

    def similar(self, weights: Mapping[str, float]) -> tuple[Floats, Floats, Ints]:
        """Return how similar the subjects of each file's commits are: all of them by age, the best one, and its place."""
        hits = self.subjects.hits([term_id(term) for term in weights])
        likeness, _ = bm25(hits, np.array([*weights.values()]), self.subjects.lengths, np.ones(self._size, dtype=np.bool_))
        ageing = _LASTING + (1 - _LASTING) * np.exp(-self._years / _SIMILARITY_YEARS)
        summed = self._spread(likeness**2 / self._changed.clip(min=1) * ageing)
        lone = likeness / np.sqrt(self._changed.clip(min=1))
        best, which = np.zeros(self._files), np.full(self._files, -1, dtype=np.int64)
        order = np.argsort(lone[self._links], kind="stable")
        best[self._linked[order]] = lone[self._links[order]]
        which[self._linked[order]] = self._links[order]
        return summed, best, which

    def usual(self, terms: Sequence[str], weights: Floats) -> Floats:
        """Return how much each file's path is one that commits with these words change; a short past tells nothing."""
        if self._size <= _ENOUGH_COMMITS:
            return np.zeros(self._files)
        return self._parts.scores(self.subjects.hits([term_id(term) for term in terms]), weights)

    def habit(self) -> Floats:
        """Return how often each file changed lately; a commit counts less the older and the larger it is. Logarithmic."""
        return np.log1p(self._spread(np.exp(-self._years / _HABIT_YEARS) / self._changed.clip(min=1)))

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


@lru_cache(maxsize=1 << 14)
def _subject_terms(subject: str) -> Bag:
    return short_bag([subject], styles_of(subject))


def _links(commits: Sequence[Commit], corpus: Corpus) -> tuple[Ints, Ints]:
    """Return pairs of a commit and a file it changed, as two columns."""
    numbers = _Followed(corpus)
    pairs = [(place, numbers[path]) for place, commit in enumerate(commits) for path in commit.paths]
    columns = np.array([pair for pair in dict.fromkeys(pairs) if pair[1] >= 0], dtype=np.int64).reshape(-1, 2)
    return columns[:, 0], columns[:, 1]


class _Followed(dict[str, int]):
    """The number of a file by a path it had once: one that has moved is found by its name, if that is the only one; else -1."""

    def __init__(self, corpus: Corpus) -> None:
        super().__init__(corpus.numbers)
        self._by_name = corpus.by_name

    def __missing__(self, path: str) -> int:
        name = path.rpartition("/")[2].lower()
        same = self._by_name.get(name, []) if not name.startswith(("__init__.", "index.", "mod.")) else []
        self[path] = same[0] if len(same) == 1 else -1
        return self[path]
