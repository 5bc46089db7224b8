"""A limit that is nearly used is told once, and never in the way of a call."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from codecompanion.clock import SystemClock
from codecompanion.domain.budget import Limits, Standing
from codecompanion.domain.degrading import Degradation, degradation
from codecompanion.domain.envelope import Event
from codecompanion.domain.errors import OverBudget
from codecompanion.domain.events import BudgetAlerted, decode
from codecompanion.domain.streams import SPENDING
from codecompanion.ports import EventStore
from codecompanion.routing.budget_alerts import AlertingGovernor, Tell

pytestmark = pytest.mark.anyio

AT = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)
LIMITS = Limits(run_usd=Decimal(10), day_usd=Decimal(100))


def governor(store: EventStore, tell: Tell, limits: Limits = LIMITS) -> AlertingGovernor:
    return AlertingGovernor(store, SystemClock(), limits, redact=dict, tell=tell)


async def spend(money: AlertingGovernor, key: str, usd: str) -> None:
    call: dict[str, Any] = {"run_id": "run-1", "project": "/home/user/shop", "role": "coder", "model": "openai:x", "at": AT}
    reserved = await money.reserve(key=key, worst_usd=Decimal(usd), **call)
    await money.settle(reserved.reservation_id, cost_usd=Decimal(usd))


class Told:
    """Remembers the alerts that it hears of."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, int]] = []

    async def __call__(self, event: Event) -> None:
        fact = decode(event)
        assert isinstance(fact, BudgetAlerted)
        assert event.position > 0
        self.heard.append((fact.limit, fact.percent))


async def alerts(store: EventStore) -> list[tuple[str, int]]:
    facts = [decode(event) for event in await store.read(SPENDING)]
    return [(fact.limit, fact.percent) for fact in facts if isinstance(fact, BudgetAlerted)]


async def test_each_threshold_is_told_once_however_many_processes_spend(store: EventStore) -> None:
    told = Told()
    await spend(governor(store, told), "1", "7")
    assert told.heard == []
    await spend(governor(store, told), "2", "1")
    await spend(governor(store, told), "3", "1")
    assert told.heard == [("run", 80)]
    await spend(governor(store, told), "4", "1")
    assert await alerts(store) == [("run", 80), ("run", 100)]


async def test_a_call_that_is_refused_is_told_as_the_end_of_its_limit(store: EventStore) -> None:
    told = Told()
    with pytest.raises(OverBudget):
        await spend(governor(store, told), "1", "11")
    assert told.heard == [("run", 80), ("run", 100)]


async def test_an_alert_that_fails_takes_no_call_away(store: EventStore) -> None:
    async def broken(_alert: Event) -> None:
        raise RuntimeError("no")

    await spend(governor(store, broken), "1", "9")
    assert await alerts(store) == [("run", 80)]


@pytest.mark.parametrize(
    ("spent", "reserved", "asked"),
    [
        ("7", "0.9", Degradation.NONE),
        ("7", "1", Degradation.PREFER_CHEAPER),
        ("9.99", "0", Degradation.PREFER_CHEAPER),
        ("9", "1", Degradation.STOP),
    ],
)
def test_a_low_budget_asks_for_cheaper_models_and_then_for_none(spent: str, reserved: str, asked: Degradation) -> None:
    standings = [
        Standing("day", None, Decimal(1000), Decimal(0)),
        Standing("run", Decimal(10), Decimal(spent), Decimal(reserved)),
        Standing("month", Decimal(100), Decimal(spent), Decimal(reserved)),
    ]
    found = degradation(standings)
    assert (found.degradation, found.limit) == (asked, "run")


def test_without_limits_nothing_is_asked_for_and_a_limit_of_nothing_is_used_up() -> None:
    assert degradation([Standing("day", None, Decimal(9), Decimal(0))]).degradation is Degradation.NONE
    assert degradation([Standing("day", Decimal(0), Decimal(0), Decimal(0))]).degradation is Degradation.STOP
