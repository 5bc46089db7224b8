"""Facts of money, as the governor records them."""

from decimal import Decimal

from codecompanion.domain.events import BudgetReserved, BudgetSettled, CostSaved

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
SAVED = CostSaved(
    run_id="20261126-101500-ab12",
    project="/home/user/shop",
    role="coder",
    model="openai:gpt-6.1-sol",
    saved_usd=Decimal("0.0123"),
    at="2026-11-26T10:16:00.000000Z",
)
