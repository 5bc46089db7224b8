"""A simulated world for routers: models with a true success rate, cost and latency, which may change at a task."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from codecompanion.routing.arm_priors import NOTHING_KNOWN, ArmPrior
from codecompanion.routing.intelligent_router import IntelligentRouter
from codecompanion.routing.profiles import Rates
from codecompanion.routing.questions import Outcome, Question
from codecompanion.routing.task_features import TaskFeatures

TASK = TaskFeatures(role="coder", task_type="bug_fix", language="python")
RATES = Rates(per_usd=0.3)
"""The dearest model of these worlds costs about a dollar."""


@dataclass(frozen=True)
class Truth:
    """What a model is really like. `claimed` is what it says of its success, which nobody asks."""

    success: float
    cost_usd: float
    latency_s: float = 10.0

    @property
    def utility(self) -> float:
        return self.success - RATES.per_usd * self.cost_usd


World = Callable[[int], Mapping[str, Truth]]
"""The models as they are at a task's number."""


def router_of(world: World, priors: Mapping[str, ArmPrior] | None = None) -> IntelligentRouter:
    return IntelligentRouter(priors or dict.fromkeys(world(0), NOTHING_KNOWN), RATES)


def live(router: IntelligentRouter, world: World, tasks: range, seed: int) -> list[str]:
    """Let the router choose and learn. Returns whom it asked."""
    chance, asked = random.Random(seed), list[str]()
    for number in tasks:
        arm = router.choose(Question(TASK, {}), chance.random()).plan.first
        truth = world(number)[arm]
        proven = float(chance.random() < truth.success)
        router.learn(TASK, arm, Outcome(proven, truth.cost_usd * chance.uniform(0.7, 1.3), truth.latency_s))
        asked.append(arm)
    return asked


def share(asked: list[str], arm: str) -> float:
    return asked.count(arm) / len(asked)
