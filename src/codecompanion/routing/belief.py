"""What is believed about a quantity of many models: one Gaussian over weights that all share and weights of each.

Every model's value for a task is the shared weights plus its own, times the task's features. All weights have one joint
covariance, so an outcome of one model also teaches what the task is like for the others, and what is unknown about the
task itself cancels out when models are compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST_CURVATURE = 0.02
"""An outcome of a logistic value that was nearly certain still teaches this much."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Variances before anything was observed: of the level and of each weight, shared by all models and of each model."""

    shared_level: float
    shared_weight: float
    own_level: float
    own_weight: float


class HierarchicalBelief:
    """A Gaussian over the weights of all models, updated by one observation at a time.

    Args:
        width: The length of the feature vectors; place 0 is the level.
        spread: How far weights may be from their first means.
        expected: First mean and variance of shared weights, by place; else 0 and as the spread says.
    """

    def __init__(self, width: int, spread: Spread, expected: Mapping[int, tuple[float, float]] | None = None) -> None:
        self._width = width
        self._spread = spread
        self._mean: Floats = np.zeros(width)
        variances = _variances(width, spread.shared_level, spread.shared_weight)
        for place, (mean, variance) in (expected or {}).items():
            self._mean[place], variances[place] = mean, variance
        self._cov: Floats = np.diag(variances)

    @property
    def arms(self) -> int:
        """How many models there are."""
        return len(self._mean) // self._width - 1

    def add_arm(self, level: float = 0.0, variance: float | None = None) -> None:
        """Let a model in; what is believed of the others stays.

        Args:
            level: How far above the shared level it is expected.
            variance: How sure that is; None takes that of the spread.
        """
        own = _variances(self._width, self._spread.own_level if variance is None else variance, self._spread.own_weight)
        size = len(self._mean)
        cov = np.zeros((size + self._width, size + self._width))
        cov[:size, :size] = self._cov
        cov[size:, size:] = np.diag(own)
        mean = np.zeros(size + self._width)
        mean[:size], mean[size] = self._mean, level
        self._cov, self._mean = cov, mean

    def marginal(self, places: Ints, rows: Floats) -> tuple[Floats, Floats]:
        """Return means and covariance of the values of all models for some tasks.

        Args:
            places: Where the tasks' features are not zero, shape (n,).
            rows: The features there, shape (tasks, n).

        Returns:
            Means of shape (tasks * arms,), task by task, and the covariance of the same order.
        """
        blocks, n, tasks = self.arms + 1, len(places), len(rows)
        index = (np.arange(blocks)[:, None] * self._width + places).ravel()
        mean = self._mean[index].reshape(blocks, n)
        values = rows @ (mean[1:] + mean[0]).T
        cov = self._cov.take(index, 0).take(index, 1).reshape(blocks, n, blocks * n)
        cov = (rows @ cov).reshape(blocks, tasks, blocks, n) @ rows.T
        joint = cov[1:, :, 1:] + cov[:1, :, 1:] + cov[1:, :, :1] + cov[:1, :, :1]
        size = tasks * (blocks - 1)
        return values.ravel(), joint.transpose(1, 0, 3, 2).reshape(size, size)

    def means(self, places: Ints, rows: Floats) -> Floats:
        """Return the means alone, shape (tasks, arms)."""
        index = np.arange(self.arms + 1)[:, None] * self._width + places
        mean = self._mean[index]
        return rows @ (mean[1:] + mean[0]).T

    def observe(self, arm: int, places: Ints, row: Floats, value: float, noise: float) -> float:
        """Learn a value that was seen with a noise of that variance. Returns how far off the expectation was."""
        gain, expected, variance = self._gain(arm, places, row)
        step = gain / (variance + noise)
        self._mean += step * (value - expected)
        self._cov -= step[:, None] * gain
        return value - expected

    def observe_share(self, arm: int, places: Ints, row: Floats, share: float, weight: float = 1.0) -> float:
        """Learn a success (1), a failure (0) or a grade between; values are then logits (a step of the Laplace kind).

        Returns:
            The logit that was expected.
        """
        gain, expected, variance = self._gain(arm, places, row)
        chance = 1.0 / (1.0 + exp(-max(-30.0, min(30.0, expected))))
        curvature = max(chance * (1.0 - chance), LEAST_CURVATURE) * weight
        step = gain / (1.0 + variance * curvature)
        self._mean += step * (weight * (share - chance))
        self._cov -= (step * curvature)[:, None] * gain
        return expected

    def loosen(self, arm: int, variance: float) -> None:
        """Let the level of one model have moved by that variance; what is known of the others stays."""
        level = (arm + 1) * self._width
        self._cov[level, level] += variance

    def _gain(self, arm: int, places: Ints, row: Floats) -> tuple[Floats, float, float]:
        own = places + (arm + 1) * self._width
        gain = row @ self._cov.take(places, 0) + row @ self._cov.take(own, 0)
        expected = (self._mean[places] + self._mean[own]) @ row
        variance = (gain[places] + gain[own]) @ row
        return gain, float(expected), float(variance)


def _variances(width: int, level: float, weight: float) -> Floats:
    variances = np.full(width, weight)
    variances[0] = level
    return variances
