"""Every reason why a file may matter for an objective, each as one number per file."""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np

from codecompanion.workspace.retrieval.bm25 import best_passages, bm25
from codecompanion.workspace.retrieval.columns import Floats, Ints, Mask
from codecompanion.workspace.retrieval.corpus import Corpus
from codecompanion.workspace.retrieval.history import Commit, History
from codecompanion.workspace.retrieval.imports import ImportGraph
from codecompanion.workspace.retrieval.mentions import mentioned
from codecompanion.workspace.retrieval.neighbours import pair_ids
from codecompanion.workspace.retrieval.objective import SUBJECT_WEIGHT, Objective
from codecompanion.workspace.retrieval.postings import Postings, summed
from codecompanion.workspace.retrieval.read_again import passages_by_letters
from codecompanion.workspace.retrieval.tests_of import tested_sources
from codecompanion.workspace.retrieval.tokens import term_id

TextOf = Callable[[str], str | None]
"""Returns the text of a path; None where it cannot be had."""

_OF_THE_PAST = frozenset(("similar commits", "most similar commit", "changed lately", "changes with"))
"""Of these even a single commit has a best file: they count less in a short past. "usual parts" doubts for itself."""
LEADERS = 20
"""So many files that look best pass something on to those they import, change with, or stand beside."""
READ_AGAIN = 40
"""So many files that look best are read."""
LITTLE_TO_READ = 20_000
"""In texts of so many characters together it is half told which sequences of letters are rare, and believed by half."""


@dataclass(frozen=True, slots=True)
class Place:
    """One moment of a repository: its files, their past, their imports, and which test is for which source."""

    corpus: Corpus
    history: History
    imports: ImportGraph
    tests: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is shown to a person who asks why.

    Attributes:
        passage: The first block of each file's best passage.
        commit: The place in the history of each file's most similar commit; -1 for none.
        told: Which files a commit with a word of the objective has changed.
        worth: How much each term of the objective tells apart: its weight times its rarity.
    """

    passage: Ints
    commit: Ints
    told: Mask
    worth: dict[str, float]


def place_of(corpus: Corpus, commits: Sequence[Commit], before: Place | None = None) -> Place:
    """Return a place with all that follows from its files and commits, newest first; `before` is the place a moment ago."""
    if before is None or corpus.tree is not before.corpus.tree:
        history = History(commits, corpus, before and before.history)
        return Place(corpus, history, ImportGraph(corpus), tested_sources(corpus))
    same = commits == before.history.commits  # of the files a history asks the paths alone, and so does what tests what
    history = before.history if same else History(commits, corpus, before.history)
    return Place(corpus, history, ImportGraph(corpus), before.tests)


def own_signals(objective: Objective, place: Place) -> tuple[dict[str, Floats], Evidence]:
    """Return what each file says for itself. Every signal is 0 or more; most reach 1 at the best source file.

    Those of the past come near 1 in a long one alone.
    """
    corpus, history = place.corpus, place.history
    terms = [*objective.weights]
    weights = np.array([*objective.weights.values()]) * history.commonness(terms)
    ids = [term_id(term) for term in terms]
    hits = corpus.words.hits(ids)
    words, rare = bm25(hits, weights, corpus.words.lengths, corpus.sources)
    passage, passage_start = best_passages(corpus.words, hits, weights * rare, words * corpus.sources)
    best_commit, which = history.most_similar(objective.weights)
    signals = {
        "words": words,
        "passage": passage,
        "neighbours": _neighbours(objective, place),
        "names": bm25(corpus.names.hits(ids), weights, corpus.names.lengths, corpus.sources)[0],
        "path": bm25(corpus.path_terms.hits(ids), weights, corpus.path_terms.lengths, corpus.sources)[0],
        "identifiers defined": _present(objective, corpus, corpus.names),
        "identifiers used": _present(objective, corpus, corpus.words),
        "similar commits": history.similar(objective.letters),
        "most similar commit": best_commit,
        "usual parts": history.usual([*terms, *objective.styles], np.append(weights, _of_styles(objective, history))),
        "changed lately": history.habit(),
        "tests": _of_tests(words, place),
    }
    scaled = _comparable(signals, place)
    return {**scaled, "scope": _scope(objective, corpus), "mentioned": mentioned(objective, corpus)}, Evidence(
        passage_start, which, history.told_of(terms), dict(zip(terms, (weights * rare).tolist(), strict=True))
    )


def read_again(objective: Objective, scores: Floats, place: Place, text_of: TextOf) -> dict[str, Floats]:
    """Return what the texts of the sources with the highest scores so far say."""
    texts = {number: text_of(place.corpus.paths[number]) for number in _leading(scores, place.corpus, READ_AGAIN)}
    read = {number: text for number, text in texts.items() if text}
    found = np.zeros(len(scores))
    found[[*read]] = passages_by_letters(objective.letters, [*read.values()])
    size = sum(map(len, read.values()))
    return {"letters": size / (size + LITTLE_TO_READ) * _scaled(found, place.corpus)}


def passed_on(scores: Floats, place: Place) -> dict[str, Floats]:
    """Return what files get from the leaders: the files with the highest scores so far."""
    likely = _leaders(scores, place.corpus)
    signals = {
        "changes with": place.history.together(likely),
        "imported by": _imported(likely, place.imports),
        "same folder": _folder_mates(likely, place.corpus),
    }
    return _comparable(signals, place)


def _of_styles(objective: Objective, history: History) -> Floats:
    return SUBJECT_WEIGHT * history.commonness(objective.styles)


def _comparable(signals: Mapping[str, Floats], place: Place) -> dict[str, Floats]:
    trust = {name: place.history.trust if name in _OF_THE_PAST else 1.0 for name in signals}
    return {name: trust[name] * _scaled(values, place.corpus) for name, values in signals.items()}


def _scaled(values: Floats, corpus: Corpus) -> Floats:
    most = values[corpus.sources].max(initial=0.0) or values.max(initial=0.0)
    return (values / most).clip(max=1.0) if most > 0 else values


def _present(objective: Objective, corpus: Corpus, postings: Postings) -> Floats:
    """Return the rarity of the objective's identifiers that each text has, summed."""
    texts, numbers = _once(objective.identifiers, postings)
    holding = np.bincount(numbers[corpus.sources[texts]], minlength=len(objective.identifiers))
    worth = np.log1p(int(corpus.sources.sum()) / (holding + 0.5))
    return summed(texts, worth[numbers], len(corpus))


