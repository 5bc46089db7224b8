"""What asking costs and how long it takes, per model and task: learned on a logarithmic scale, from list prices on.

An amount is taken to be Gamma distributed about its mean (a generalised linear model with a logarithmic link), so that what is
learned is the mean itself, also where a few tasks cost most of the money and some nothing.
"""

import numpy as np

from codecompanion.routing.belief import Floats, HierarchicalBelief, Ints, Spread

FIRST_DISPERSION = 0.5
FIRST_WEIGHT = 4.0
"""How many observations the first guess of the dispersion (variance of an amount beside its squared mean) counts for."""
LEAST_DISPERSION = 0.05
MOST_SQUARE = 4.0
"""One amount far from its mean raises the dispersion by no more than this."""
DRIFT = 0.01
"""Variance by which a model's level may have moved from one observation of it to the next: prices and habits change. Where
amounts are even (the least dispersion), a new price is then believed after about six of them."""
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
        self._squares, self._seen = FIRST_DISPERSION * FIRST_WEIGHT, FIRST_WEIGHT

    def add_arm(self, log_ratio: float = 0.0, variance: float | None = None) -> None:
        """Let a model in that is expected at exp(log_ratio) times the others' amount."""
        self._log.add_arm(log_ratio, variance)

    def expected(self, features: Floats) -> Floats:
        """Return the mean amounts, shape (tasks, arms), for tasks' features of shape (tasks, width)."""
        return self._scale * np.exp(np.minimum(self._log.means(features), BEYOND))

    def observe(self, arm: int, places: Ints, row: Floats, amount: float) -> None:
        """Learn what asking a model took."""
        dispersion = max(self._squares / self._seen, LEAST_DISPERSION)
        self._log.loosen(arm, DRIFT)
        off = self._log.observe_amount(arm, places, row, amount / self._scale, dispersion)
        self._squares += min(off**2, MOST_SQUARE)
        self._seen += 1.0
