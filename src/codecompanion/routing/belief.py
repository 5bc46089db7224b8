"""What is believed about a quantity of many models: one Gaussian over weights that all share and weights of each.

Every model's value for a task is the shared weights plus its own, times the task's features. All weights have one joint
covariance, so an outcome of one model also teaches what the task is like for the others, and what is unknown about the
task itself cancels out when models are compared.
"""

from collections.abc import Mapping
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
        self._width = width
        self._spread = spread
        self._expected = {0: (0.0, spread.shared_level), **(expected or {})}
        self._row_of = np.full(width, -1)
        self._places = np.zeros(0, dtype=np.int64)
        self._doubt = doubt
        self._first_levels: Floats = np.zeros(0)
        self._mean: Floats = np.zeros((0, 1))
        self._cov: Floats = np.zeros((0, 1, 0, 1))  # place, model (0: shared) twice
        self._hold(np.array([0]))

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
        self._mean = np.pad(self._mean, ((0, 0), (0, 1)))
        self._cov = np.pad(self._cov, ((0, 0), (0, 1), (0, 0), (0, 1)))
        rows = np.arange(len(self._mean))
        self._cov[rows, -1, rows, -1] = self._spread.own_weight
        self._cov[0, -1, 0, -1] = self._spread.own_level if variance is None else variance
        self._mean[0, -1] = level
        self._first_levels = np.append(self._first_levels, level)
        together = self._doubt * level * self._first_levels
        self._cov[0, -1, 0, 1:] += together
        self._cov[0, 1:-1, 0, -1] += together[:-1]

    def marginal(self, places: Ints, rows: Floats) -> tuple[Floats, Floats]:
        """Return means and covariance of the values of all models for some tasks.

        Args:
            places: Where the tasks' features are not zero, shape (n,).
            rows: The features there, shape (tasks, n).

        Returns:
            Means of shape (tasks * arms,), task by task, and the covariance of the same order.
        """
        means = self.means(places, rows)
        features = np.zeros((len(rows), self._width))
        features[:, places] = rows
        return means.ravel(), self.covariance(features)

    def covariance(self, features: Floats) -> Floats:
        """Return the covariance alone, of tasks whose features are written out, shape (tasks, width).

        What has a feature that is not held is taken to lack it: `hold` such places before.
        """
        rows = features[:, self._places]
        tasks, held, blocks = len(rows), len(self._places), self.arms + 1
        half = (rows @ self._cov.reshape(held, -1)).reshape(tasks * blocks, held, blocks)
        cov = (rows @ half).reshape(tasks, blocks, tasks, blocks)
        joint = cov[:, 1:, :, 1:] + cov[:, :1, :, 1:]
        joint += (cov[:, 1:] + cov[:, :1])[:, :, :, :1]
        size = tasks * (blocks - 1)
        return joint.reshape(size, size)

    def means(self, places: Ints, rows: Floats) -> Floats:
        """Return the means alone, shape (tasks, arms)."""
        held = self._held(places)
        mean = rows @ self._mean[held]
        return mean[:, 1:] + mean[:, :1]

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

    def hold(self, places: Ints) -> None:
        """Hold the weights of these places, as the spread says where they were not held."""
        self._held(places)

    def _gain(self, arm: int, places: Ints, row: Floats) -> tuple[Floats, float, float]:
        held = self._held(places)
        cov = self._cov[held, 0] + self._cov[held, arm + 1]
        gain = (row @ cov.reshape(len(held), -1)).reshape(self._mean.shape)
        expected = (self._mean[held, 0] + self._mean[held, arm + 1]) @ row
        variance = (gain[held, 0] + gain[held, arm + 1]) @ row
        return gain, float(expected), float(variance)

    def _step(self, gain: Floats, forward: float, surer: float) -> None:
        self._mean += forward * gain
        flat = gain.ravel()
        self._cov -= np.multiply.outer(surer * flat, flat).reshape(self._cov.shape)

    def _held(self, places: Ints) -> Ints:
        """Return the rows in which the weights of these places stand."""
        rows = self._row_of[places]
        if -1 in rows.tolist():
            self._hold(places[rows < 0])
            rows = self._row_of[places]
        return rows

    def _hold(self, places: Ints) -> None:
        """Hold the weights of places that were not met before."""
        first, more = len(self._mean), len(places)
        self._mean = np.pad(self._mean, ((0, more), (0, 0)))
        self._cov = np.pad(self._cov, ((0, more), (0, 0), (0, more), (0, 0)))
        rows = np.arange(first, first + more)
        self._row_of[places] = rows
        self._places = np.append(self._places, places)
        self._cov[rows, 1:, rows, 1:] = np.diag(np.full(self.arms, self._spread.own_weight))
        for row, place in zip(rows.tolist(), places.tolist(), strict=True):
            self._mean[row, 0], self._cov[row, 0, row, 0] = self._expected.get(place, (0.0, self._spread.shared_weight))


def lambert(z: float) -> float:
    """Return the w from 0 for which w + log(w) is z: Lambert's function of exp(z), by Newton's method."""
    if z < LEAST_LOGARITHM:
        return 0.0
    w = z - log(z) if z > 1.0 else exp(z) / (1.0 + exp(z))
    for _ in range(NEWTON_STEPS):
        w *= (1.0 + z - log(w)) / (1.0 + w)
    return w