def _neighbours(objective: Objective, place: Place) -> Floats:
    """Return the root of how well each text has the objective's words side by side: once tells most of it."""
    corpus, pairs = place.corpus, [*objective.neighbours]
    common = [place.history.commonness([one for one, _ in pairs]), place.history.commonness([other for _, other in pairs])]
    weights = np.array([*objective.neighbours.values()]) * np.minimum(*common)
    scores, _ = bm25(corpus.neighbours.hits(pair_ids(pairs)), weights, corpus.neighbours.lengths, corpus.sources)
    return np.sqrt(scores)


def _scope(objective: Objective, corpus: Corpus) -> Floats:
    if not objective.scope:
        return np.zeros(len(corpus))
    texts, _ = _once(objective.scope, corpus.path_terms)
    return np.bincount(texts, minlength=len(corpus)) / len(objective.scope)


def _once(terms: AbstractSet[str], postings: Postings) -> tuple[Ints, Ints]:
    """Return pairs of a text and a term (its number in alphabetical order) that it has, each pair once."""
    return postings.hits([term_id(term) for term in sorted(terms)]).once(len(terms))


def _of_tests(words: Floats, place: Place) -> Floats:
    found = np.zeros(len(place.corpus))
    for test, source in place.tests:
        found[source] = max(found[source], words[test])
    return found


def _leaders(scores: Floats, corpus: Corpus) -> Floats:
    """Return the leaders' chances, summing to 1; all other files have none."""
    leaders = _leading(scores, corpus, LEADERS)
    chances = np.zeros(len(scores))
    most = scores[leaders].max(initial=0.0)
    chances[leaders] = (np.exp(scores[leaders] - most) - np.exp(-most)).clip(min=0)  # none for a score of 0
    total = chances.sum()
    return chances / total if total > 0 else chances


def _leading(scores: Floats, corpus: Corpus, count: int) -> list[int]:
    """Return the best sources, best first; the best files where there are no sources."""
    among = np.flatnonzero(corpus.sources) if corpus.sources.any() else np.arange(len(scores))
    return among[np.argsort(-scores[among], kind="stable")[:count]].tolist()


def _imported(likely: Floats, imports: ImportGraph) -> Floats:
    found = np.zeros(len(likely))
    for leader in np.flatnonzero(likely):
        targets = imports.imported_by(int(leader))
        found[targets] += likely[leader] / np.sqrt(1 + len(targets))
    return found


def _folder_mates(likely: Floats, corpus: Corpus) -> Floats:
    found = np.zeros(len(likely))
    for leader in np.flatnonzero(likely):
        found[corpus.inside(corpus.paths[leader].rpartition("/")[0])] += likely[leader]
    return found - likely
