"""Words of an objective that nobody has ever written here, but one letter off a word that stands in the code."""

from collections.abc import Iterator
from dataclasses import replace
from string import ascii_lowercase

import numpy as np

from codecompanion.workspace.retrieval.corpus import Corpus
from codecompanion.workspace.retrieval.history import History
from codecompanion.workspace.retrieval.objective import Objective
from codecompanion.workspace.retrieval.tokens import term_id

_SHORTEST = 7
"""Shorter terms are one letter off too many others."""


def corrected(objective: Objective, corpus: Corpus, history: History) -> Objective:
    """Return the objective with each misspelt term replaced; one that two terms of the code are near stays as it is."""
    strange = [term for term in _unknown(objective, corpus, history) if len(term) >= _SHORTEST and term.isalpha()]
    meant = {term: near[0] for term in strange if len(near := _near(term, corpus)) == 1}
    weights: dict[str, float] = {}
    for term, weight in objective.weights.items():
        word = meant.get(term, term)
        weights[word] = max(weights.get(word, 0.0), weight)
    return replace(objective, weights=weights) if meant else objective


def _unknown(objective: Objective, corpus: Corpus, history: History) -> list[str]:
    terms = [*objective.weights]
    ids = [term_id(term) for term in terms]
    known = {int(n) for texts in (corpus.words, corpus.path_terms, history.subjects.words) for n in texts.hits(ids).numbers}
    return [term for number, term in enumerate(terms) if number not in known]


def _near(term: str, corpus: Corpus) -> list[str]:
    near = sorted(set(_one_off(term)) - {term})
    hits = corpus.words.hits([term_id(word) for word in near])
    return [near[number] for number in np.unique(hits.numbers[corpus.sources[hits.texts]])]


def _one_off(term: str) -> Iterator[str]:
    """Yield the term with one letter left out, replaced or put in, or two neighbours exchanged."""
    for place in range(len(term) + 1):
        before, after = term[:place], term[place:]
        yield from (before + letter + after for letter in ascii_lowercase)
        if after:
            yield before + after[1:]
            yield from (before + letter + after[1:] for letter in ascii_lowercase)
        if after[1:]:
            yield before + after[1] + after[0] + after[2:]
