"""The rules of the ledger, for every order in which calls may be reserved and settled."""

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from codecompanion.domain import budget
from codecompanion.domain.budget import (
    EMPTY,
    Command,
    Ledger,
    Limits,
    OpenCall,
    Period,
    Reserve,
    Settle,
    Standing,
    decide,
    evolve,
    plain,
    standings,
)
from codecompanion.domain.errors import OverBudget
from codecompanion.domain.events import BudgetSettled, Fact, RunResumed
from spending import RESERVED, SETTLED

DAYS = ("2026-11-26", "2026-11-30", "2026-12-01")
PERIODS = {
    "2026-11-26": Period("2026-11-26", ("2026-11-23", "2026-11-29"), ("2026-11-01", "2026-11-31")),
    "2026-11-30": Period("2026-11-30", ("2026-11-30", "2026-12-06"), ("2026-11-01", "2026-11-31")),
    "2026-12-01": Period("2026-12-01", ("2026-11-30", "2026-12-06"), ("2026-12-01", "2026-12-31")),
}
LIMITS = Limits(Decimal(3), Decimal(4), Decimal(5), Decimal(6), Decimal(7))

amounts = st.decimals(0, 3, places=2)


@dataclass(frozen=True)
class Step:
    """A call that is reserved, or one that is settled; small numbers, so that they meet."""

    call: int
    settles: bool
    usd: Decimal | None
    run: int
    day: str


steps = st.lists(
    st.builds(Step, st.integers(0, 7), st.booleans(), st.none() | amounts, st.integers(1, 2), st.sampled_from(DAYS)),
    max_size=40,
)


def command_of(step: Step, number: int, *, above_worst: bool) -> Command:
    if step.settles:
        usd = step.usd if above_worst or step.usd is None else min(step.usd, Decimal("0.5"))
        return Settle(str(step.call), usd)
    call = RESERVED.model_copy(
        update={
            "reservation_id": str(number),
            "run_id": f"run-{step.run}",
            "project": f"/{step.run % 2}",
            "at": f"{step.day}T12:00:00.000000Z",
            "worst_usd": Decimal("0.5") + (step.usd or 0),
        }
    )
    return Reserve(call, LIMITS, PERIODS[step.day])


def play(asked: list[Step], *, above_worst: bool) -> list[Fact]:
    """Return the facts; after each, no limit is passed by more than calls cost above what was said to be their worst."""
    facts: list[Fact] = []
    ledger, excess = EMPTY, Decimal(0)
    for number, step in enumerate(asked):
        try:
            new = decide(ledger, command_of(step, number, above_worst=above_worst))
        except OverBudget:
            continue
        excess += sum(max(Decimal(0), one.cost_usd - ledger.open[one.reservation_id].worst_usd) for one in settled(new))
        facts += new
        ledger = reduce(evolve, new, ledger)
        check(ledger, excess)
    assert above_worst or excess == 0
    return facts


def settled(facts: list[Fact]) -> list[BudgetSettled]:
    return [fact for fact in facts if isinstance(fact, BudgetSettled)]


def check(ledger: Ledger, excess: Decimal) -> None:
    for run in (1, 2):
        for period in PERIODS.values():
            for one in standings(ledger, LIMITS, period, run_id=f"run-{run}", project=f"/{run % 2}"):
                assert one.spent_usd >= 0
                assert one.reserved_usd >= 0
                assert one.limit_usd is not None
                assert one.spent_usd + one.reserved_usd <= one.limit_usd + excess


@given(steps)
def test_no_order_of_calls_passes_a_limit_or_makes_money(asked: list[Step]) -> None:
    play(asked, above_worst=False)


@given(steps)
def test_a_limit_is_passed_by_no_more_than_calls_cost_above_their_worst(asked: list[Step]) -> None:
    play(asked, above_worst=True)


@given(steps, st.integers(0, 40))
def test_a_snapshot_anywhere_changes_nothing(asked: list[Step], cut: int) -> None:
    facts = play(asked, above_worst=True)
    shape = TypeAdapter(Ledger)
    snapshot = shape.validate_json(shape.dump_json(reduce(evolve, facts[:cut], EMPTY)))
    assert reduce(evolve, facts[cut:], snapshot) == reduce(evolve, facts, EMPTY)


@given(steps)
def test_every_fact_twice_is_every_fact_once(asked: list[Step]) -> None:
    facts = play(asked, above_worst=True)
    twice = [fact for fact in facts for _ in range(2)]
    assert reduce(evolve, twice, EMPTY) == reduce(evolve, facts, EMPTY)


def test_settling_what_is_not_open_gives_no_fact_and_foreign_facts_change_nothing() -> None:
    assert decide(EMPTY, Settle("c1", Decimal(1))) == []
    assert evolve(EMPTY, SETTLED) == evolve(EMPTY, RunResumed()) == EMPTY


def test_a_settled_call_is_charged_to_its_run_its_project_and_its_day() -> None:
    ledger = reduce(evolve, [RESERVED, SETTLED], EMPTY)
    cost = SETTLED.cost_usd
    assert ledger == Ledger(runs={RESERVED.run_id: cost}, projects={RESERVED.project: cost}, days={"2026-11-26": cost})


