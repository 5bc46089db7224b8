"""Fit the weights of `workspace/retrieval/rank.py`, and tell how well they carry over.

    python benchmarks/fit_retrieval.py FOLDER [--commits N]

FOLDER holds files of cases (benchmarks/localization.py), one per repository. The model is a conditional logit: the chance that
a source file is the one to be changed is the softmax of its weighted signals; the likelihood of the files that really were is
made greatest, with a quadratic penalty (McFadden, "Conditional logit analysis of qualitative choice behavior", 1973). Each
repository is ranked with weights that were fitted on the others. Prints Markdown; in its last line the weights fitted on all.

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

from codecompanion.workspace.retrieval.misspelt import corrected
from codecompanion.workspace.retrieval.objective import read_objective
from codecompanion.workspace.retrieval.rank import OWN_WEIGHTS, PASSED_WEIGHTS
from codecompanion.workspace.retrieval.retriever import Retriever
from codecompanion.workspace.retrieval.signals import own_signals, passed_on

METRICS = ("recall@1", "recall@5", "recall@10", "MRR")
NAMES = (*OWN_WEIGHTS, *PASSED_WEIGHTS)
PENALTY = 1.0
STEPS = 250
RATE = 0.15
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Choice:
    """The source files of a case, a row of signals for each, and which of them were changed."""

    repository: str
    paths: list[str]
    gold: tuple[str, ...]
    signals: Floats
    chosen: Floats


def main() -> None:
    """Print how each repository is ranked with the weights of the others, and all weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--commits", type=int, default=0, help="rank so many commits after each case in place of the cases")
    args = parser.parse_args()
    files: list[Path] = sorted(args.folder.glob("*.jsonl.gz"))
    cases = [read_commits(file, args.commits) if args.commits else read_cases(file) for file in files]
    choices = [choice for of_one in cases for choice in choices_of(of_one)]
    print(f"| left out | cases | {' | '.join(METRICS)} | {' | '.join(NAMES)} |")
    print(f"| --- | ---: |{' ---: |' * (len(METRICS) + len(NAMES))}")
    every: list[dict[str, float]] = []
    for repository in dict.fromkeys(choice.repository for choice in choices):
        weights = fit([choice for choice in choices if choice.repository != repository])
        scores = [scored(choice, weights) for choice in choices if choice.repository == repository]
        every += scores
        print(f"| {repository} | {row(scores)} | {' | '.join(f'{weight:.2f}' for weight in weights)} |")
    print(f"| all, each with the weights of the others | {row(every)} |{' |' * len(NAMES)}")
    current = np.array([*OWN_WEIGHTS.values(), *PASSED_WEIGHTS.values()])
    print(f"| all, with the weights in rank.py | {row([scored(choice, current) for choice in choices])} |{' |' * len(NAMES)}")
    print({name: round(float(weight), 2) for name, weight in zip(NAMES, fit(choices), strict=True)})


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
    place = retriever.place
    own, _ = own_signals(corrected(read_objective(case.objective), place.corpus, place.history), place)
    so_far = np.sum([OWN_WEIGHTS[name] * values for name, values in own.items()], axis=0)
    signals = {**own, **passed_on(so_far, place)}
    paths = [path for path, source in zip(place.corpus.paths, place.corpus.sources, strict=True) if source]
    table = np.stack([signals[name][place.corpus.sources] for name in NAMES], axis=1)
    return Choice(case.repository, paths, case.gold, table, np.array([path in case.gold for path in paths], dtype=np.float64))


def scored(choice: Choice, weights: Floats) -> dict[str, float]:
    """Return how well weights rank the files of a case."""
    order: list[int] = np.argsort(-(choice.signals @ weights), kind="stable").tolist()
    return score(choice.gold, [choice.paths[number] for number in order])


def fit(choices: Sequence[Choice]) -> Floats:
    """Return the weights under which the choices are most likely, by gradient descent with Adam's steps."""
    signals = np.concatenate([choice.signals for choice in choices])
    wanted = np.concatenate([choice.chosen / choice.chosen.sum() for choice in choices])
    sizes = [len(choice.paths) for choice in choices]
    starts, owner = np.cumsum([0, *sizes[:-1]]), np.repeat(np.arange(len(sizes)), sizes)
    weights, momentum, scale = (np.zeros(signals.shape[1]) for _ in range(3))
    for step in range(1, STEPS + 1):
        utility = signals @ weights
        likely = np.exp(utility - np.maximum.reduceat(utility, starts)[owner])
        likely /= np.add.reduceat(likely, starts)[owner]
        gradient = (signals.T @ (likely - wanted) + PENALTY * weights) / len(choices)
        momentum = 0.9 * momentum + 0.1 * gradient
        scale = 0.999 * scale + 0.001 * gradient**2
        unbiased = (momentum / (1 - 0.9**step)) / (np.sqrt(scale / (1 - 0.999**step)) + 1e-8)
        weights = weights - RATE * unbiased * min(1.0, 2 * (1 - step / STEPS))
    return weights


if __name__ == "__main__":
    main()
