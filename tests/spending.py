"""Facts of money, as the governor records them."""

from decimal import Decimal

from codecompanion.domain.events import AlertPosted, BudgetAlerted, BudgetReserved, BudgetSettled, CostSaved, QuoteGiven

RESERVED = BudgetReserved(
    reservation_id="c1",
    run_id="20261126-101500-ab12",
    project="/home/user/shop",
    role="coder",
    model="openai:gpt-6.1-sol",
    purpose="write the patch",
    worst_usd=Decimal("0.25"),
    at="2026-11-26T10:15:00.000000Z",
)
SETTLED = BudgetSettled(reservation_id="c1", cost_usd=Decimal("0.0123"))
ALERTED = BudgetAlerted(
    limit="day",
    scope="2026-11-26",
    percent=80,
    limit_usd=Decimal(10),
    spent_usd=Decimal("7.5"),
    reserved_usd=Decimal("0.5"),
    run_id="20261126-101500-ab12",
    at="2026-11-26T10:15:00.000000Z",
)
POSTED = AlertPosted(alert_id="0193a1f0-0000-7000-8000-000000000001")
QUOTED = QuoteGiven(
    run_id="20261126-101500-ab12",
    model="openai:gpt-6.1-sol",
    basis="history",
    runs=7,
    low_usd=Decimal("0.05"),
    high_usd=Decimal("0.4"),
    low_s=30.0,
    high_s=240.0,
    solved=0.5,
    solved_low=0.25,
    solved_high=0.75,
)
SAVED = CostSaved(
    run_id="20261126-101500-ab12",
    project="/home/user/shop",
    role="coder",
    model="openai:gpt-6.1-sol",
    saved_usd=Decimal("0.0123"),
    at="2026-11-26T10:16:00.000000Z",
)
