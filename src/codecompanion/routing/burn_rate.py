"""How fast money goes, and how long the limits last at that rate."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from codecompanion.domain.budget import NOTHING, Standing
from codecompanion.domain.spending import Row

WINDOW_DAYS = 7
"""A week: what is done on working days and what is not are both in it."""


@dataclass(frozen=True, slots=True)
class BurnRate:
    """What was spent in the last days, today's included: US dollars a day, the worst of what nobody settled counted too."""

    days: int
    usd_per_day: Decimal

    def lasts_days(self, standing: Standing) -> float | None:
        """Return for how many days what a limit leaves is enough; None without a limit."""
        return None if standing.left_usd is None else float(standing.left_usd / self.usd_per_day)


def burn_rate(rows: Iterable[Row], today: date) -> BurnRate | None:
    """Return the mean over the days since the first spending, seven at most; None when nothing was spent in them."""
    begin = (today - timedelta(days=WINDOW_DAYS - 1)).isoformat()
    spent = [(row.day, _usd(row)) for row in rows if begin <= row.day <= today.isoformat() and _usd(row)]
    if not spent:
        return None
    days = (today - date.fromisoformat(min(day for day, _ in spent))).days + 1
    return BurnRate(days, sum((usd for _, usd in spent), NOTHING) / days)


def _usd(row: Row) -> Decimal:
    return row.amounts.spent_usd + row.amounts.unsettled_usd
