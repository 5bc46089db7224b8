"""What models cost, and what is left to spend, as plain JSON: amounts are US dollars as decimal text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from codecompanion.domain.budget import Standing, plain
from codecompanion.domain.errors import BadInput
from codecompanion.domain.events import BudgetReserved
from codecompanion.domain.spending import Amounts, Grouping, Spending, grouped, rows_of, total
from codecompanion.routing.burn_rate import burn_rate
from codecompanion.runs.find import view_run
from codecompanion.wiring import App

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class CostQuestion:
    """What is asked: of one run or (None) of all, grouped by a column, from a UTC day on ("" for the beginning).

    `project` is the absolute root of the repository whose limit is shown.
    """

    run_id: str | None
    by: Grouping
    since: str
    project: str


def checked_day(text: str) -> str:
    """Return a day like "2026-11-26".

    Raises:
        BadInput: It is none.
    """
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise BadInput(f"{text!r} is not a day", fix="write it like 2026-11-26; days are those of UTC") from error


async def cost_of(app: App, question: CostQuestion) -> dict[str, Any]:
    """Return what models cost.

    `total` and `groups` count calls, cached answers and dollars: spent, unsettled (reserved for calls of which nobody knows
    what they cost: no answer came in time, or nobody was there to record it), and of what is spent, wasted and retried;
    saved is what cached answers did not cost. `limits` say what stands now, whatever `since` says; a limit that is not set
    is None. `burn` is what the last days cost a day, over all runs, and for how many days what each limit leaves is enough at
    that rate; None for one run, and when nothing was spent lately.
    """
    run_id = question.run_id
    run_usd = (await view_run(app.store, run_id)).request.max_budget_usd if run_id else None
    governor = app.governor(run_usd)
    spending = await governor.spent()
    rows = rows_of(spending, run_id=run_id, since=question.since)
    standings = await governor.standings(app.clock.now(), run_id=run_id, project=question.project)
    return {
        "schema_version": SCHEMA_VERSION,
        "type": "cost",
        "run_id": run_id,
        "project": question.project,
        "since": question.since or None,
        "by": question.by,
        "total": _amounts(total(rows)),
        "groups": [{question.by: name, **_amounts(sums)} for name, sums in grouped(rows, question.by).items()],
        "unsettled": [_open_call(call) for call in spending.open.values() if _is_asked_for(call, question)],
        "limits": [_limit(standing) for standing in standings],
        "burn": None if run_id else _burn(spending, standings, app.clock.now().date()),
    }


def _burn(spending: Spending, standings: Sequence[Standing], today: date) -> dict[str, Any] | None:
    rate = burn_rate(rows_of(spending), today)
    if rate is None:
        return None
    lasts = {standing.name: rate.lasts_days(standing) for standing in standings}
    return {
        "days": rate.days,
        "usd_per_day": _usd(rate.usd_per_day.quantize(Decimal("0.000001"))),
        "lasts_days": {name: round(days, 2) for name, days in lasts.items() if days is not None},
    }


def _is_asked_for(call: BudgetReserved, question: CostQuestion) -> bool:
    return question.run_id in (None, call.run_id) and call.at >= question.since


def _amounts(amounts: Amounts) -> dict[str, Any]:
    return {name: _usd(value) if isinstance(value, Decimal) else value for name, value in dict(amounts).items()}


def _open_call(call: BudgetReserved) -> dict[str, Any]:
    return {
        "run": call.run_id,
        "role": call.role,
        "model": call.model,
        "purpose": call.purpose,
        "worst_usd": _usd(call.worst_usd),
        "at": call.at,
    }


def _limit(standing: Standing) -> dict[str, Any]:
    return {
        "limit": standing.name,
        "limit_usd": _usd(standing.limit_usd),
        "spent_usd": _usd(standing.spent_usd),
        "reserved_usd": _usd(standing.reserved_usd),
        "left_usd": _usd(standing.left_usd),
    }


def _usd(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(amount)
