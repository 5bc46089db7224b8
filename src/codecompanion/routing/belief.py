"""What is believed about a quantity of many models: one Gaussian over weights that all share and weights of each.

Every model's value for a task is its weights, the shared ones plus its own, times the task's features. All weights have one
joint covariance, so an outcome of one model also teaches what the task is like for the others, and what is unknown about the
task itself cancels out when models are compared. Kept are the sums, and the shared weights beside them for models to come.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST_CURVATURE = 0.02
"""An outcome of a logistic value that was nearly certain still teaches this much."""
NEWTON_STEPS = 6
LEAST_LOGARITHM = -700.0


@dataclass(frozen=True, slots=True)
class Spread:
    """Variances before anything was observed: of the level and of each weight, shared by all models and of each model."""

    shared_level: float
    shared_weight: float
    own_level: float
    own_weight: float


class HierarchicalBelief:
    """A Gaussian over the weights of all models, updated by one observation at a time.

    Weights of features that no observation had are not held: they are independent of all others and as the spread says.

    Args:
        width: The length of the feature vectors; place 0 is the level.
        spread: How far weights may be from their first means.
        expected: First mean and variance of shared weights, by place; else 0 and as the spread says.
        doubt: Variance of a factor of all levels that models are added with, whose mean is 1: where one model is not what was
            expected of it, what is expected of the others is doubted, too.
    """

    def __init__(
        self, width: int, spread: Spread, expected: Mapping[int, tuple[float, float]] | None = None, *, doubt: float = 0.0
    ) -> None:
        self._spread = spread
        self._expected = {0: (0.0, spread.shared_level), **(expected or {})}
        self._row_of = np.full(width, -1)
        self._places = np.zeros(0, dtype=np.int64)
        self._doubt = doubt
        self._first_levels: Floats = np.zeros(0)
        self._mean: Floats = np.zeros((width, 1))  # by place, of a model that is not known (0) and of each
        self._cov: Floats = np.zeros((0, 1, 0, 1))  # held place, model twice
        for place, (mean, _) in self._expected.items():
            self._mean[place] = mean
        self._hold([0])

    @property
    def arms(self) -> int:
        """How many models there are."""
        return self._mean.shape[1] - 1

    def add_arm(self, level: float = 0.0, variance: float | None = None) -> None:
        """Let a model in; what is believed of the others stays.

        Args:
            level: How far above the shared level it is expected.
            variance: How sure that is; None takes that of the spread.
        """
        models = [*range(self.arms + 1), 0]
        self._mean = self._mean[:, models]
        self._cov = self._cov.take(models, axis=1).take(models, axis=3)
        weights = np.arange(1, len(self._cov))
        self._cov[weights, -1, weights, -1] += self._spread.own_weight
        self._cov[0, -1, 0, -1] += self._spread.own_level if variance is None else variance
        self._mean[0, -1] += level
        self._first_levels = np.append(self._first_levels, level)
        together = self._doubt * level * self._first_levels
        self._cov[0, -1, 0, 1:] += together
        self._cov[0, 1:-1, 0, -1] += together[:-1]

    def covariance(self, features: Floats) -> Floats:
        """Return the covariance of the values of all models for some tasks, task by task, shape (tasks * arms, tasks * arms).

        What has a feature that is not held is taken to lack it: `hold` such places before.

        Args:
            features: The tasks' features, shape (tasks, width).
        """
        rows = features[:, self._places]
        tasks, held, models = len(rows), len(self._places), self.arms + 1
        each = rows[:, None] @ self._cov.reshape(held, -1)  # row by row: BLAS is slower at a matrix of two
        half = each.reshape(tasks * models, held, models)
        cov = (rows @ half).reshape(tasks, models, tasks, models)
        size = tasks * self.arms
        return cov[:, 1:, :, 1:].reshape(size, size)

    def means(self, features: Floats) -> Floats:
        """Return the means of those values, shape (tasks, arms)."""
        return (features @ self._mean)[:, 1:]

    def observe_amount(self, arm: int, places: Ints, row: Floats, amount: float, dispersion: float) -> float:
        """Learn an amount whose mean is the exponential of the value, by a Gamma likelihood; the step ends at the mode.

        Args:
            arm: The model.
            places: Where the task's features are not zero.
            row: The features there.
            amount: From 0.
            dispersion: The variance of an amount divided by its squared mean.

        Returns:
            How far the amount is from the mean that is now expected, in units of that.
        """
        gain, expected, variance = self._gain(arm, places, row)
        force = variance / dispersion
        forward = -force  # the mode solves forward = force * (amount / exp(expected + forward) - 1)
        if amount > 0:
            forward += lambert(log(force) + log(amount) - expected + force)
        self._step(gain, forward / variance, 1.0 / (variance + dispersion))
        return forward / force

    def observe_share(self, arm: int, places: Ints, row: Floats, share: float, weight: float = 1.0) -> float:
        """Learn a success (1), a failure (0) or a grade between; values are then logits (a step of the Laplace kind).

        Returns:
            The logit that was expected.
        """
        gain, expected, variance = self._gain(arm, places, row)
        chance = 1.0 / (1.0 + exp(-max(-30.0, min(30.0, expected))))
        curvature = max(chance * (1.0 - chance), LEAST_CURVATURE) * weight
        shrink = 1.0 + variance * curvature
        self._step(gain, weight * (share - chance) / shrink, curvature / shrink)
        return expected

    def loosen(self, arm: int, variance: float) -> None:
        """Let the level of one model have moved by that variance; what is known of the others stays."""
        self._cov[0, arm + 1, 0, arm + 1] += variance

    def hold(self, places: Collection[int]) -> None:
        """Hold the weights of these places, as the spread says where they were not held."""
        missing = [place for place in places if self._row_of[place] < 0]
        if missing:
            self._hold(missing)

    def _gain(self, arm: int, places: Ints, row: Floats) -> tuple[Floats, float, float]:
        held = self._row_of[places]
        if -1 in held.tolist():
            self._hold(places[held < 0].tolist())
            held = self._row_of[places]
        gain = (row @ self._cov[held, arm + 1].reshape(len(held), -1)).reshape(len(self._cov), -1)
        expected = self._mean[places, arm + 1] @ row
        variance = gain[held, arm + 1] @ row
        return gain, float(expected), float(variance)

    def _step(self, gain: Floats, forward: float, surer: float) -> None:
        self._mean[self._places] += forward * gain
        flat = gain.ravel()
        self._cov -= np.multiply.outer(surer * flat, flat).reshape(self._cov.shape)

    def _hold(self, places: Sequence[int]) -> None:
        """Hold the weights of places that were not met before."""
        more = len(places)
        self._places = np.append(self._places, places)
        self._cov = np.pad(self._cov, ((0, more), (0, 0), (0, more), (0, 0)))
        own = self._spread.own_weight * np.eye(self.arms)
        for row, place in enumerate(places, len(self._cov) - more):
            self._row_of[place] = row
            self._cov[row, :, row] = self._expected.get(place, (0.0, self._spread.shared_weight))[1]
            self._cov[row, 1:, row, 1:] += own


def lambert(z: float) -> float:
    """Return the w from 0 for which w + log(w) is z: Lambert's function of exp(z), by Newton's method."""
    if z < LEAST_LOGARITHM:
        return 0.0
    w = z - log(z) if z > 1.0 else exp(z) / (1.0 + exp(z))
    for _ in range(NEWTON_STEPS):
        w *= (1.0 + z - log(w)) / (1.0 + w)
    return w
