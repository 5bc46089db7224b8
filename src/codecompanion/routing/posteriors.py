"""What can be believed of each model's rate of verified work after what was seen: a distribution, not a number."""

from dataclasses import dataclass
from math import exp, lgamma, log

from codecompanion.domain.learning import Learned
from codecompanion.routing.model_profiles import profiles

PRIOR = 0.5
"""Both parameters of the beta prior: that of Jeffreys, which says as little as can be said of a rate."""
STEPS = 100


@dataclass(frozen=True, slots=True)
class Posterior:
    """The beta distribution of a model's rate of verified work in a role.

    `verified` of `judged` attempts were; `density` has the distribution in the middle of `STEPS` equal steps from 0 to 1.
    """

    model: str
    role: str
    verified: int
    judged: int
    density: tuple[float, ...]


def posteriors(learned: Learned) -> list[Posterior]:
    """Return one for each model and role with a verdict."""
    rows = [(row.model, row.role, row.tally) for row in profiles(learned, by_task_type=False)]
    return [
        Posterior(model, role, tally.verified, tally.judged, density(tally.verified, tally.judged))
        for model, role, tally in rows
        if tally.judged
    ]


def density(successes: int, trials: int) -> tuple[float, ...]:
    """Return the density of a rate after so many successes in so many trials, in the middle of each step."""
    a, b = PRIOR + successes, PRIOR + trials - successes
    scale = lgamma(a + b) - lgamma(a) - lgamma(b)
    middles = ((step + 0.5) / STEPS for step in range(STEPS))
    return tuple(round(exp(scale + (a - 1) * log(x) + (b - 1) * log(1 - x)), 6) for x in middles)
