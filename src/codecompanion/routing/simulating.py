"""Other ways of choosing, put to the decisions of the log: what would they have brought?"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from codecompanion.domain.errors import BadInput
from codecompanion.domain.outcomes import Expected, TaskOutcome
from codecompanion.domain.reward import share_of
from codecompanion.routing.belief import Floats
from codecompanion.routing.off_policy import Estimate, Logged, estimate
from codecompanion.routing.profiles import Profile

LEAST_DECISIONS = 30
FLOOR = 0.01
"""The part of its choices that the router spreads evenly, as in `Tuning`."""
ALWAYS = "always:"


@dataclass(frozen=True, slots=True)
class Prices:
    """What a US dollar and a second take from the reward under a profile: its weights over the dearest and slowest mean."""

    per_usd: float
    per_second: float


Chooser = Callable[[tuple[Expected, ...], Prices], Floats]
"""Returns how likely a policy takes each candidate, from what was expected of them at the time."""


@dataclass(frozen=True, slots=True)
class Simulated:
    """What a policy would have brought: `utility` is reward less cost and time, `success` the reward alone, `cost_usd` dollars.

    `left_out` are decisions without a measured reward, and those in which the policy's model could not be asked.
    """

    policy: str
    utility: Estimate
    success: Estimate
    cost_usd: Estimate
    left_out: int


def simulate(outcomes: Iterable[TaskOutcome], policy: str, profile: Profile) -> Simulated:
    """Return what a policy would have brought for the decisions that led to outcomes.

    Only the first model of a plan is judged, by its own outcome: whom a refusal went to is part of neither side.

    Raises:
        BadInput: There is no such policy, or there are fewer than `LEAST_DECISIONS` decisions with a measured reward.
    """
    decided = [outcome for outcome in outcomes if outcome.expected is not None and outcome.expected.propensity > 0]
    measured = [(outcome, share) for outcome in decided if (share := share_of(outcome)) is not None]
    prices, choose = prices_of([outcome for outcome, _ in measured], profile), chooser(policy)
    asked = [(outcome, share, choose(_candidates(outcome), prices)) for outcome, share in measured]
    rows = [row for row in asked if row[2].any()]  # else the policy's model was none of the candidates
    if len(rows) < LEAST_DECISIONS:
        raise BadInput(
            f"there are {len(rows)} decisions with a measured outcome that {policy} could have made, too few for any estimate",
            cause=f"{LEAST_DECISIONS} are the least",
            fix="let `--model auto` decide some tasks first, or take in outcomes with `codecompanion learn import`",
        )
    shares, costs, utility = (
        [row[1] for row in rows],
        [_cost(row[0]) for row in rows],
        [_utility(*row[:2], prices) for row in rows],
    )
    logs = [
        [_logged(row[0], row[2], value) for row, value in zip(rows, values, strict=True)] for values in (utility, shares, costs)
    ]
    return Simulated(policy, *map(estimate, logs), left_out=len(decided) - len(rows))


def prices_of(outcomes: Iterable[TaskOutcome], profile: Profile) -> Prices:
    """Return what money and time take from the reward: the means are those of what was expected of each model."""
    costs: dict[str, list[float]] = {}
    seconds: dict[str, list[float]] = {}
    for candidate in (one for outcome in outcomes for one in _candidates(outcome)):
        costs.setdefault(candidate.model, []).append(candidate.cost_usd)
        seconds.setdefault(candidate.model, []).append(candidate.latency_s)
    dearest, slowest = (max((float(np.mean(one)) for one in values.values()), default=0.0) for values in (costs, seconds))
    return Prices(
        profile.cost_weight / dearest if dearest > 0 else 0.0, profile.latency_weight / slowest if slowest > 0 else 0.0
    )


def chooser(policy: str) -> Chooser:
    """Return a policy by its name.

    Raises:
        BadInput: There is none.
    """
    if policy.startswith(ALWAYS):
        model = policy.removeprefix(ALWAYS)
        return lambda candidates, _prices: np.array([float(one.model == model) for one in candidates])
    if policy not in POLICIES:
        raise BadInput(f"there is no policy {policy!r}", fix=f"one of {', '.join(POLICIES)}, {ALWAYS}MODEL")
    return POLICIES[policy]


def _router(candidates: tuple[Expected, ...], prices: Prices) -> Floats:
    worth = [one.success - prices.per_usd * one.cost_usd - prices.per_second * one.latency_s for one in candidates]
    return (1.0 - FLOOR) * _one(worth) + FLOOR / len(candidates)


def _cheapest(candidates: tuple[Expected, ...], _prices: Prices) -> Floats:
    return _one([-one.cost_usd for one in candidates])


def _best(candidates: tuple[Expected, ...], _prices: Prices) -> Floats:
    return _one([one.success for one in candidates])


def _any(candidates: tuple[Expected, ...], _prices: Prices) -> Floats:
    return np.full(len(candidates), 1.0 / len(candidates))


def _one(worth: list[float]) -> Floats:
    chances = np.zeros(len(worth))
    chances[int(np.argmax(worth))] = 1.0
    return chances


POLICIES: Mapping[str, Chooser] = {"router": _router, "cheapest": _cheapest, "best": _best, "random": _any}
"""`router` takes the highest expected utility under the profile; `best` the highest expected success."""


def _utility(outcome: TaskOutcome, share: float, prices: Prices) -> float:
    return share - prices.per_usd * _cost(outcome) - prices.per_second * _latency(outcome)


def _logged(outcome: TaskOutcome, wanted: Floats, value: float) -> Logged:
    candidates = _candidates(outcome)
    arms = tuple(one.model for one in candidates)
    return Logged(arms, np.array([one.propensity for one in candidates]), wanted, arms.index(outcome.model), value)


def _candidates(outcome: TaskOutcome) -> tuple[Expected, ...]:
    assert outcome.decided is not None
    return outcome.decided.candidates


def _cost(outcome: TaskOutcome) -> float:
    """Return what an attempt cost; where that is not known, what was expected."""
    assert outcome.expected is not None
    return outcome.expected.cost_usd if outcome.cost_usd is None else outcome.cost_usd


def _latency(outcome: TaskOutcome) -> float:
    assert outcome.expected is not None
    return outcome.expected.latency_s if outcome.latency_s is None else outcome.latency_s
