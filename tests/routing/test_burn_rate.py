"""The rate is money over days, and a limit lasts what it leaves over the rate."""

from datetime import date
from decimal import Decimal

import pytest

from codecompanion.domain.budget import Standing
from codecompanion.domain.spending import Amounts, Row
from codecompanion.routing.burn_rate import BurnRate, burn_rate

TODAY = date(2026, 11, 26)


def row(day: str, spent: str, unsettled: str = "0") -> Row:
    amounts = Amounts(spent_usd=Decimal(spent), unsettled_usd=Decimal(unsettled))
    return Row(day=day, run="run", project="/shop", role="coder", model="openai:m", amounts=amounts)


@pytest.mark.parametrize(
    ("rows", "rate"),
    [
        pytest.param([], None, id="nothing"),
        pytest.param([row("2026-11-19", "5")], None, id="eight days ago"),
        pytest.param([row("2026-11-26", "0")], None, id="free calls"),
        pytest.param([row("2026-11-26", "1.5")], BurnRate(1, Decimal("1.5")), id="the first day"),
        pytest.param([row("2026-11-26", "1", "0.5")], BurnRate(1, Decimal("1.5")), id="with what nobody settled"),
        pytest.param([row("2026-11-20", "7"), row("2026-11-26", "7")], BurnRate(7, Decimal(2)), id="a week"),
        pytest.param([row("2026-11-23", "1"), row("2026-11-01", "90")], BurnRate(4, Decimal("0.25")), id="days without any"),
    ],
)
def test_the_rate_is_the_mean_of_the_last_days(rows: list[Row], rate: BurnRate | None) -> None:
    assert burn_rate(rows, TODAY) == rate


def test_a_limit_lasts_as_long_as_what_it_leaves() -> None:
    rate = BurnRate(7, Decimal(2))
    assert rate.lasts_days(Standing("month", Decimal(20), Decimal(12), Decimal(3))) == 2.5
    assert rate.lasts_days(Standing("day", Decimal(1), Decimal(2), Decimal(0))) == 0.0
    assert rate.lasts_days(Standing("week", None, Decimal(2), Decimal(0))) is None
