"""Answers an objective: the files, where in them, and why."""

from dataclasses import dataclass
from functools import partial

from codecompanion.domain.errors import BadInput
from codecompanion.workspace.retrieval.columns import Floats
from codecompanion.workspace.retrieval.explain import Reason, reasons_for
from codecompanion.workspace.retrieval.files import read_text
from codecompanion.workspace.retrieval.languages import language_of
from codecompanion.workspace.retrieval.mentions import traced
from codecompanion.workspace.retrieval.objective import read_objective
from codecompanion.workspace.retrieval.project import Project
from codecompanion.workspace.retrieval.rank import Ranking, rank_files
from codecompanion.workspace.retrieval.spots import Spot, best_spots
from codecompanion.workspace.retrieval.symbols import symbols_of

LONGEST_OBJECTIVE = 100_000
"""Characters; of a longer text nobody means every word."""


@dataclass(frozen=True, slots=True)
class Located:
    """A file that answers: its score, the places inside (best first), and the reasons (weightiest first) if they are wanted."""

    path: str
    kind: str
    score: float
    spots: list[Spot]
    reasons: list[Reason]


def answer(project: Project, objective: str, nearness: Floats | None = None) -> Ranking:
    """Return the ranking of a project's files for an objective; `nearness` as `rank_files` takes it.

    Raises:
        BadInput: The objective says nothing, or is too long.
    """
    if not objective.strip():
        raise BadInput("the objective is empty", fix='say what is to be found: codecompanion locate "where prices are rounded"')
    if len(objective) > LONGEST_OBJECTIVE:
        raise BadInput(f"the objective has {len(objective)} characters", fix=f"say it in {LONGEST_OBJECTIVE} at most")
    return rank_files(read_objective(objective), project.place, partial(read_text, project.root), nearness)


def located(project: Project, ranking: Ranking, k: int, *, explain: bool = False) -> list[Located]:
    """Return the best `k` files that have anything to do with the objective; `explain` asks for the reasons."""
    return [_located(number, project, ranking, explain=explain) for number in ranking.answering()[:k]]


def located_at(path: str, project: Project, ranking: Ranking) -> Located:
    """Return one of the project's files as it answers to an objective, whether it does or not.

    Raises:
        ValueError: The project has no such file.
    """
    return _located(project.place.corpus.paths.index(path), project, ranking, explain=False)


def spots_in(number: int, project: Project, ranking: Ranking) -> list[Spot]:
    """Return the symbols of a file that answer, best first."""
    path = project.place.corpus.paths[number]
    text = read_text(project.root, path)
    if text is None:
        return []
    lines = traced(ranking.objective, project.place.corpus).get(number, [])
    return best_spots(ranking.objective, ranking.evidence.worth, text, symbols_of(text, language_of(path)), lines)


def _located(number: int, project: Project, ranking: Ranking, *, explain: bool) -> Located:
    corpus = project.place.corpus
    return Located(
        path=corpus.paths[number],
        kind=corpus.kinds[number],
        score=round(float(ranking.scores[number]), 3),
        spots=spots_in(number, project, ranking),
        reasons=reasons_for(number, ranking, project.place) if explain else [],
    )
