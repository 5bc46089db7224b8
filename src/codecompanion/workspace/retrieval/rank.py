"""The order of files for an objective: a weighted sum of signals.

The weights are round ones near those that benchmarks/fit_retrieval.py finds. The order hardly depends on them: halving any one
moves recall by a point or two. docs/RETRIEVAL.md has what fitted ones reach on repositories that they were not fitted on.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from codecompanion.workspace.retrieval.columns import Floats
from codecompanion.workspace.retrieval.kinds import Kind
from codecompanion.workspace.retrieval.misspelt import corrected
from codecompanion.workspace.retrieval.objective import Objective
from codecompanion.workspace.retrieval.signals import Evidence, Place, TextOf, own_signals, passed_on, read_again

OWN_WEIGHTS = {
    "words": 0.3,
    "passage": 1.7,
    "neighbours": 1.4,
    "names": 0.8,
    "path": 1.5,
    "identifiers defined": 1.4,
    "identifiers used": 0.7,
    "similar commits": 1.7,
    "most similar commit": 0.6,
    "usual parts": 1.1,
    "changed lately": 0.7,
    "tests": 0.4,
    "scope": 0.7,
    "mentioned": 2.0,
}
READ_WEIGHTS = {"letters": 1.8}
PASSED_WEIGHTS = {"changes with": 0.9, "imported by": 0.1, "same folder": 0.3}
MEANING_WEIGHT = 1.5
"""Of what an embedder says: as much as a weighty signal. It is not fitted, which would take an embedder of everybody's."""
_ANSWERS = {*OWN_WEIGHTS, "meaning"} - {"changed lately", "similar commits"}
"""Who has none of these has nothing to do with an objective: any two texts have some letters in common."""
_BEHIND = {Kind.SOURCE: 0.0, Kind.TOOLING: 2.8, Kind.TEST: 4.5, Kind.DOCS: 4.5, Kind.DATA: 4.5, Kind.COPY: 5.5}
"""How far files of a kind stand behind sources that fit as well, in units of the score."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """All files of a place with their scores: the weighted signals of each, and what a person is shown who asks why."""

    objective: Objective
    order: list[int]
    scores: Floats
    parts: dict[str, Floats]
    evidence: Evidence

    def answering(self) -> list[int]:
        """Return the files that have anything to do with the objective, by themselves or through others that do, best first."""
        own = _sum({name: self.parts[name] for name in self.parts.keys() & _ANSWERS})
        answers = (own > 0) | self.evidence.told
        through = _sum({name: self.parts[name] for name in ("changes with", "imported by")})
        return [number for number in self.order if answers[number] or (answers.any() and through[number] > 0)]


def rank_files(objective: Objective, place: Place, text_of: TextOf, nearness: Floats | None = None) -> Ranking:
    """Return every file, best first; files that fit alike are in the order of their paths.

    `text_of` is asked for the texts of the best files. `nearness` is how near each file is by meaning, from 0 to 1; None
    without an embedder.
    """
    objective = corrected(objective, place.corpus, place.history)
    own, evidence = own_signals(objective, place)
    parts = {name: OWN_WEIGHTS[name] * values for name, values in own.items()}
    if nearness is not None:
        parts["meaning"] = MEANING_WEIGHT * nearness
    read = read_again(objective, _sum(parts), place, text_of)
    parts |= {name: READ_WEIGHTS[name] * values for name, values in read.items()}
    parts |= {name: PASSED_WEIGHTS[name] * values for name, values in passed_on(_sum(parts), place).items()}
    parts["kind"] = -np.array([_BEHIND[kind] for kind in place.corpus.kinds])
    scores = _sum(parts)
    return Ranking(objective, [int(n) for n in np.argsort(-scores, kind="stable")], scores, parts, evidence)


def _sum(parts: Mapping[str, Floats]) -> Floats:
    return np.sum([*parts.values()], axis=0)
