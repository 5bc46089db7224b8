"""What an objective says: its terms and their weights, the identifiers, paths and places in a stack trace it mentions."""

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from itertools import islice
from math import log
from typing import TypeVar

from codecompanion.domain.terms import WORD, terms_of, whole
from codecompanion.workspace.retrieval.kinds import CODE_ENDINGS
from codecompanion.workspace.retrieval.letters import sequences
from codecompanion.workspace.retrieval.neighbours import Pair, neighbours_in
from codecompanion.workspace.retrieval.stop_words import STOPPED_TERMS
from codecompanion.workspace.retrieval.styles import styles_of

_Found = TypeVar("_Found", bound=Hashable)

SUBJECT_WEIGHT = 2.0
"""The first line says what is wanted, the others explain."""
_FADING = 0.1
"""The n-th line of the explanation weighs 1 / (1 + n * this)."""
_REPEATED = 0.2
_MOST_PAIRS = 40
_MOST_SEQUENCES = 500

_FULL_LINE = 50
"""A shorter line was not broken because it was full."""
_MOST_SUBJECT_LINES = 3

_ROLE = re.compile(
    r":[a-z][\w-]*(?::[\w-]+)*:(?=`)|^[ \t]*:(?:tags|tickets|versions?|issues?|pr|pullreq|authors?|date):.*$", re.MULTILINE
)
"""What reStructuredText writes in front of a marked word (":class:`Cart`"), and its fields (":tags: bug")."""
_GOES_ON = re.compile(r"[ \t]*(?![-*+\u2022#][ \t]|\d+[.)][ \t])\S")
"""A line that is no item of a list."""
_MARKED = re.compile(r"`([^`\n]+)`")
_CALLED = re.compile(r"\b([^\W\d]\w+)\(")
_DOTTED = re.compile(r"\b\w+(?:\.\w+)+")
_PATH_LIKE = re.compile(r"[\w./\\-]+")
_PATH = re.compile(r".*\w\.\w{1,6}|.*\w/[\w.-].*")
_SCOPE = re.compile(r"\s*\[?([\w./, *-]{2,40}?)\]?\s*:\s")
_CODE_STYLE = re.compile(r"[a-z\d][A-Z]|\w_\w|[A-Z]{2}[a-z]")
_TRACES = (
    re.compile(r'File "([^"\n]+)", line (\d+)'),  # Python
    re.compile(r"(?<![\w@./\\-])([\w@./\\-]+\.\w{1,5}):(\d+)(?::\d+)?\b"),  # JavaScript, Go, Rust, Ruby, C compilers
    re.compile(r"\(([\w$]+\.(?:java|kt|scala)):(\d+)\)"),  # the JVM
)


@dataclass(frozen=True, slots=True)
class Objective:
    """An objective, read.

    Attributes:
        weights: Each term with how much it matters.
        neighbours: The pairs of terms that stand beside each other in it, with how much each matters.
        letters: Its sequences of letters, likewise.
        identifiers: Terms that stand for whole identifiers.
        scope: Terms of the part of the code named in front of a colon, as in "parser: ...".
        paths: Whatever looks like a path or a module, in lower case, with "/" between its parts.
        places: Files and line numbers (from 1) of stack traces and compilers' messages, innermost last.
        styles: How its first line is written (`styles`), as terms.
        spelling: For each term the first word as written that has it.
    """

    weights: dict[str, float]
    neighbours: dict[Pair, float]
    letters: dict[int, float]
    identifiers: frozenset[str]
    scope: frozenset[str]
    paths: tuple[str, ...]
    places: tuple[tuple[str, int], ...]
    styles: tuple[str, ...]
    spelling: dict[str, str]


def read_objective(text: str) -> Objective:
    """Return what an objective says; its first line is taken for its subject."""
    text = _ROLE.sub("", text)
    subject, lines = _parts(text.strip())
    explanation = [line for line in lines if line.strip()]
    return Objective(
        weights=_weights(subject, explanation),
        neighbours=dict(islice(_by_line(neighbours_in, subject, explanation).items(), _MOST_PAIRS)),
        letters=dict(islice(_by_line(_letters_in, subject, explanation).items(), _MOST_SEQUENCES)),
        identifiers=frozenset(filter(None, map(whole, _identifiers(text)))),
        scope=_scope(subject),
        paths=_paths(text),
        places=_places(text),
        styles=tuple(styles_of(subject)),
        spelling={term: word for word in reversed(WORD.findall(text)) for term in terms_of(word)},
    )


def _parts(text: str) -> tuple[str, list[str]]:
    """Return the subject on one line, and the lines of the explanation.

    A sentence that is broken into full lines is one subject, as those of changelogs are: a commit message has an empty line.
    """
    first, *rest = text.split("\n")
    subject = [first]
    while rest and len(subject) < _MOST_SUBJECT_LINES and len(subject[-1]) >= _FULL_LINE and _GOES_ON.match(rest[0]):
        subject.append(rest.pop(0).strip())
    return " ".join(subject), rest


def telling_terms(text: str) -> Counter[str]:
    """Return the terms of a text with their counts, the words that say nothing left out."""
    return Counter(term for word in WORD.findall(text) for term in terms_of(word) if term not in STOPPED_TERMS)


def _weights(subject: str, explanation: list[str]) -> dict[str, float]:
    weights = {term: SUBJECT_WEIGHT * (1 + log(count)) for term, count in telling_terms(subject).items()}
    for number, line in enumerate(explanation):
        for term in telling_terms(line):
            again = _REPEATED if term in weights else 0.0
            weights[term] = max(weights.get(term, 0.0), 1 / (1 + _FADING * number)) + again
    # Who asks for "add" alone means it.
    return weights or dict.fromkeys((term for word in WORD.findall(subject) for term in terms_of(word)), SUBJECT_WEIGHT)


def _by_line(found_in: Callable[[str], Iterable[_Found]], subject: str, explanation: list[str]) -> dict[_Found, float]:
    """Return what is found in the lines, first lines first, with the weight of the first line that has it."""
    weights = dict.fromkeys(found_in(subject), SUBJECT_WEIGHT)
    for number, line in enumerate(explanation):
        for found in found_in(line):
            weights.setdefault(found, 1 / (1 + _FADING * number))
    return weights


def _letters_in(line: str) -> list[int]:
    return sequences(line).tolist()


def _identifiers(text: str) -> set[str]:
    marked = {word for code in _MARKED.findall(text) for word in WORD.findall(code)}
    styled = {word for word in WORD.findall(text) if _CODE_STYLE.search(word.strip("_"))}
    dotted = {word for words in _DOTTED.findall(text) for word in words.split(".")}
    return marked | styled | dotted | set(_CALLED.findall(text))


def _scope(subject: str) -> frozenset[str]:
    found = _SCOPE.match(subject)
    return frozenset(term for word in WORD.findall(found[1]) for term in terms_of(word)) if found else frozenset()


def _paths(text: str) -> tuple[str, ...]:
    like = [part.replace("\\", "/").strip(".").removeprefix("/") for part in _PATH_LIKE.findall(text.lower())]
    written = [part for part in like if _PATH.fullmatch(part)]
    modules = [name.replace(".", "/") for name in _DOTTED.findall(text.lower()) if name.rpartition(".")[2] not in CODE_ENDINGS]
    return tuple(dict.fromkeys([*written, *modules]))


def _places(text: str) -> tuple[tuple[str, int], ...]:
    found = [(path.replace("\\", "/").lower(), int(line)) for trace in _TRACES for path, line in trace.findall(text)]
    return tuple(dict.fromkeys(found))
