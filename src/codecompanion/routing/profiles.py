"""Routing profiles: how much a success may cost, in money and in time."""

from dataclasses import dataclass

from codecompanion.domain.routes import ProfileName


@dataclass(frozen=True, slots=True)
class Profile:
    """Weights of utility = success - cost_weight * cost / scale - latency_weight * latency / scale.

    A scale is the mean of the dearest (slowest) model, so a weight of 0.3 says: asking the dearest instead of a free one has
    to bring 30 successes more of a hundred.
    """

    cost_weight: float
    latency_weight: float


PROFILES = {
    ProfileName.QUALITY: Profile(0.05, 0.01),
    ProfileName.BALANCED: Profile(0.3, 0.05),
    ProfileName.FRUGAL: Profile(1.0, 0.05),
}


@dataclass(frozen=True, slots=True)
class Rates:
    """What a US dollar and a second are worth in units of success."""

    per_usd: float
    per_second: float = 0.0
