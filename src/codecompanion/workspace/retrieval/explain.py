"""Says in words why a file is where it is in a ranking."""

from collections.abc import Callable
from dataclasses import dataclass

from codecompanion.workspace.retrieval.analysis import BLOCK_LINES
from codecompanion.workspace.retrieval.kinds import Kind
from codecompanion.workspace.retrieval.neighbours import pair_ids
from codecompanion.workspace.retrieval.postings import Hits, Postings
from codecompanion.workspace.retrieval.rank import Ranking
from codecompanion.workspace.retrieval.signals import Place
from codecompanion.workspace.retrieval.tokens import term_id

_MOST_WORDS = 5
_LEAST_POINTS = 0.05
_LONGEST_SUBJECT = 72


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: the signal, the points it adds to the score (or takes from it), and a sentence."""

    signal: str
    points: float
    text: str


def reasons_for(number: int, ranking: Ranking, place: Place) -> list[Reason]:
    """Return why a file is where it is, the weightiest reason first; what hardly counts is left out."""
    points = {signal: float(values[number]) for signal, values in ranking.parts.items()}
    telling = sorted(
        (signal for signal in points if abs(points[signal]) >= _LEAST_POINTS), key=lambda signal: -abs(points[signal])
    )
    return [Reason(signal, round(points[signal], 2), _SENTENCES[signal](number, ranking, place)) for signal in telling]


def _words(number: int, ranking: Ranking, place: Place) -> str:
    return f"its text has {_quoted(_found(place.corpus.words, number, ranking), ranking)}"


def _passage(number: int, ranking: Ranking, place: Place) -> str:
    first = int(ranking.evidence.passage[number])
    found = _found(place.corpus.words, number, ranking, blocks=(first, first + 1))
    return f"lines {first * BLOCK_LINES + 1}-{(first + 2) * BLOCK_LINES} have {_quoted(found, ranking)}"


def _neighbours(number: int, ranking: Ranking, place: Place) -> str:
    pairs, spelling = [*ranking.objective.neighbours], ranking.objective.spelling
    hits = place.corpus.neighbours.hits(pair_ids(pairs))
    found = [pairs[n] for n in sorted({int(n) for n in hits.numbers[hits.texts == number]})]
    return f"side by side it has {_quoted([' '.join(spelling.get(term, term) for term in pair) for pair in found], ranking)}"


def _names(number: int, ranking: Ranking, place: Place) -> str:
    return f"it defines names with {_quoted(_found(place.corpus.names, number, ranking), ranking)}"


def _path(number: int, ranking: Ranking, place: Place) -> str:
    return f"its path has {_quoted(_found(place.corpus.path_terms, number, ranking), ranking)}"


def _defined(number: int, ranking: Ranking, place: Place) -> str:
    return f"it defines {_quoted(_identifiers(place.corpus.names, number, ranking), ranking)}"


def _used(number: int, ranking: Ranking, place: Place) -> str:
    return f"it uses {_quoted(_identifiers(place.corpus.words, number, ranking), ranking)}"


def _commit(number: int, ranking: Ranking, place: Place) -> str:
    commit = place.history.commits[int(ranking.evidence.commit[number])]
    return f'it was changed by "{commit.subject[:_LONGEST_SUBJECT]}" ({commit.day})'


def _scope(_number: int, ranking: Ranking, _place: Place) -> str:
    return f"it is part of {_quoted(sorted(ranking.objective.scope), ranking)}, which the objective begins with"


def _kind(number: int, _ranking: Ranking, place: Place) -> str:
    kinds = {Kind.TEST: "a test", Kind.DOCS: "documentation", Kind.TOOLING: "tooling", Kind.COPY: "a copy or generated"}
    return f"it is {kinds.get(place.corpus.kinds[number], 'no code')}, not source"


def _always(text: str) -> Callable[[int, Ranking, Place], str]:
    return lambda _number, _ranking, _place: text


_SENTENCES: dict[str, Callable[[int, Ranking, Place], str]] = {
    "words": _words,
    "passage": _passage,
    "neighbours": _neighbours,
    "names": _names,
    "path": _path,
    "identifiers defined": _defined,
    "identifiers used": _used,
    "similar commits": _always("the commits that changed it read like the objective"),
    "most similar commit": _commit,
    "usual parts": _always("earlier commits with these words changed files of such a name or folder"),
    "letters": _always("a passage of it is written like the objective"),
    "meaning": _always("its beginning means about the same, says the embedder"),
    "changed lately": _always("it changes often"),
    "tests": _always("a test of its name has these words"),
    "scope": _scope,
    "mentioned": _always("the objective names it"),
    "changes with": _always("it tends to change together with the files at the top"),
    "imported by": _always("the files at the top import it"),
    "same folder": _always("it stands beside the files at the top"),
    "kind": _kind,
}


def _identifiers(postings: Postings, number: int, ranking: Ranking) -> list[str]:
    return _present(postings, number, sorted(ranking.objective.identifiers))


def _found(postings: Postings, number: int, ranking: Ranking, blocks: tuple[int, ...] | None = None) -> list[str]:
    """Return the objective's terms in a file, or in some of its blocks, the most telling first."""
    worth = ranking.evidence.worth
    return _present(postings, number, sorted(worth, key=lambda term: -worth[term]), blocks)


def _present(postings: Postings, number: int, terms: list[str], blocks: tuple[int, ...] | None = None) -> list[str]:
    hits: Hits = postings.hits([term_id(term) for term in terms])
    mine = hits.where(hits.texts == number)
    numbers = {int(n) for n, block in zip(mine.numbers, mine.blocks, strict=True) if blocks is None or block in blocks}
    return [terms[n] for n in sorted(numbers)]


def _quoted(terms: list[str], ranking: Ranking) -> str:
    words = dict.fromkeys(ranking.objective.spelling.get(term, term) for term in terms)
    return ", ".join(f"'{word}'" for word in [*words][:_MOST_WORDS]) or "some of its words"
