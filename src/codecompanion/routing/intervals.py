"""Intervals of rates, means and ratios, from sums that were kept of them."""

from dataclasses import dataclass
from math import exp, log, sqrt
from statistics import NormalDist

USUAL = 0.9
"""The share of intervals that hold the true value, unless another is asked for."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and the bounds between which the true value lies, as sure as was asked for."""

    value: float
    low: float
    high: float


def normal_quantile(confidence: float) -> float:
    """Return how many standard errors an interval of that confidence reaches to each side."""
    return NormalDist().inv_cdf((1.0 + confidence) / 2.0)


def student_quantile(confidence: float, freedom: float) -> float:
    """Return the same for Student's distribution with that many degrees of freedom, at least 3.

    The expansion of Cornish and Fisher (Abramowitz and Stegun, 26.7.5), to 1 % from 3 degrees on at 90 %.
    """
    z, n = normal_quantile(confidence), max(freedom, 3.0)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / n + second / n**2 + third / n**3


def wilson(total: float, count: int, confidence: float = USUAL) -> Interval:
    """Return the interval of a rate of successes (E. B. Wilson, 1927); nothing seen says nothing: from 0 to 1.

    `total` may be a sum of grades from 0 to 1: their variance is at most that of successes, so that the interval is
    rather too wide.
    """
    if count <= 0:
        return Interval(0.5, 0.0, 1.0)
    z, mean = normal_quantile(confidence), min(1.0, max(0.0, total / count))
    scale = 1.0 + z * z / count
    middle = (mean + z * z / (2 * count)) / scale
    reach = z * sqrt(mean * (1.0 - mean) / count + z * z / (4 * count * count)) / scale
    return Interval(mean, max(0.0, middle - reach), min(1.0, middle + reach))


def difference(one: Interval, other: Interval) -> Interval:
    """Return the interval of the difference of two independent rates (R. G. Newcombe 1998, method 10)."""
    value = one.value - other.value
    low = value - sqrt((one.value - one.low) ** 2 + (other.high - other.value) ** 2)
    high = value + sqrt((one.high - one.value) ** 2 + (other.value - other.low) ** 2)
    return Interval(value, low, high)


def mean_of(total: float, squares: float, count: int, confidence: float = USUAL) -> Interval | None:
    """Return the interval of a mean of amounts, never below 0; None for fewer than two of them."""
    if count < 2:  # noqa: PLR2004 - a variance needs two
        return None
    mean = total / count
    reach = student_quantile(confidence, count - 1) * sqrt(variance_of(total, squares, count) / count)
    return Interval(mean, max(0.0, mean - reach), mean + reach)


def variance_of(total: float, squares: float, count: int) -> float:
    """Return the variance of amounts by their sums; rounding never makes it negative."""
    return max(0.0, (squares - total * total / count) / (count - 1))


def ratio(one: Interval, other: Interval) -> Interval | None:
    """Return the interval of the ratio of two independent means; None unless both are surely above 0.

    On the logarithmic scale, with each mean's relative error (the delta method).
    """
    if min(one.low, other.low) <= 0.0:
        return None
    value = one.value / other.value
    reach = sqrt(((one.high - one.value) / one.value) ** 2 + ((other.high - other.value) / other.value) ** 2)
    return Interval(value, exp(log(value) - reach), exp(log(value) + reach))
