"""What calls of models cost, by who made them: the read model behind `cost`, folded from the same facts as the ledger."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

from pydantic import Field

from codecompanion.domain.budget import NOTHING
from codecompanion.domain.envelope import canonical_json
from codecompanion.domain.events import BudgetReserved, BudgetSettled, CostSaved, Fact
from codecompanion.domain.project import Value

Grouping = Literal["run", "role", "model", "day", "project"]


class Amounts(Value):
    """What calls cost, in US dollars.

    `calls` were sent and settled; `open_calls` were reserved and are not settled, because nobody knows
    what they cost; `unsettled_usd` is the most that is.
    `wasted_usd` and `retried_usd` are parts of `spent_usd`: paid and thrown away, and paid again after a failure.
    `cached` answers came from the response cache, which saved `saved_usd`.
    """

    calls: int = 0
    open_calls: int = 0
    cached: int = 0
    spent_usd: Decimal = NOTHING
    unsettled_usd: Decimal = NOTHING
    wasted_usd: Decimal = NOTHING
    retried_usd: Decimal = NOTHING
    saved_usd: Decimal = NOTHING

    def plus(self, other: "Amounts") -> "Amounts":
        """Return the sum."""
        return Amounts(
            calls=self.calls + other.calls,
            open_calls=self.open_calls + other.open_calls,
            cached=self.cached + other.cached,
            spent_usd=self.spent_usd + other.spent_usd,
            unsettled_usd=self.unsettled_usd + other.unsettled_usd,
            wasted_usd=self.wasted_usd + other.wasted_usd,
            retried_usd=self.retried_usd + other.retried_usd,
            saved_usd=self.saved_usd + other.saved_usd,
        )


class Row(Value):
    """What one role of one run spent on one model and day. `day` is UTC, like "2026-11-26"."""

    day: str
    run: str
    project: str
    role: str
    model: str
    amounts: Amounts = Amounts()


class Spending(Value):
    """The settled rows by what tells them apart, and the calls that are open by their id."""

    rows: dict[str, Row] = Field(default_factory=dict)
    open: dict[str, BudgetReserved] = Field(default_factory=dict)


NO_SPENDING = Spending()


def evolve(spending: Spending, fact: Fact) -> Spending:
    """Return the read model after a fact; one that is not about money changes nothing."""
    return fold(spending, (fact,))


def fold(spending: Spending, facts: Iterable[Fact]) -> Spending:
    """Return the read model after facts; the same as `evolve` for each, without a copy of it for each."""
    rows, open_calls = dict(spending.rows), dict(spending.open)
    for fact in facts:
        match fact:
            case BudgetReserved():
                open_calls[fact.reservation_id] = fact
            case BudgetSettled() if fact.reservation_id in open_calls:
                _add(rows, _row_of(open_calls.pop(fact.reservation_id), _settled(fact)))
            case CostSaved():
                _add(rows, _row_of(fact, Amounts(cached=1, saved_usd=fact.saved_usd)))
            case _:
                pass
    return Spending(rows=rows, open=open_calls)


def rows_of(spending: Spending, *, run_id: str | None = None, since: str = "") -> list[Row]:
    """Return the rows of a run, or of all, from a day on; open calls are rows of their own."""
    rows = [*spending.rows.values(), *map(_open_row, spending.open.values())]
    return [row for row in rows if row.day >= since and run_id in (None, row.run)]


def grouped(rows: Iterable[Row], by: Grouping) -> dict[str, Amounts]:
    """Return the sums by a column: days in their order, everything else the dearest first."""
    sums: dict[str, Amounts] = {}
    for row in rows:
        name: str = getattr(row, by)
        sums[name] = sums.get(name, Amounts()).plus(row.amounts)
    if by == "day":
        return dict(sorted(sums.items()))
    return dict(sorted(sums.items(), key=lambda one: (-one[1].spent_usd - one[1].unsettled_usd, one[0])))


def total(rows: Iterable[Row]) -> Amounts:
    """Return the sum of rows."""
    amounts = Amounts()
    for row in rows:
        amounts = amounts.plus(row.amounts)
    return amounts


def _settled(fact: BudgetSettled) -> Amounts:
    usd = fact.cost_usd
    wasted, retried = usd if fact.wasted else NOTHING, usd if fact.retried else NOTHING
    return Amounts(calls=1, spent_usd=usd, wasted_usd=wasted, retried_usd=retried)


def _open_row(call: BudgetReserved) -> Row:
    return _row_of(call, Amounts(open_calls=1, unsettled_usd=call.worst_usd))


def _row_of(call: BudgetReserved | CostSaved, amounts: Amounts) -> Row:
    return Row(day=call.at[:10], run=call.run_id, project=call.project, role=call.role, model=call.model, amounts=amounts)


def _add(rows: dict[str, Row], row: Row) -> None:
    key = canonical_json([row.day, row.run, row.project, row.role, row.model])
    kept = rows.get(key)
    rows[key] = row if kept is None else row.model_copy(update={"amounts": kept.amounts.plus(row.amounts)})
