"""What a run is expected to cost and take: from earlier runs alike, or when they are few, from prices and bounds of tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import exp, log, sqrt
from statistics import fmean, stdev

from codecompanion.domain.events import QuoteGiven
from codecompanion.routing.intervals import student_quantile, wilson

LEAST_RUNS = 5
"""Fewer earlier runs than this are no history."""
CONFIDENCE = 0.8
"""Of the next runs so many cost, and take, what lies within the quote's bounds."""
LEAST_USD, LEAST_S = 1e-6, 0.1
"""What is below counts as so much: nothing has no logarithm."""


@dataclass(frozen=True, slots=True)
class TokenBounds:
    """What a run may send and be answered: bounds that were chosen, not measured."""

    calls: int
    input_tokens: int
    output_tokens: int


FEWEST, MOST = TokenBounds(3, 2_000, 100), TokenBounds(40, 30_000, 2_000)
"""Between a change that succeeds at once, in calls of a small prompt, and a team that needs all of its attempts."""


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """A run of the same project, model and team that has ended. `solved` is whether it was delivered and verified."""

    cost_usd: float
    duration_s: float
    solved: bool


@dataclass(frozen=True, slots=True)
class PriceBounds:
    """What the fewest and the most tokens cost, in US dollars; None for an unknown price."""

    low_usd: Decimal | None
    high_usd: Decimal | None


def quote(run_id: str, model: str, earlier: Sequence[EarlierRun], prices: PriceBounds, limit_usd: Decimal | None) -> QuoteGiven:
    """Return the quote for a run; no bound is above its limit of cost, None for no limit."""
    if len(earlier) < LEAST_RUNS:
        return QuoteGiven(
            run_id=run_id,
            model=model,
            basis="prices",
            runs=len(earlier),
            low_usd=_at_most(prices.low_usd, limit_usd),
            high_usd=_at_most(prices.high_usd, limit_usd),
        )
    costs, times = _bounds([one.cost_usd for one in earlier], LEAST_USD), _bounds([one.duration_s for one in earlier], LEAST_S)
    chance = wilson(sum(one.solved for one in earlier), len(earlier))
    return QuoteGiven(
        run_id=run_id,
        model=model,
        basis="history",
        runs=len(earlier),
        low_usd=_at_most(_usd(costs[0]), limit_usd),
        high_usd=_at_most(_usd(costs[1]), limit_usd),
        low_s=round(times[0], 1),
        high_s=round(times[1], 1),
        solved=chance.value,
        solved_low=chance.low,
        solved_high=chance.high,
    )


def _bounds(amounts: Sequence[float], least: float) -> tuple[float, float]:
    """Return the prediction interval of the next amount, logarithms being normal; amounts that are all the same have none."""
    logs = [log(max(amount, least)) for amount in amounts]
    reach = student_quantile(CONFIDENCE, len(logs) - 1) * stdev(logs) * sqrt(1.0 + 1.0 / len(logs))
    low, high = exp(fmean(logs) - reach), exp(fmean(logs) + reach)
    nothing = least * 1.001  # logarithms and back are not exact
    return (0.0 if low <= nothing else low), (0.0 if high <= nothing else high)


def _usd(amount: float) -> Decimal:
    return Decimal(f"{min(amount, 1e6):.6f}")


def _at_most(amount: Decimal | None, limit: Decimal | None) -> Decimal | None:
    return amount if amount is None or limit is None else min(amount, limit)
