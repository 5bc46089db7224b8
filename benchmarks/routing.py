"""How well models are chosen, beside other routers in the same run, and how long a decision takes.

    python benchmarks/routing.py FOLDER [--seeds N] [--settings cold,priors,...]

FOLDER holds tables of outcomes (NAME_dev.csv.gz) in the format that docs/ROUTING.md describes. Peers take part in the cold
setting when they are installed; they bring much along, so give them an environment that is thrown away:

    scripts/uv run --with mabwiser --with litellm python benchmarks/routing.py FOLDER

Prints Markdown tables: normalised utility (0: a model at random, 1: the best single one in hindsight), standard error.
"""

import argparse
import importlib.util
import os
from collections.abc import Mapping
from pathlib import Path
from statistics import mean, median
from time import process_time

from routing_peers import litellm_adaptive, mabwiser_lin_ts, mabwiser_lin_ucb

from codecompanion.routing.arm_priors import NOTHING_KNOWN
from codecompanion.routing.contestants import MAKERS
from codecompanion.routing.intelligent_router import IntelligentRouter
from codecompanion.routing.outcome_table import OutcomeTable, read_table
from codecompanion.routing.profiles import Rates
from codecompanion.routing.questions import Outcome, Question
from codecompanion.routing.replaying import Game, Maker, Score, Setting, replay
from codecompanion.routing.task_features import TaskFeatures

NAMES = ("crb_id", "crb_ood176", "swe_pro", "debugbench")
SMALL = 500
"""Tables with fewer tasks are played four times as often: they are quick, and their scores vary more."""
PEERS: Mapping[str, Mapping[str, Maker]] = {
    "mabwiser": {"MABWiser LinUCB": mabwiser_lin_ucb, "MABWiser LinTS": mabwiser_lin_ts},
    "litellm": {"LiteLLM adaptive router": litellm_adaptive},
}
CASCADES = (Setting.CASCADE_NOISY, Setting.CASCADE_PERFECT)
DECISIONS = 1000
KINDS = ("bug_fix", "feature", "test", "docs", "refactoring", "review", "plan")
LANGUAGES = ("python", "go", "java", "rust")
"""With two roles, two degrees of complexity, and what tasks have besides, that makes 20 features."""


def contestants(setting: Setting) -> dict[str, tuple[Maker, bool]]:
    """Return who plays in a setting: a maker of policies, and whether it starts from public results."""
    if setting is Setting.COLD:
        found = {name: maker for package, makers in PEERS.items() if installed(package) for name, maker in makers.items()}
        blind = {name: MAKERS[name] for name in ("epsilon-greedy", "ucb1", "beta-thompson", "router")}
        return {name: (maker, False) for name, maker in (found | blind).items()}
    if setting in CASCADES:
        router = MAKERS["router"]
        return {"best-pair": (MAKERS["best-pair"], False), "router": (router, False), "router, priors": (router, True)}
    return {"router": (MAKERS["router"], False)}


def installed(package: str) -> bool:
    """Return whether a peer is there."""
    return importlib.util.find_spec(package) is not None


def row(setting: Setting, name: str, scores: list[Score]) -> str:
    """Return a line of the table."""
    cells = " | ".join(f"{score.mean:.3f} +- {score.error:.3f}" for score in scores)
    error = sum(score.error**2 for score in scores) ** 0.5 / len(scores)
    return f"| {setting} | {name} | {cells} | {mean(score.mean for score in scores):.3f} +- {error:.3f} |"


def seeds_for(table: OutcomeTable, seeds: int) -> int:
    """Return how often a table is played."""
    return seeds if len(table.tasks) >= SMALL else 4 * seeds


def decision_us(*, escalating: bool) -> tuple[float, float]:
    """Return the medians of deciding and of learning an outcome, in microseconds of the processor."""
    router = IntelligentRouter({f"vendor:m{i}": NOTHING_KNOWN for i in range(10)}, Rates(0.3))
    deciding, learning = list[float](), list[float]()
    for number in range(DECISIONS):
        role, complexity = ("coder", "fixer")[number % 2], ("easy", "hard")[number // 2 % 2]
        task = TaskFeatures(role, KINDS[number % 7], LANGUAGES[number % 4], complexity, 300, 3, has_traceback=True)
        start = process_time()
        plan = router.choose(Question(task, {}, escalating=escalating), number / DECISIONS).plan
        between = process_time()
        router.learn(task, plan.first, Outcome(number % 2, 0.1))
        deciding.append((between - start) * 1e6)
        learning.append((process_time() - between) * 1e6)
    return median(deciding), median(learning)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--settings", default=",".join(Setting))
    chosen = parser.parse_args()
    tables = {name: read_table(chosen.folder / f"{name}_dev.csv.gz") for name in NAMES}
    print(f"{chosen.seeds} seeds, load average {os.getloadavg()[0]:.1f}\n")
    print(f"| setting | policy | {' | '.join(NAMES)} | mean |\n| --- | --- |{' ---: |' * (len(NAMES) + 1)}")
    for setting in (Setting(name) for name in chosen.settings.split(",")):
        for name, (maker, informed) in contestants(setting).items():
            game = Game(setting, with_priors=informed)
            scores = [replay(table, maker, game, seeds_for(table, chosen.seeds)) for table in tables.values()]
            print(row(setting, name, scores), flush=True)
    for escalating in (False, True):
        decided, learned = decision_us(escalating=escalating)
        print(f"\n10 models, {'plans of two' if escalating else 'single'}: decision {decided:.0f} us, outcome {learned:.0f} us")


if __name__ == "__main__":
    main()
