"""A run's quote beside what it took."""

from decimal import Decimal
from typing import Any

from codecompanion.domain.budget import plain
from codecompanion.domain.events import QuoteGiven, decode
from codecompanion.domain.spending import rows_of, total
from codecompanion.domain.streams import SPENDING
from codecompanion.runs.find import view_run
from codecompanion.wiring import App


async def quoted(app: App, run_id: str) -> dict[str, Any] | None:
    """Return a run's quote beside what it took until now, as plain JSON; None when it had none."""
    events = await app.store.find(SPENDING, f"quote:{run_id}")
    given = decode(events[0]) if events else None
    if not isinstance(given, QuoteGiven):
        return None
    amounts = total(rows_of(await app.governor(None).spent(), run_id=run_id))
    took_s = (await view_run(app.store, run_id)).duration_s
    return {
        **given.model_dump(mode="json", exclude={"run_id", "model"}),
        "took_usd": plain(amounts.spent_usd + amounts.unsettled_usd),
        "took_s": round(took_s, 1),
        "within": _is_within(given, amounts.spent_usd),
    }


def _is_within(given: QuoteGiven, spent: Decimal) -> bool | None:
    """Whether the cost lies within the quote; None when it had no bounds."""
    return None if given.low_usd is None or given.high_usd is None else given.low_usd <= spent <= given.high_usd
