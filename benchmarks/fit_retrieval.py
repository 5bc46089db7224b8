"""Fit the weights of `workspace/retrieval/rank.py`, and tell how well they carry over.

    python benchmarks/fit_retrieval.py FOLDER [--commits N]

FOLDER holds files of cases (benchmarks/localization.py), one per repository. The model is a conditional logit: the chance that
a source file is the one to be changed is the softmax of its weighted signals (McFadden, "Conditional logit analysis of
qualitative choice behavior", 1973). Each file that really was is chosen among itself and those that were not, so that the files
of one change do not compete; their likelihood is made greatest, with a quadratic penalty. Each repository is ranked with
weights that were fitted on the others. Prints Markdown; in its last line the weights fitted on all.

With --commits the N commits after each case take the place of the cases: many more, with nothing but a subject as objective.
A difference that the cases alone show is chance more often than not.
"""

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import numpy as np
from localization import Case, read_cases, read_commits, score
from numpy.typing import NDArray

from codecompanion.workspace.retrieval.rank import OWN_WEIGHTS, PASSED_WEIGHTS, READ_WEIGHTS
from codecompanion.workspace.retrieval.retriever import Retriever

METRICS = ("recall@1", "recall@5", "recall@10", "MRR")
WEIGHTS = {**OWN_WEIGHTS, **READ_WEIGHTS, **PASSED_WEIGHTS}
PENALTY = 1.0
MOST_STEPS = 50
LONGEST_STEP = 2.0
CONVERGED = 1e-5
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Choice:
    """The source files of a case, a row of signals for each, and which of them were changed."""

    repository: str
    paths: list[str]
    gold: tuple[str, ...]
    signals: Floats
    chosen: NDArray[np.bool_]


def main() -> None:
    """Print how each repository is ranked with the weights of the others, and all weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--commits", type=int, default=0, help="rank so many commits after each case in place of the cases")
    args = parser.parse_args()
    files: list[Path] = sorted(args.folder.glob("*.jsonl.gz"))
    cases = [read_commits(file, args.commits) if args.commits else read_cases(file) for file in files]
    choices = [choice for of_one in cases for choice in choices_of(of_one)]
    print(f"| left out | cases | {' | '.join(METRICS)} | {' | '.join(WEIGHTS)} |")
    print(f"| --- | ---: |{' ---: |' * (len(METRICS) + len(WEIGHTS))}")
    every: list[dict[str, float]] = []
    for repository in dict.fromkeys(choice.repository for choice in choices):
        weights = fit([choice for choice in choices if choice.repository != repository])
        scores = [scored(choice, weights) for choice in choices if choice.repository == repository]
        every += scores
        print(f"| {repository} | {row(scores)} | {' | '.join(f'{weight:.2f}' for weight in weights)} |")
    print(f"| all, each with the weights of the others | {row(every)} |{' |' * len(WEIGHTS)}")
    current = np.array([*WEIGHTS.values()])
    print(f"| all, with the weights in rank.py | {row([scored(choice, current) for choice in choices])} |{' |' * len(WEIGHTS)}")
    print({name: round(float(weight), 2) for name, weight in zip(WEIGHTS, fit(choices), strict=True)})


def row(scores: Sequence[dict[str, float]]) -> str:
    """Return the number of cases and the means of their scores."""
    return f"{len(scores)} | {' | '.join(f'{mean(s[metric] for s in scores):.3f}' for metric in METRICS)}"


def choices_of(cases: Iterable[Case]) -> list[Choice]:
    """Return the choices of a repository; a case teaches nothing when the files to be found are no sources by their paths."""
    retriever = Retriever()
    choices = [_choice(case, retriever) for case in cases]
    return [choice for choice in choices if choice.chosen.any()]


def _choice(case: Case, retriever: Retriever) -> Choice:
    retriever.index(case)
    parts, corpus = retriever.ranking(case.objective).parts, retriever.place.corpus
    paths = [path for path, source in zip(corpus.paths, corpus.sources, strict=True) if source]
    table = np.stack([parts[name][corpus.sources] / weight for name, weight in WEIGHTS.items()], axis=1)
    return Choice(case.repository, paths, case.gold, table, np.array([path in case.gold for path in paths]))


def scored(choice: Choice, weights: Floats) -> dict[str, float]:
    """Return how well weights rank the files of a case."""
    order: list[int] = np.argsort(-(choice.signals @ weights), kind="stable").tolist()
    return score(choice.gold, [choice.paths[number] for number in order])


def fit(choices: Sequence[Choice]) -> Floats:
    """Return the weights under which the choices are most likely, by Newton's method; the function is convex."""
    weights = np.zeros(len(WEIGHTS))
    for _ in range(MOST_STEPS):
        gradient, curvature = PENALTY * weights, PENALTY * np.eye(len(WEIGHTS))
        for choice in choices:
            slope, bend = derivatives(choice, weights)
            gradient, curvature = gradient + slope, curvature + bend
        step = np.linalg.solve(curvature, gradient)
        length = float(np.abs(step).max())
        weights = weights - step * min(1.0, LONGEST_STEP / (length or 1.0))
        if length < CONVERGED:
            break
    return weights


def derivatives(choice: Choice, weights: Floats) -> tuple[Floats, Floats]:
    """Return the first and second derivatives of minus the mean log likelihood of the changed files of a case."""
    utility = choice.signals @ weights
    odds = np.exp(utility - utility.max())
    changed, others = choice.signals[choice.chosen], choice.signals[~choice.chosen]
    among = odds[~choice.chosen]
    weight, first, second = among.sum(), among @ others, (others * among[:, None]).T @ others
    slope, bend = np.zeros(len(weights)), np.zeros((len(weights), len(weights)))
    for signals, own in zip(changed, odds[choice.chosen], strict=True):
        expected = (first + own * signals) / (weight + own)
        slope += expected - signals
        bend += (second + own * np.outer(signals, signals)) / (weight + own) - np.outer(expected, expected)
    return slope / len(changed), bend / len(changed)


if __name__ == "__main__":
    main()
