"""What the outcomes show, in sentences: only what an interval supports, with how many outcomes it rests on."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations

from codecompanion.domain.learning import Learned, Tally
from codecompanion.routing.intervals import Interval, difference, mean_of, ratio, wilson
from codecompanion.routing.model_profiles import ModelProfile, calibrations, profiles, total

CONFIDENCE = 0.95
"""How sure all sentences of one kind are together: that of each is raised by how many were looked at (Bonferroni)."""
LEAST_EACH = 10
"""Fewer outcomes than this of either model are not compared, whatever an interval says."""
LEAST_POINTS = 0.01
RECENT_DAYS = 30
FULL = 100
TWICE = 2.0


@dataclass(frozen=True, slots=True)
class Insight:
    """A sentence. `kind` is "comparison", "trend", "calibration" or "warning"; `count` is how many outcomes it rests on.

    `interval` is that of the number that it gives first: points of a hundred, or a ratio.
    """

    kind: str
    text: str
    count: int
    interval: Interval


def insights(learned: Learned, today: date) -> list[Insight]:
    """Return what can be said, the surest differences first."""
    found = [
        *_comparisons(profiles(learned, by_task_type=False)),
        *_trends(learned, today),
        *_warnings(learned),
        *_doubts(learned),
    ]
    kinds = ("warning", "comparison", "trend", "calibration")
    return sorted(found, key=lambda one: (kinds.index(one.kind), -abs(one.interval.value), one.text))


def _comparisons(rows: list[ModelProfile]) -> Iterator[Insight]:
    known = [row for row in rows if row.tally.measured >= LEAST_EACH]
    pairs = [(one, other) for one, other in combinations(known, 2) if one.role == other.role]
    each = 1.0 - (1.0 - CONFIDENCE) / max(len(pairs), 1)
    for one, other in pairs:
        insight = _compared(one, other, each)
        if insight is not None:
            yield insight


def _compared(one: ModelProfile, other: ModelProfile, confidence: float) -> Insight | None:
    """Return what can be said of two models in one role: which is better, or else which is cheaper, or nothing."""
    points = difference(*(wilson(row.tally.share, row.tally.measured, confidence) for row in (one, other)))
    if points.high < -LEAST_POINTS:
        return _compared(other, one, confidence)
    count = one.tally.measured + other.tally.measured
    cost = _cost_ratio(one.tally, other.tally, confidence)
    price = _price(cost)
    if points.low > LEAST_POINTS:
        lead = f"{one.role}: {one.model} is {points.value * FULL:.0f} points better than {other.model}"
        return Insight("comparison", f"{lead}{f' and {price}' if price else ''}, n={count}", count, _hundredfold(points))
    if cost is None or not price:
        return None
    if cost.value < 1.0:
        return _compared(other, one, confidence)
    text = f"{one.role}: {one.model} is {price} than {other.model}, and which one does better is not known, n={count}"
    return Insight("comparison", text, count, cost)


def _cost_ratio(one: Tally, other: Tally, confidence: float) -> Interval | None:
    """Return how many times dearer the other is."""
    means = [mean_of(tally.usd, tally.usd_squares, tally.priced, confidence) for tally in (other, one)]
    return ratio(means[0], means[1]) if means[0] is not None and means[1] is not None else None


def _price(cost: Interval | None) -> str:
    """Return "3 times cheaper", or dearer; "" when that is not sure."""
    if cost is None or cost.low <= 1.0 <= cost.high:
        return ""
    if cost.value > 1.0:
        return f"{cost.value:.0f} times cheaper" if cost.value >= TWICE else f"{(1.0 - 1.0 / cost.value) * FULL:.0f} % cheaper"
    return (
        f"{1.0 / cost.value:.0f} times dearer"
        if cost.value <= 1.0 / TWICE
        else f"{(1.0 / cost.value - 1.0) * FULL:.0f} % dearer"
    )


def _trends(learned: Learned, today: date) -> Iterator[Insight]:
    border = (today - timedelta(days=RECENT_DAYS)).isoformat()
    each = 1.0 - (1.0 - CONFIDENCE) / max(len(learned.days), 1)
    for model, days in sorted(learned.days.items()):
        new = total(tally for day, tally in days.items() if day > border)
        old = total(tally for day, tally in days.items() if day <= border)
        if min(new.measured, old.measured) < LEAST_EACH:
            continue
        points = difference(wilson(new.share, new.measured, each), wilson(old.share, old.measured, each))
        if points.low > LEAST_POINTS or points.high < -LEAST_POINTS:
            word = "better" if points.value > 0 else "worse"
            text = f"{model} is {abs(points.value) * FULL:.0f} points {word} in the last {RECENT_DAYS} days than before"
            yield Insight(
                "trend", f"{text}, n={new.measured + old.measured}", new.measured + old.measured, _hundredfold(points)
            )


def _warnings(learned: Learned) -> Iterator[Insight]:
    for model, tally in _by_model(learned):
        if tally.unclean:
            rate = wilson(tally.unclean, tally.outcomes)
            text = f"{model} made tests say less in {tally.unclean} of {tally.outcomes} attempts: each of them counts 0"
            yield Insight("warning", text, tally.outcomes, _hundredfold(rate))
        if tally.reverted:
            rate = wilson(tally.reverted, tally.merges_known)
            text = f"of the merged work of {model} {tally.reverted} of {tally.merged} changes were reverted: each counts 0"
            yield Insight("warning", text, tally.merges_known, _hundredfold(rate))


def _doubts(learned: Learned) -> Iterator[Insight]:
    """Yield where predictions are off: what was expected on average lies outside the interval of what happened."""
    rows = [one for one in calibrations(learned) if one.count >= LEAST_EACH]
    each = 1.0 - (1.0 - CONFIDENCE) / max(len(rows), 1)
    for one in rows:
        predicted = sum(step[0] * step[2] for step in one.bins) / one.count
        happened = wilson(sum(step[1] * step[2] for step in one.bins), one.count, each)
        if happened.low <= predicted <= happened.high:
            continue
        off = Interval(predicted - happened.value, predicted - happened.high, predicted - happened.low)
        text = (
            f"{one.model} was expected to succeed in {predicted * FULL:.0f} % of cases and did in {happened.value * FULL:.0f} %"
        )
        yield Insight("calibration", f"{text}, n={one.count}", one.count, _hundredfold(off))


def _by_model(learned: Learned) -> Iterable[tuple[str, Tally]]:
    sums: dict[str, Tally] = {}
    for row in profiles(learned, by_task_type=False):
        sums[row.model] = sums.get(row.model, Tally()).plus(row.tally)
    return sorted(sums.items())


def _hundredfold(interval: Interval) -> Interval:
    return Interval(*(round(value * FULL, 2) for value in (interval.value, interval.low, interval.high)))
