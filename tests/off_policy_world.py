"""A world of logged decisions whose true values are known, to see whether intervals hold them."""

from dataclasses import dataclass

import numpy as np

from codecompanion.routing.belief import Floats
from codecompanion.routing.off_policy import Estimate, Logged, estimate

ARMS = ("x:cheap", "x:usual", "x:good", "x:dear")
SUCCESS = np.array([[0.35, 0.55, 0.70, 0.80], [0.75, 0.70, 0.80, 0.85], [0.15, 0.50, 0.30, 0.60]])
"""By kind of task and arm."""
PRICE = np.array([0.01, 0.05, 0.10, 0.25])
SPREAD = 0.4
"""How much the cost of one task differs from the mean, as the deviation of a normal logarithm."""


@dataclass(frozen=True)
class HeldBack:
    """A policy that was not the one that logged: the chance of each arm by kind of task."""

    name: str
    chances: Floats

    @property
    def value(self) -> float:
        """What it truly brings per decision."""
        return float((self.chances * (SUCCESS - PRICE)).sum(axis=1).mean())


def floored(best: Floats, floor: float) -> Floats:
    """Return chances that fall on one arm for each kind, but for a floor over all arms."""
    chances = np.full(SUCCESS.shape, floor / len(ARMS))
    chances[np.arange(len(best)), best.astype(int)] += 1.0 - floor
    return chances


HELD_BACK = (
    HeldBack("always the cheap one", floored(np.zeros(3), 0.0)),
    HeldBack("always the dear one", floored(np.full(3, 3.0), 0.0)),
    HeldBack("the best for each kind", floored((SUCCESS - PRICE).argmax(axis=1), 0.02)),
    HeldBack("any", np.full(SUCCESS.shape, 0.25)),
)


def logged(policy: HeldBack, decisions: int, floor: float, rng: np.random.Generator) -> list[Logged]:
    """Return decisions of a router that mostly takes the usual arm, and how the held-back policy would have chosen."""
    behaviour = floored(np.array([1.0, 2.0, 1.0]), floor)
    kinds = rng.integers(0, len(SUCCESS), decisions)
    log: list[Logged] = []
    for kind in (int(one) for one in kinds):
        chosen = int(rng.choice(len(ARMS), p=behaviour[kind]))
        cost = PRICE[chosen] * float(np.exp(SPREAD * rng.standard_normal() - SPREAD**2 / 2))
        reward = float(rng.random() < SUCCESS[kind, chosen]) - cost
        log.append(Logged(ARMS, behaviour[kind], policy.chances[kind], chosen, reward))
    return log


@dataclass(frozen=True)
class Coverage:
    """How often intervals held the truth, and how far the estimates were off (root mean square)."""

    snips: float
    dr: float
    snips_error: float
    dr_error: float
    effective: float


def coverage(policy: HeldBack, *, seeds: int, decisions: int, floor: float) -> Coverage:
    """Return how well a policy's value is estimated, over seeds."""
    found = [estimate(logged(policy, decisions, floor, np.random.default_rng(seed))) for seed in range(seeds)]

    def held(one: Estimate, name: str) -> bool:
        interval = getattr(one, name)
        return bool(interval.low <= policy.value <= interval.high)

    def error(name: str) -> float:
        return float(np.sqrt(np.mean([(getattr(one, name).value - policy.value) ** 2 for one in found])))

    return Coverage(
        snips=float(np.mean([held(one, "snips") for one in found])),
        dr=float(np.mean([held(one, "dr") for one in found])),
        snips_error=error("snips"),
        dr_error=error("dr"),
        effective=float(np.mean([one.effective for one in found])),
    )
