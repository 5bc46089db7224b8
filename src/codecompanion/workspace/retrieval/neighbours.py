"""Which telling words stand side by side: "retry" and "budget" in `retryBudget`, `retry_budget` and "retry the budget".

Words that tell nothing are passed over, so that "close the connection" has the neighbours of `close_connection` (after Metzler
and Croft, "A Markov random field model for term dependencies", 2005: their ordered windows of two words).
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from codecompanion.domain.terms import WORD, parts_of
from codecompanion.workspace.retrieval.stop_words import STOPPED_TERMS
from codecompanion.workspace.retrieval.tokens import ids_of, term_id

_SPREAD = 2654435761
"""Knuth's multiplier: two words in the other order have another number."""
_CACHED_WORDS = 1 << 18

_TELLING = 1 << 32
"""Marks an id, which has 32 bits."""
_STOPPED_IDS = frozenset(map(term_id, STOPPED_TERMS))

Pair = tuple[str, str]
"""Two terms, in the order in which they stand."""


def neighbours_in(line: str) -> list[Pair]:
    """Return the neighbours in a line, each pair as often as it stands there."""
    telling = [term for word in WORD.findall(line) for term in parts_of(word) if term not in STOPPED_TERMS]
    return [pair for pair in pairwise(telling) if pair[0] != pair[1]]


def pair_ids(pairs: Sequence[Pair]) -> list[int]:
    """Return 32 bits that stand for each pair."""
    return [(term_id(one) * _SPREAD + term_id(other)) & 0xFFFFFFFF for one, other in pairs]


def neighbour_ids(marked: NDArray[np.uint64]) -> NDArray[np.uint32]:
    """Return the ids of the neighbours in a text, given the marked ids of its words in their order."""
    ids = marked[marked >= _TELLING].astype(np.uint32)
    return ids[:-1] * np.uint32(_SPREAD) + ids[1:]


def unmarked(marked: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the ids without their marks."""
    return marked & np.uint64(_TELLING - 1)


@lru_cache(_CACHED_WORDS)
def marked_ids_of(run: str) -> tuple[int, ...]:
    """Return the ids of the terms of a run's words (`runs_in`); those that may be neighbours are marked."""
    return tuple(marked for word in WORD.findall(run) for marked in _marked(ids_of(word)))


def _marked(ids: tuple[int, ...]) -> Iterator[int]:
    parts = len(ids) - 1 if len(ids) > 1 else len(ids)
    return (_TELLING | one if n < parts and one not in _STOPPED_IDS else one for n, one in enumerate(ids))
