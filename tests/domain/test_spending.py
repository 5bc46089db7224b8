"""What `cost` shows is what the ledger charged, whatever was reserved, settled and saved."""

from decimal import Decimal
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from codecompanion.domain import budget
from codecompanion.domain.events import BudgetReserved, BudgetSettled, CostSaved, Fact, RunResumed
from codecompanion.domain.spending import NO_SPENDING, Amounts, Grouping, Spending, evolve, grouped, rows_of, total
from spending import RESERVED, SAVED, SETTLED

GROUPINGS: tuple[Grouping, ...] = ("run", "role", "model", "day", "project")

amounts = st.decimals(0, 3, places=4)
runs = st.sampled_from(["run-1", "run-2"])
days = st.sampled_from(["2026-11-26", "2026-11-27", "2026-12-01"])


@st.composite
def money(draw: st.DrawFn) -> list[Fact]:
    """Return facts as the governor records them: calls that are reserved once and settled at most once, and savings."""
    facts: list[Fact] = []
    open_calls: list[str] = []
    for number in range(draw(st.integers(0, 25))):
        kind = draw(st.sampled_from(["reserve", "settle", "save"]))
        if kind == "save":
            facts.append(SAVED.model_copy(update={"run_id": draw(runs), "saved_usd": draw(amounts)}))
        elif kind == "settle" and open_calls:
            chosen = open_calls.pop(draw(st.integers(0, len(open_calls) - 1)))
            flags = {"wasted": draw(st.booleans()), "retried": draw(st.booleans())}
            facts.append(BudgetSettled(reservation_id=chosen, cost_usd=draw(amounts), **flags))
        else:
            open_calls.append(str(number))
            facts.append(reserved(str(number), draw(runs), draw(days), draw(amounts)))
    return facts


def reserved(reservation_id: str, run_id: str, day: str, usd: Decimal) -> BudgetReserved:
    update = {"reservation_id": reservation_id, "run_id": run_id, "at": f"{day}T00:00:00.000000Z", "worst_usd": usd}
    return RESERVED.model_copy(update=update)


@given(money())
def test_spent_and_unsettled_are_what_the_ledger_charged(facts: list[Fact]) -> None:
    spending, ledger = reduce(evolve, facts, NO_SPENDING), reduce(budget.evolve, facts, budget.EMPTY)
    charges: dict[Grouping, dict[str, Decimal]] = {"run": ledger.runs, "day": ledger.days, "project": ledger.projects}
    for by, charged in charges.items():
        sums = grouped(rows_of(spending), by)
        assert {name: one.spent_usd + one.unsettled_usd for name, one in sums.items() if name in charged} == charged
    assert set(spending.open) == set(ledger.open)


@given(money())
def test_every_grouping_has_the_same_total_and_parts_are_within_it(facts: list[Fact]) -> None:
    rows = rows_of(reduce(evolve, facts, NO_SPENDING))
    whole = total(rows)
    for by in GROUPINGS:
        sums = grouped(rows, by).values()
        assert sum(one.spent_usd for one in sums) == whole.spent_usd
        assert sum(one.calls + one.open_calls for one in sums) == whole.calls + whole.open_calls
    assert 0 <= whole.wasted_usd <= whole.spent_usd
    assert 0 <= whole.retried_usd <= whole.spent_usd
    assert whole.calls == sum(isinstance(fact, BudgetSettled) for fact in facts)
    assert whole.cached == sum(isinstance(fact, CostSaved) for fact in facts)


@given(money(), st.integers(0, 25))
def test_a_snapshot_anywhere_changes_nothing(facts: list[Fact], cut: int) -> None:
    shape = TypeAdapter(Spending)
    snapshot = shape.validate_json(shape.dump_json(reduce(evolve, facts[:cut], NO_SPENDING)))
    assert reduce(evolve, facts[cut:], snapshot) == reduce(evolve, facts, NO_SPENDING)


def test_only_the_run_and_the_days_that_are_asked_for_count() -> None:
    facts = [RESERVED, SETTLED, reserved("c2", "run-2", "2026-11-27", Decimal(1))]
    spending = reduce(evolve, facts, NO_SPENDING)
    assert total(rows_of(spending, run_id="run-2")).unsettled_usd == 1
    assert total(rows_of(spending, since="2026-11-27")).spent_usd == 0
    assert total(rows_of(spending, since="2026-11-26")).spent_usd == SETTLED.cost_usd


def test_other_facts_change_nothing() -> None:
    assert evolve(NO_SPENDING, RunResumed()) == evolve(NO_SPENDING, SETTLED) == NO_SPENDING


def test_calls_are_summed_by_what_is_asked_for_the_dearest_first_and_days_in_their_order() -> None:
    facts: list[Fact] = [
        reserved("c1", "run-1", "2026-11-27", Decimal(2)),
        reserved("c2", "run-1", "2026-11-27", Decimal(2)),
        BudgetSettled(reservation_id="c1", cost_usd=Decimal("0.5"), wasted=True),
        BudgetSettled(reservation_id="c2", cost_usd=Decimal("0.25"), retried=True),
        reserved("c3", "run-2", "2026-11-29", Decimal(1)),
        *[SAVED.model_copy(update={"run_id": "run-3", "at": "2026-11-28T00:00:00Z", "saved_usd": Decimal(n)}) for n in (3, 4)],
        reserved("c4", "run-4", "2026-11-26", Decimal("0.75")),
    ]
    rows = rows_of(reduce(evolve, facts, NO_SPENDING))
    settled = Amounts(calls=2, spent_usd=Decimal("0.75"), wasted_usd=Decimal("0.5"), retried_usd=Decimal("0.25"))
    saved = Amounts(cached=2, saved_usd=Decimal(7))
    opened = Amounts(open_calls=1, unsettled_usd=Decimal(1)), Amounts(open_calls=1, unsettled_usd=Decimal("0.75"))
    assert list(grouped(rows, "run").items()) == [
        ("run-2", opened[0]),
        ("run-1", settled),
        ("run-4", opened[1]),
        ("run-3", saved),
    ]
    assert list(grouped(rows, "day").items()) == [
        ("2026-11-26", opened[1]),
        ("2026-11-27", settled),
        ("2026-11-28", saved),
        ("2026-11-29", opened[0]),
    ]
    assert total(rows) == Amounts(
        calls=2,
        open_calls=2,
        cached=2,
        spent_usd=Decimal("0.75"),
        unsettled_usd=Decimal("1.75"),
        wasted_usd=Decimal("0.5"),
        retried_usd=Decimal("0.25"),
        saved_usd=Decimal(7),
    )
    assert {(row.project, row.role, row.model) for row in rows} == {(RESERVED.project, RESERVED.role, RESERVED.model)}
