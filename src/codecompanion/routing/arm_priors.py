"""What public benchmarks say of models before this project has seen any of them at work.

`priors.csv` holds pass rates, costs and times per task with their dates, of three leaderboards: mini-SWE-agent on SWE-bench
Verified (swebench.com, "bash-only"; github.com/SWE-bench/swe-bench.github.io), and aider's two (aider.chat;
github.com/Aider-AI/aider, Apache-2.0). Rates of different benchmarks are made comparable by the models that are in both. Each
has peculiarities of its own, so of a model that is in several the mean is expected.
"""

import csv
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources

VERSION = 2
LEVELS = {"swe-bench-bash-only": (-0.42, 0.0), "aider-polyglot": (0.13, -1.81), "aider-edit": (2.94, -2.43)}
"""Where a benchmark's scale begins: the mean logit of its pass rates and the logarithm of its cost beside the first one's, each
over the 15 models that are also in the first (for aider-edit: the two that are also in aider-polyglot)."""
TRUST = 0.7
"""How much of a difference between two models on a benchmark is expected to be seen on other tasks."""
BENCHMARK_VARIANCE = 0.08
"""Variance of an ability for what is peculiar to one benchmark: half that of the difference between the abilities of a model on
two (0.32 over 16 models), times the square of the trust."""
PROJECT_VARIANCE = 0.02
"""For what is peculiar to the tasks at hand."""
COST_VARIANCE = 0.5
PER_STRANGE_WORD = 0.05
"""Variance added for each word of a name that the listed relative lacks, or has and the name lacks."""
_LAST = ("latest", "preview", "instruct", "chat", "exp")


@dataclass(frozen=True, slots=True)
class ArmPrior:
    """What is expected of a model beside others.

    Args:
        ability: Logits of success above the average model's.
        ability_variance: How sure that is; None when nothing is known.
        log_cost: Logarithm of its cost per task beside the average model's.
        log_cost_variance: As above.
        source: Where that is from, for people.
    """

    ability: float = 0.0
    ability_variance: float | None = None
    log_cost: float = 0.0
    log_cost_variance: float | None = None
    source: str = ""


NOTHING_KNOWN = ArmPrior()


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of the table, on the common scale; None is unknown."""

    words: tuple[str, ...]
    ability: float
    log_cost: float | None
    source: str


def words_of(model: str) -> tuple[str, ...]:
    """Return the words of a model's name without its provider and without what says nothing about the model."""
    name = re.split(r"[:/]", model.lower())[-1]
    words = [word for word in re.split(r"[^a-z0-9]+", name) if word]
    return tuple(word for word in words if word not in _LAST and not re.fullmatch(r"\d{6,}", word))


def listed_models() -> tuple[Listed, ...]:
    """Return the table that comes with the package."""
    text = resources.files("codecompanion.routing").joinpath("priors.csv").read_text(encoding="utf-8")
    return tuple(_listed(row) for row in csv.DictReader(text.splitlines()))


def priors_for(models: Iterable[str], table: tuple[Listed, ...]) -> dict[str, ArmPrior]:
    """Return what is expected of each model beside the others, from its rows or those of its nearest listed relative.

    Costs are those of the benchmark that comes first in the table: they depend on what is asked more than abilities do.
    """
    found = {model: _nearest(words_of(model), table) for model in models}
    known = [rows for rows in found.values() if rows]
    costs = [rows[0].log_cost for rows in known if rows[0].log_cost is not None]
    ability = sum(map(_ability, known)) / max(len(known), 1)
    cost = sum(costs) / max(len(costs), 1)
    return {model: _prior(words_of(model), rows, ability, cost) for model, rows in found.items()}


def ability_variance(benchmarks: int) -> float:
    """Return how sure the ability of a model is that is in so many benchmarks by its own name."""
    return PROJECT_VARIANCE + BENCHMARK_VARIANCE / benchmarks


def _listed(row: dict[str, str]) -> Listed:
    level, cost_level = LEVELS[row["benchmark"]]
    passed = float(row["passed_pct"])
    cost = math.log(float(row["usd_per_case"])) - cost_level if row["usd_per_case"] else None
    source = f"{row['benchmark']} {row['date']}: {row['model']} {row['passed_pct']} % of {row['cases']}"
    return Listed(words_of(row["model"]), math.log(passed / (100.0 - passed)) - level, cost, source)


def _nearest(words: tuple[str, ...], table: tuple[Listed, ...]) -> tuple[Listed, ...]:
    """Return the rows of the name that shares the longest beginning; of several the first with the fewest other words."""
    kin = [row.words for row in table if _shared(words, row.words)]
    nearest = max(kin, key=lambda name: (_shared(words, name), -len(name)), default=None)
    return tuple(row for row in table if row.words == nearest)


def _ability(rows: tuple[Listed, ...]) -> float:
    return sum(row.ability for row in rows) / len(rows)


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _prior(words: tuple[str, ...], rows: tuple[Listed, ...], ability: float, cost: float) -> ArmPrior:
    if not rows:
        return NOTHING_KNOWN
    name, log_cost = rows[0].words, rows[0].log_cost
    strange = PER_STRANGE_WORD * (len(words) + len(name) - 2 * _shared(words, name))
    return ArmPrior(
        ability=TRUST * (_ability(rows) - ability),
        ability_variance=ability_variance(len(rows)) + strange,
        log_cost=0.0 if log_cost is None else log_cost - cost,
        log_cost_variance=None if log_cost is None else COST_VARIANCE + strange,
        source="; ".join(row.source for row in rows),
    )
