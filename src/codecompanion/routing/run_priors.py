"""What is expected of the models of a run before anything was seen of them: public results, and what the price list says."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from codecompanion.routing.amounts import USUAL_LEVEL
from codecompanion.routing.arm_priors import COST_VARIANCE, ArmPrior, listed_models, priors_for
from codecompanion.routing.eligibility import Contender

LEAST_PART = 3e-3
"""List prices below this part of the scale count as this much: free has no logarithm."""
LEAST_SCALE_USD = 0.001
"""Where all models are free, or nearly so, their cost decides nothing."""
LATENCY_SCALE_S = 60.0
"""About what a task takes the slowest model; measured times outweigh it."""


@dataclass(frozen=True, slots=True)
class RunPriors:
    """What is expected of each model, and what a usual task costs the dearest (US dollars)."""

    arms: dict[str, ArmPrior]
    cost_scale_usd: float


def priors_of(contenders: Sequence[Contender], others: Sequence[str] = ()) -> RunPriors:
    """Return the priors of the contenders, and of other models of which there are outcomes."""
    usual = {one.model: one.usual_usd for one in contenders}
    scale = max([LEAST_SCALE_USD, *(usd for usd in usual.values() if usd is not None)])
    public = priors_for([*usual, *others], listed_models())
    return RunPriors({model: _priced(prior, usual.get(model), scale) for model, prior in public.items()}, scale)


def _priced(prior: ArmPrior, usual_usd: float | None, scale: float) -> ArmPrior:
    """Return a prior with the cost of the price list, which is the model's own and of today."""
    if usual_usd is None:
        return prior
    log_cost = math.log(max(usual_usd / scale, LEAST_PART)) - USUAL_LEVEL
    return replace(prior, log_cost=log_cost, log_cost_variance=COST_VARIANCE)
