"""Files that an objective names: by path, by module, or in a stack trace."""

from collections.abc import Iterator

import numpy as np

from codecompanion.workspace.retrieval.columns import Floats
from codecompanion.workspace.retrieval.corpus import Corpus, stem_of
from codecompanion.workspace.retrieval.objective import Objective

_EXACT = 1.0
_ENDING = 0.8
_TRACED = 1.5
"""A stack trace goes through the file."""
_OWNER = 0.6
"""The objective names something inside of the file: "package.module.function"."""


def mentioned(objective: Objective, corpus: Corpus) -> Floats:
    """Return for each file how clearly the objective names it, 0 for not at all."""
    found = np.zeros(len(corpus))
    for written in objective.paths:
        for number, clarity in _named(written, corpus):
            found[number] = max(found[number], clarity)
    for number in traced(objective, corpus):
        found[number] = _TRACED
    return found


def traced(objective: Objective, corpus: Corpus) -> dict[int, list[int]]:
    """Return the files of stack traces with the line numbers (from 1) that they are named with."""
    found: dict[int, list[int]] = {}
    for written, line in objective.places:
        name = written.rpartition("/")[2]
        namesakes = [n for n in corpus.named(name) if corpus.paths[n].lower().endswith(f".{name.rpartition('.')[2]}")]
        # The machine of the trace has other folders in front: the longest common ending decides.
        best = max((_common_ending(written, corpus.paths[n].lower()) for n in namesakes), default=0)
        for number in namesakes:
            if _common_ending(written, corpus.paths[number].lower()) == best:
                found.setdefault(number, []).append(line)
    return found


def _common_ending(one: str, other: str) -> int:
    pairs = zip(reversed(one.split("/")), reversed(other.split("/")), strict=False)
    return next((count for count, (a, b) in enumerate(pairs) if a != b), min(one.count("/"), other.count("/")) + 1)


def _named(written: str, corpus: Corpus) -> Iterator[tuple[int, float]]:
    owner, _, last = written.rpartition("/")
    for number in corpus.named(last):
        path = corpus.paths[number].lower()
        if written in (path, stem_of(path)):
            yield number, _EXACT
        elif path.endswith(f"/{written}") or (owner and stem_of(path).endswith(f"/{written}")):
            yield number, _ENDING
    for number in corpus.named(owner.rpartition("/")[2]) if owner else []:
        if f"/{stem_of(corpus.paths[number].lower())}".endswith(f"/{owner}"):
            yield number, _OWNER
