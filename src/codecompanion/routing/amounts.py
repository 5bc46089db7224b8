"""What asking costs and how long it takes, per model and task: learned on a logarithmic scale, from list prices on."""

from math import log

import numpy as np

from codecompanion.routing.belief import Floats, HierarchicalBelief, Ints, Spread

LEAST_PART = 3e-3
"""Amounts below this part of the scale count as this much: free has no logarithm."""
FIRST_VARIANCE = 0.25
FIRST_WEIGHT = 4.0
"""How many observations the first guess of the noise counts for."""
LEAST_NOISE, MOST_NOISE = 0.05, 1.5
"""Bounds of the noise's variance: where amounts are spread wider, a mean of logarithms says little about their mean."""
DRIFT = 0.01
"""Variance by which a model's level may have moved from one observation of it to the next: prices and habits change. Where
amounts are even (the least noise), a new price is then believed after about six of them."""
BEYOND = 10.0
USUAL_LEVEL = -0.5
"""Before anything is known a model is expected at this logarithm of the scale."""
SPREAD = Spread(shared_level=2.0, shared_weight=0.5, own_level=2.0, own_weight=0.05)


class AmountBelief:
    """Expected amounts (US dollars, seconds) of models for tasks.

    Args:
        width: The length of the feature vectors.
        scale: An amount of the usual size, above 0.
    """

    def __init__(self, width: int, scale: float) -> None:
        self._scale = scale
        self._log = HierarchicalBelief(width, SPREAD, {0: (USUAL_LEVEL, SPREAD.shared_level)})
        self._squares, self._seen = FIRST_VARIANCE * FIRST_WEIGHT, FIRST_WEIGHT

    def add_arm(self, log_ratio: float = 0.0, variance: float | None = None) -> None:
        """Let a model in that is expected at exp(log_ratio) times the others' amount."""
        self._log.add_arm(log_ratio, variance)

    def expected(self, places: Ints, rows: Floats) -> Floats:
        """Return the mean amounts, shape (tasks, arms)."""
        noise = min(self._squares / self._seen, MOST_NOISE)
        return self._scale * np.exp(np.minimum(self._log.means(places, rows) + noise / 2.0, BEYOND))

    def observe(self, arm: int, places: Ints, row: Floats, amount: float) -> None:
        """Learn what asking a model took."""
        value = log(max(amount / self._scale, LEAST_PART))
        noise = max(self._squares / self._seen, LEAST_NOISE)
        self._log.loosen(arm, DRIFT)
        off = self._log.observe(arm, places, row, value, noise)
        self._squares += off**2
        self._seen += 1.0