def test_only_the_newest_runs_are_remembered() -> None:
    ledger = Ledger(runs={f"run-{n}": Decimal(1) for n in range(budget.MOST_KEPT)})
    after = evolve(ledger, RESERVED)
    assert len(after.runs) == budget.MOST_KEPT
    assert "run-0" not in after.runs
    assert after.runs[RESERVED.run_id] == RESERVED.worst_usd
    room_for_one = Ledger(runs={f"run-{n}": Decimal(1) for n in range(1, budget.MOST_KEPT)})
    assert "run-1" in evolve(room_for_one, RESERVED).runs


@pytest.mark.parametrize(("cost", "settled_at", "known"), [("0.0123", "0.0123", True), (None, "0.25", False), ("0", "0", True)])
@pytest.mark.parametrize(("wasted", "retried"), [(True, False), (False, True)])
def test_a_call_is_settled_at_what_it_cost_and_at_its_worst_when_nobody_knows(
    cost: str | None, settled_at: str, *, known: bool, wasted: bool, retried: bool
) -> None:
    asked = Settle("c1", None if cost is None else Decimal(cost), wasted=wasted, retried=retried)
    assert decide(evolve(EMPTY, RESERVED), asked) == [
        BudgetSettled(reservation_id="c1", cost_usd=Decimal(settled_at), cost_known=known, wasted=wasted, retried=retried)
    ]


def spent(run: str, project: str, day: str, usd: int) -> OpenCall:
    return OpenCall(run_id=run, project=project, day=day, worst_usd=Decimal(usd))


NOW = PERIODS["2026-11-30"]
LEDGER = Ledger(
    runs={"mine": Decimal(11), "other": Decimal(1000)},
    projects={"/mine": Decimal(23), "/other": Decimal(1000)},
    days={
        "2026-10-31": Decimal(1000),
        "2026-11-01": Decimal(100),
        "2026-11-29": Decimal(40),
        "2026-11-30": Decimal(15),
        "2026-12-06": Decimal(5),
        "2026-12-07": Decimal(1000),
    },
    open={
        "a": spent("mine", "/mine", "2026-11-30", 2),
        "b": spent("other", "/mine", "2026-11-30", 4),
        "c": spent("other", "/other", "2026-12-06", 1),
        "d": spent("other", "/other", "2026-11-01", 8),
    },
)


def test_each_limit_counts_what_falls_under_it_and_nothing_else() -> None:
    stands = standings(LEDGER, LIMITS, NOW, run_id="mine", project="/mine")
    assert stands == [
        Standing("run", Decimal(3), Decimal(9), Decimal(2)),
        Standing("day", Decimal(4), Decimal(9), Decimal(6)),
        Standing("week", Decimal(5), Decimal(13), Decimal(7)),
        Standing("month", Decimal(6), Decimal(141), Decimal(14)),
        Standing("project", Decimal(7), Decimal(17), Decimal(6)),
    ]
    assert standings(LEDGER, LIMITS, NOW, run_id=None, project=None) == stands[1:4]
    unknown = standings(LEDGER, Limits(), NOW, run_id="new", project="/new")
    assert [(unknown[at].spent_usd, unknown[at].reserved_usd, unknown[at].left_usd) for at in (0, 4)] == [(0, 0, None)] * 2


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("run", "resume the run with more: --max-budget-usd"),
        ("day", "raise the setting budget_day_usd, or wait until tomorrow (UTC), and resume the run"),
        ("week", "raise the setting budget_week_usd, or wait until Monday (UTC), and resume the run"),
        ("month", "raise the setting budget_month_usd, or wait until next month (UTC), and resume the run"),
        ("project", "raise the setting budget_project_usd and resume the run"),
    ],
)
def test_a_call_may_use_a_limit_up_and_not_a_cent_more(name: str, fix: str) -> None:
    ledger = reduce(evolve, [RESERVED, SETTLED, RESERVED.model_copy(update={"reservation_id": "c2"})], EMPTY)
    period = PERIODS["2026-11-26"]
    enough = replace(Limits(), **{f"{name}_usd": Decimal("0.5123")})
    asked = RESERVED.model_copy(update={"reservation_id": "c3"})
    assert decide(ledger, Reserve(asked, enough, period)) == [asked]
    with pytest.raises(OverBudget) as refused:
        decide(ledger, Reserve(asked, replace(Limits(), **{f"{name}_usd": Decimal("0.5023")}), period))
    error = refused.value
    assert error.limit == name
    assert error.what == f"the limit of $0.5023 per {name} does not leave enough for a call of openai:gpt-6.1-sol"
    assert error.cause == ("$0.0123 are spent, $0.25 are reserved for calls that are not settled, and this one may cost $0.25")
    assert error.fix == fix
    with pytest.raises(OverBudget) as refused:
        decide(EMPTY, Reserve(asked, replace(Limits(), **{f"{name}_usd": Decimal("0.24")}), period))
    assert refused.value.cause.startswith("$0 are spent, $0 are reserved for calls")


def test_a_limit_that_is_passed_already_leaves_nothing() -> None:
    assert Standing("day", Decimal(1), Decimal(2), Decimal(3)).left_usd == 0
    assert Standing("day", Decimal(9), Decimal(2), Decimal(3)).left_usd == 4


@pytest.mark.parametrize(
    ("usd", "text"), [("1.50", "1.5"), ("100", "100"), ("0.000", "0"), ("1E-6", "0.000001"), ("2E3", "2000")]
)
def test_an_amount_has_every_digit_that_counts_and_no_exponent(usd: str, text: str) -> None:
    assert plain(Decimal(usd)) == text
