"""How quickly the router believes what it sees."""

from dataclasses import dataclass

from codecompanion.routing.belief import Spread

SPREAD = Spread(shared_level=2.0, shared_weight=0.5, own_level=0.5, own_weight=0.1)


@dataclass(frozen=True, slots=True)
class Tuning:
    """How the router learns. The values were chosen by hand on public tables and in a simulated world (docs/ROUTING.md)."""

    spread: Spread = SPREAD
    eagerness: float = 0.3
    """The part of the posterior's standard deviation that is sampled: 1 is Thompson sampling, less explores less."""
    draws: int = 128
    floor: float = 0.01
    """The least probability that is spread evenly over the models, so that logged decisions can judge other policies."""
    trials: int = 4
    left_alone: int = 100
    trial_share: float = 0.05
    """Models with fewer trials than that, those that were not asked for so many outcomes, and those whose last outcomes were
    surprisingly good share this part of the tasks: a prior that is wrong, a model that arrived later or one that got better
    would otherwise not be found out."""
    renewed: float = 2.0
    """Variance that a model's level gains when its outcomes say that it changed."""
