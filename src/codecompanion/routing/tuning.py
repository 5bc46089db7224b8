"""How quickly the router believes what it sees."""

from dataclasses import dataclass

from codecompanion.routing.belief import Spread

SPREAD = Spread(shared_level=2.0, shared_weight=0.5, own_level=0.4, own_weight=0.15)


@dataclass(frozen=True, slots=True)
class Tuning:
    """How the router learns. The values were chosen by hand on public tables and in a simulated world (docs/ROUTING.md)."""

    spread: Spread = SPREAD
    doubt: float = 1.0
    """How far public results may be beside the point, as the variance of a factor of all of them."""
    draws: int = 128
    """Among plans, of which there are many, half as many."""
    floor: float = 0.01
    """The least probability that is spread evenly over the models, so that logged decisions can judge other policies."""
    life: float = 700.0
    """A model is expected to change, for better or worse, once in so many outcomes."""
    renewed: float = 2.0
    """Variance that a model's level gains when it changes."""
    care_first: float = 3.0
    """How much more than 2 is the power of what a trial may lose when nothing was seen: how long what is learned will be of use
    is not known, so it is taken to be about as long as one has learned."""
    care_tasks: float = 150.0
    """After so many tasks that is half as much."""
