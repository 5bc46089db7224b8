"""What another way of choosing would have brought, estimated from logged decisions whose probabilities are known.

Two estimators. SNIPS weighs each logged reward by how much likelier the other policy was to make that choice, over the sum of
the weights (Swaminathan and Joachims, 2015). DR begins with a model of the rewards and corrects it by weighted residuals
(Dudik, Langford and Li, 2011); the sum of weights normalises here as well. The model is each arm's mean, from other folds.

Their errors are those of their linearisation, times Student's quantile for the effective sample size: weights of a few
decisions carry little, however many there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from codecompanion.routing.belief import Floats
from codecompanion.routing.intervals import USUAL, Interval, student_quantile

FOLDS = 5
SHRUNK_BY = 5.0
"""An arm's mean counts as if so many outcomes more had had the mean of all arms."""
LEAST_EFFECTIVE = 50.0
LEAST_DIFFERENCE = 0.02
"""Nothing is concluded from fewer effective decisions, or of smaller differences: the estimates' own errors are larger."""
MOST_UNSEEN = 0.01
"""The most of a policy's choices that may fall on what was never chosen by chance: nothing is known of those."""


@dataclass(frozen=True, slots=True)
class Logged:
    """A decision and what came of it.

    Args:
        arms: What could be chosen.
        propensities: How likely each was to be chosen, shape (arms,), summing to 1.
        wanted: The same of the policy that is judged.
        chosen: The place of what was chosen.
        reward: What that brought.
    """

    arms: tuple[str, ...]
    propensities: Floats
    wanted: Floats
    chosen: int
    reward: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a policy would have brought per decision.

    `happened` is what the decisions did bring, `difference` how much more the policy would have. `effective` is the effective
    sample size (Kish): so many decisions made by the policy itself would tell as much. `unseen` is the part of its choices
    that the log says nothing about.
    """

    decisions: int
    effective: float
    unseen: float
    snips: Interval
    dr: Interval
    happened: Interval
    difference: Interval

    @property
    def why_not(self) -> str:
        """Why nothing can be concluded, "" when the policy is surely better or worse."""
        if self.unseen > MOST_UNSEEN:
            return f"{self.unseen:.0%} of its choices were never made by chance, so that nothing is known of them"
        if self.effective < LEAST_EFFECTIVE:
            return f"the decisions tell as much as {self.effective:.0f} of its own would; {LEAST_EFFECTIVE:.0f} are needed"
        if self.difference.low <= 0.0 <= self.difference.high:
            return "the difference may be chance"
        if abs(self.difference.value) < LEAST_DIFFERENCE:
            return f"the difference is smaller than {LEAST_DIFFERENCE}, which such an estimate cannot be trusted with"
        return ""


def estimate(log: Sequence[Logged], confidence: float = USUAL) -> Estimate:
    """Return what the judged policy would have brought.

    Raises:
        ValueError: There are fewer than two decisions, or a choice that was made had no chance.
    """
    if len(log) < 2:  # noqa: PLR2004 - a variance needs two
        raise ValueError("an estimate needs two decisions")
    rewards = np.array([one.reward for one in log])
    logged = np.array([one.propensities[one.chosen] for one in log])
    if (logged <= 0.0).any():
        raise ValueError("a choice that was made has the probability 0")
    weights = np.array([one.wanted[one.chosen] for one in log]) / logged
    predicted, expected = _model(log)
    effective = float(weights.sum() ** 2 / (weights**2).sum()) if weights.any() else 0.0
    quantile = student_quantile(confidence, effective - 1.0)
    usual = student_quantile(confidence, len(log) - 1.0)
    residuals = expected + _normalised(weights) * (rewards - predicted)
    return Estimate(
        decisions=len(log),
        effective=effective,
        unseen=float(np.mean([one.wanted[one.propensities <= 0.0].sum() for one in log])),
        snips=_snips(weights, rewards, quantile),
        dr=_interval(residuals, quantile),
        happened=_interval(rewards, usual),
        difference=_interval(residuals - rewards, quantile),
    )


def _normalised(weights: Floats) -> Floats:
    return weights / weights.mean() if weights.any() else weights


def _snips(weights: Floats, rewards: Floats, quantile: float) -> Interval:
    if not weights.any():
        return Interval(float(rewards.mean()), float(rewards.min()), float(rewards.max()))
    value = float((weights * rewards).sum() / weights.sum())
    reach = quantile * sqrt(float((weights**2 * (rewards - value) ** 2).sum())) / float(weights.sum())
    return Interval(value, value - reach, value + reach)


def _interval(values: Floats, quantile: float) -> Interval:
    mean = float(values.mean())
    reach = quantile * float(values.std(ddof=1)) / sqrt(len(values))
    return Interval(mean, mean - reach, mean + reach)


def _model(log: Sequence[Logged]) -> tuple[Floats, Floats]:
    """Return the modelled reward of what was chosen, and that of the judged policy, of each decision; folds take turns."""
    predicted, expected = np.zeros(len(log)), np.zeros(len(log))
    for fold in range(FOLDS):
        means, usual = _means([one for i, one in enumerate(log) if i % FOLDS != fold])
        for i in range(fold, len(log), FOLDS):
            values = np.array([means.get(arm, usual) for arm in log[i].arms])
            predicted[i], expected[i] = values[log[i].chosen], float(values @ log[i].wanted)
    return predicted, expected


def _means(log: Sequence[Logged]) -> tuple[dict[str, float], float]:
    usual = sum(one.reward for one in log) / max(len(log), 1)
    sums: dict[str, tuple[float, int]] = {}
    for one in log:
        total, count = sums.get(one.arms[one.chosen], (0.0, 0))
        sums[one.arms[one.chosen]] = (total + one.reward, count + 1)
    return {arm: (total + SHRUNK_BY * usual) / (count + SHRUNK_BY) for arm, (total, count) in sums.items()}, usual
