"""How quickly the router believes what it sees."""

from dataclasses import dataclass

from codecompanion.routing.belief import Spread

SPREAD = Spread(shared_level=2.0, shared_weight=0.5, own_level=0.5, own_weight=0.1)


@dataclass(frozen=True, slots=True)
class Tuning:
    """How the router learns. The values were chosen on public tables, each judged on those left out (docs/ROUTING.md)."""

    spread: Spread = SPREAD
    eagerness: float = 0.4
    """The part of the posterior's standard deviation that is sampled: 1 is Thompson sampling, less explores less."""
    draws: int = 128
    floor: float = 0.01
    """The least probability that is spread evenly over the models, so that logged decisions can judge other policies."""
    kept: float = 0.998
    """How much of what sets a model apart stays believed from one outcome to the next; the rest fades, as models change."""
    trials: float = 4.0
    trial_share: float = 0.03
    """Models with fewer trials than that, old ones counting less, get this share of the tasks among them: a prior that is
    wrong, a model that arrived later or one that got better would otherwise not be found out."""
