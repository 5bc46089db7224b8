"""The order of files for an objective: a weighted sum of signals.

The weights are round ones near those that benchmarks/fit_retrieval.py finds. The order hardly depends on them: halving any one
moves recall by a point or two. docs/RETRIEVAL.md has what fitted ones reach on repositories that they were not fitted on.
"""

from dataclasses import dataclass

import numpy as np

from codecompanion.workspace.retrieval.columns import Floats
from codecompanion.workspace.retrieval.kinds import Kind
from codecompanion.workspace.retrieval.misspelt import corrected
from codecompanion.workspace.retrieval.objective import Objective
from codecompanion.workspace.retrieval.signals import Evidence, Place, own_signals, passed_on

OWN_WEIGHTS = {
    "words": 1.1,
    "passage": 1.8,
    "neighbours": 1.2,
    "names": 0.9,
    "path": 1.4,
    "identifiers defined": 0.7,
    "identifiers used": 1.0,
    "similar commits": 0.8,
    "most similar commit": 0.7,
    "usual parts": 1.6,
    "changed lately": 0.8,
    "tests": 0.3,
    "scope": 1.0,
    "mentioned": 2.0,
}
PASSED_WEIGHTS = {"changes with": 0.7, "imported by": 0.3, "same folder": 0.2}
MEANING_WEIGHT = 1.5
"""Of what an embedder says: as much as a weighty signal. It is not fitted, which would take an embedder of everybody's."""
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
        own = np.sum(
            [self.parts[name] for name in (*OWN_WEIGHTS, "meaning") if name in self.parts.keys() - {"changed lately"}], axis=0
        )
        through = np.sum([self.parts[name] for name in ("changes with", "imported by")], axis=0) if own.any() else own
        return [number for number in self.order if own[number] > 0 or through[number] > 0]


def rank_files(objective: Objective, place: Place, nearness: Floats | None = None) -> Ranking:
    """Return every file, best first; files that fit alike are in the order of their paths.

    `nearness` is how near each file is by meaning, from 0 to 1; None without an embedder.
    """
    objective = corrected(objective, place.corpus, place.history)
    own, evidence = own_signals(objective, place)
    parts = {name: OWN_WEIGHTS[name] * values for name, values in own.items()}
    if nearness is not None:
        parts["meaning"] = MEANING_WEIGHT * nearness
    so_far = np.sum([*parts.values()], axis=0)
    parts |= {name: PASSED_WEIGHTS[name] * values for name, values in passed_on(so_far, place).items()}
    parts["kind"] = -np.array([_BEHIND[kind] for kind in place.corpus.kinds])
    scores = np.sum([*parts.values()], axis=0)
    return Ranking(objective, [int(n) for n in np.argsort(-scores, kind="stable")], scores, parts, evidence)
