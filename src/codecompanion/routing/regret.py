"""What choices were expected to cost against the best one, as was believed when each was made.

What another model would really have brought is not known; `router simulate` estimates that.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from codecompanion.domain.outcomes import Expected, TaskOutcome
from codecompanion.domain.routes import ProfileName
from codecompanion.routing.profiles import PROFILES
from codecompanion.routing.simulating import Prices, prices_of


@dataclass(frozen=True, slots=True)
class Regret:
    """A decision, and the sums up to it of utility that was expected to be lost against the best candidate.

    `router` is that of the choices that were made, `uniform` that of choosing among the same candidates by lot.
    """

    decision: int
    at: str
    router: float
    uniform: float


def expected_regret(outcomes: Iterable[TaskOutcome]) -> list[Regret]:
    """Return the regret of the decisions that led to outcomes, the oldest first; those of unknown profiles are left out."""
    decided = [outcome for outcome in outcomes if outcome.expected is not None and _profile(outcome) is not None]
    prices = {name: prices_of([one for one in decided if _profile(one) is name], profile) for name, profile in PROFILES.items()}
    router = uniform = 0.0
    found: list[Regret] = []
    for number, outcome in enumerate(sorted(decided, key=lambda one: one.at), 1):
        name = _profile(outcome)
        assert outcome.decided is not None
        assert outcome.expected is not None
        assert name is not None
        worth = [_worth(one, prices[name]) for one in outcome.decided.candidates]
        router += max(worth) - _worth(outcome.expected, prices[name])
        uniform += max(worth) - sum(worth) / len(worth)
        found.append(Regret(number, outcome.at, router, uniform))
    return found


def _profile(outcome: TaskOutcome) -> ProfileName | None:
    name = outcome.decided.profile if outcome.decided else ""
    return next((profile for profile in PROFILES if profile.value == name), None)


def _worth(one: Expected, prices: Prices) -> float:
    return one.success - prices.per_usd * one.cost_usd - prices.per_second * one.latency_s
