"""Quote a run before its first call."""

import logging
from datetime import datetime
from decimal import Decimal

from pydantic_ai.usage import RequestUsage

from codecompanion.domain.events import QuoteGiven, RunStarted
from codecompanion.domain.spending import rows_of, total
from codecompanion.domain.team import is_teams
from codecompanion.routing.quoting import FEWEST, MOST, EarlierRun, PriceBounds, TokenBounds, quote
from codecompanion.runs.find import known_runs, view_run
from codecompanion.wiring import App
from codecompanion.wiring.team import ListedPrices

MOST_RUNS = 30
"""So many of the newest runs of the project are looked at."""
ENDED = ("verified", "partial", "unverified", "failed", "nothing_to_do")
_log = logging.getLogger(__name__)


async def give_quote(app: App, run_id: str) -> QuoteGiven | None:
    """Record what a run is expected to cost and return it; None when it cannot be said, which stops nobody."""
    try:
        given = await expected(app, run_id, (await view_run(app.store, run_id)).request)
        await app.governor(None).note(given, f"quote:{run_id}", run_id)
    except Exception as error:  # noqa: BLE001 - a run is worth more than its quote
        _log.warning("run %s has no quote: %s", run_id, error)
        return None
    return given


async def expected(app: App, run_id: str, request: RunStarted) -> QuoteGiven:
    """Return what a run is expected to cost and take; nothing is recorded."""
    earlier = await _earlier(app, run_id, request)
    return quote(run_id, request.model, earlier, _prices(app, request.model), request.max_budget_usd)


async def _earlier(app: App, run_id: str, request: RunStarted) -> list[EarlierRun]:
    rows = [row for row in rows_of(await app.governor(None).spent()) if row.project == request.repo and row.run != run_id]
    found: list[EarlierRun] = []
    there = set(await known_runs(app.store))  # what was spent on runs that were archived stays on record without them
    for other in sorted({row.run for row in rows} & there, reverse=True)[:MOST_RUNS]:
        view = await view_run(app.store, other)
        alike = (view.request.model, view.request.team, view.request.kind) == (request.model, request.team, request.kind)
        if alike and view.status in ENDED:
            amounts = total(row for row in rows if row.run == other)
            cost = float(amounts.spent_usd + amounts.unsettled_usd)
            found.append(EarlierRun(cost, view.duration_s, view.status == "verified"))
    return found


def _prices(app: App, model: str) -> PriceBounds:
    if not is_teams(model):
        return PriceBounds(Decimal(0), Decimal(0))  # the builtin mind costs nothing
    now = app.clock.now()
    return PriceBounds(_price(model, FEWEST, now), _price(model, MOST, now))


def _price(model: str, bounds: TokenBounds, now: datetime) -> Decimal | None:
    usage = RequestUsage(input_tokens=bounds.input_tokens, output_tokens=bounds.output_tokens)
    one = ListedPrices().cost(model, usage, now)
    return None if one is None else one * bounds.calls
