"""Where inside of a file: its symbols, best first for an objective."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from codecompanion.domain.terms import whole
from codecompanion.workspace.retrieval.analysis import short_bag
from codecompanion.workspace.retrieval.bm25 import frequencies, saturated
from codecompanion.workspace.retrieval.columns import Floats
from codecompanion.workspace.retrieval.objective import Objective
from codecompanion.workspace.retrieval.postings import Postings
from codecompanion.workspace.retrieval.symbols import Symbol
from codecompanion.workspace.retrieval.tokens import term_id

_NAME_WEIGHT = 2.0
"""A term in a symbol's name says more than one in its body."""
_IDENTIFIER_WEIGHT = 3.0
"""The objective names the symbol."""
_TRACED_WEIGHT = 6.0
"""A stack trace goes through the symbol."""
_CONTAINER = 0.5
"""What only encloses other symbols is less of an answer than they are."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A symbol with how well it answers."""

    symbol: Symbol
    score: float


def best_spots(
    objective: Objective, worth: Mapping[str, float], text: str, symbols: Sequence[Symbol], lines: Sequence[int] = ()
) -> list[Spot]:
    """Return the symbols of a file that answer an objective, best first; those that do not answer at all are left out.

    Args:
        objective: What is wanted.
        worth: How much each of its terms tells apart in the repository.
        text: The file.
        symbols: Its symbols, in the order of their lines.
        lines: Line numbers (from 1) that a stack trace goes through.
    """
    if not symbols:
        return []
    scores = _by_words(worth, text, symbols)
    scores += [_IDENTIFIER_WEIGHT * (whole(symbol.name) in objective.identifiers) for symbol in symbols]
    scores *= [_CONTAINER if _encloses(symbols, place) else 1.0 for place in range(len(symbols))]
    scores += [_TRACED_WEIGHT * any(_innermost(symbols, line) == place for line in lines) for place in range(len(symbols))]
    order: list[int] = np.argsort(-scores, kind="stable").tolist()
    return [Spot(symbols[place], round(float(scores[place]), 2)) for place in order if scores[place] > 0]


def _by_words(worth: Mapping[str, float], text: str, symbols: Sequence[Symbol]) -> Floats:
    rows = text.split("\n")
    bodies = Postings.of([short_bag(["\n".join(rows[symbol.first_line - 1 : symbol.last_line])]) for symbol in symbols])
    names = Postings.of([short_bag([symbol.name]) for symbol in symbols])
    ids = [term_id(term) for term in worth]
    weights = np.array([*worth.values()])
    return _matched(bodies, ids, weights) + _NAME_WEIGHT * _matched(names, ids, weights)


def _matched(postings: Postings, ids: list[int], weights: Floats) -> Floats:
    hits = postings.hits(ids)
    frequency = frequencies(hits.texts, hits.numbers, hits.counts, (postings.size, len(weights)))
    return saturated(frequency, postings.lengths, postings.lengths.mean()) @ weights


def _encloses(symbols: Sequence[Symbol], place: int) -> bool:
    return place + 1 < len(symbols) and symbols[place + 1].depth > symbols[place].depth


def _innermost(symbols: Sequence[Symbol], line: int) -> int | None:
    holding = [place for place, symbol in enumerate(symbols) if symbol.first_line <= line <= symbol.last_line]
    return max(holding, key=lambda place: symbols[place].depth) if holding else None
