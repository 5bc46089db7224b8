"""The budget holds: through races, crashes, odd usage and the turn of a day."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import pytest

from codecompanion.clock import SystemClock
from codecompanion.domain.budget import Limits
from codecompanion.domain.envelope import verify_chain
from codecompanion.domain.errors import CommandRefused, OverBudget, PolicyRefused
from codecompanion.domain.streams import SPENDING
from codecompanion.ports import EventStore
from codecompanion.routing.cost_governor import CostGovernor, Reservation, period_of
from codecompanion.routing.stream_fold import SNAPSHOT_EVERY
from codecompanion.storage.memory import MemoryEventStore
from codecompanion.storage.sqlite import open_sqlite

pytestmark = pytest.mark.anyio

AT = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)
TEN = Limits(run_usd=Decimal(10))


def governor(store: EventStore, limits: Limits = TEN) -> CostGovernor:
    return CostGovernor(store, SystemClock(), limits, redact=dict)


async def reserve(money: CostGovernor, key: str, worst_usd: str | None = "1", **other: Any) -> Reservation:
    asked: dict[str, Any] = {"run_id": "run-1", "project": "/shop", "role": "coder", "model": "openai:x", "at": AT, **other}
    return await money.reserve(key=key, worst_usd=None if worst_usd is None else Decimal(worst_usd), **asked)


async def standing(money: CostGovernor, name: str, at: datetime = AT) -> tuple[Decimal, Decimal, Decimal | None]:
    """Return what is spent, reserved and left."""
    (found,) = [one for one in await money.standings(at, run_id="run-1", project="/shop") if one.name == name]
    return found.spent_usd, found.reserved_usd, found.left_usd


async def race(money: list[CostGovernor], calls: int) -> int:
    got: list[Reservation] = []
    refused: list[OverBudget] = []

    async def one(number: int) -> None:
        try:
            got.append(await reserve(money[number % len(money)], f"call-{number}"))
        except OverBudget as refusal:
            refused.append(refusal)

    async with anyio.create_task_group() as tasks:
        for number in range(calls):
            tasks.start_soon(one, number)
    assert len(refused) == calls - len(got)
    assert {refusal.exit_code for refusal in refused} == {4}
    return len(got)


async def test_32_tasks_that_race_for_ten_calls_get_ten(store: EventStore) -> None:
    money = governor(store)
    assert await race([money], 32) == 10
    assert await standing(money, "run") == (0, 10, 0)


async def test_f43_32_workers_with_governors_of_their_own_get_ten(store: EventStore) -> None:
    assert await race([governor(store) for _ in range(32)], 32) == 10


def raced_by_processes(path: Path, processes: int) -> list[str]:
    """Return what processes said that began at the same moment."""
    program = str(Path(__file__).with_name("reserving_process.py"))
    racers = [
        subprocess.Popen(
            [sys.executable, program, str(path), str(name), "4", "10"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name in range(processes)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("\n")
        racer.stdin.flush()
    return [line for racer in racers for line in racer.communicate(timeout=100)[0].splitlines()]


async def test_f43_eight_processes_that_race_for_ten_calls_get_ten_and_the_ledger_verifies(path: Path) -> None:
    said = raced_by_processes(path, 8)
    assert (said.count("got"), said.count("refused")) == (10, 22)
    async with open_sqlite(path) as (store, _):
        assert await standing(governor(store), "run") == (10, 0, 0)
        assert verify_chain(SPENDING, await store.read(SPENDING)) == 20


async def test_a_key_that_was_seen_gives_the_same_reservation_to_any_process(store: EventStore) -> None:
    first = await reserve(governor(store), "call")
    again = await reserve(governor(store), "call")
    assert (again.reservation_id, first.is_new, again.is_new) == (first.reservation_id, True, False)
    other = await reserve(governor(store), "call", run_id="run-2")
    assert other.is_new


async def test_a_call_that_nobody_settles_stays_charged_at_its_worst(store: EventStore) -> None:
    await reserve(governor(store), "killed", "6")
    restarted = governor(store)
    assert await standing(restarted, "run") == (0, 6, 4)
    with pytest.raises(OverBudget):
        await reserve(restarted, "next", "5")


async def test_settling_gives_back_what_was_not_needed_and_is_done_once(store: EventStore) -> None:
    money = governor(store)
    call = await reserve(money, "call", "9")
    await money.settle(call.reservation_id, cost_usd=Decimal("0.5"))
    await governor(store).settle(call.reservation_id, cost_usd=Decimal(3))
    assert await standing(money, "run") == (Decimal("0.5"), 0, Decimal("9.5"))


@pytest.mark.parametrize("cost", [None, "-1", "NaN", "Infinity", "-Infinity", "1e12"])
async def test_a_cost_that_is_unknown_or_cannot_be_is_the_worst(store: EventStore, cost: str | None) -> None:
    money = governor(store)
    call = await reserve(money, "call", "2")
    await money.settle(call.reservation_id, cost_usd=None if cost is None else Decimal(cost))
    assert await standing(money, "run") == (2, 0, 8)


async def test_a_call_that_cost_more_than_its_worst_is_charged_in_full(store: EventStore) -> None:
    money = governor(store)
    call = await reserve(money, "call", "10")
    await money.settle(call.reservation_id, cost_usd=Decimal(11))
    assert await standing(money, "run") == (11, 0, 0)
    with pytest.raises(OverBudget):
        await reserve(money, "next", "0.01")
    assert (await reserve(money, "free", "0")).is_new


async def test_what_was_never_reserved_cannot_be_settled(store: EventStore) -> None:
    with pytest.raises(CommandRefused, match="no open reservation 'x'"):
        await governor(store).settle("x", cost_usd=Decimal(1))


async def test_a_refusal_says_which_limit_how_it_stands_and_what_to_do(store: EventStore) -> None:
    money = governor(store)
    call = await reserve(money, "spent", "3")
    await money.settle(call.reservation_id, cost_usd=Decimal("2.5"))
    await reserve(money, "open", "4")
    with pytest.raises(OverBudget) as refusal:
        await reserve(money, "too much", "3.75")
    error = refusal.value
    assert (error.limit, error.code) == ("run", "CC-4100")
    assert error.what == "the limit of $10 per run does not leave enough for a call of openai:x"
    assert error.cause == "$2.5 are spent, $4 are reserved for calls that are not settled, and this one may cost $3.75"
    assert error.fix == "resume the run with more: --max-budget-usd"


async def test_the_same_run_goes_on_under_a_higher_limit(store: EventStore) -> None:
    await reserve(governor(store), "a", "10")
    higher = governor(store, Limits(run_usd=Decimal(12)))
    assert (await reserve(higher, "b", "2")).is_new


@pytest.mark.parametrize(
    ("limits", "inside", "outside"),
    [
        pytest.param(Limits(run_usd=Decimal(1)), {"run_id": "run-1"}, {"run_id": "run-2"}, id="run"),
        pytest.param(Limits(project_usd=Decimal(1)), {"run_id": "run-2"}, {"project": "/other"}, id="project"),
        pytest.param(Limits(day_usd=Decimal(1)), {"project": "/other"}, {"at": AT + timedelta(minutes=31)}, id="day"),
        pytest.param(Limits(week_usd=Decimal(1)), {"at": AT + timedelta(days=3)}, {"at": AT + timedelta(days=4)}, id="week"),
        pytest.param(Limits(month_usd=Decimal(1)), {"at": AT + timedelta(days=4)}, {"at": AT + timedelta(days=5)}, id="month"),
    ],
)
async def test_each_limit_counts_what_it_names(
    store: EventStore, limits: Limits, inside: dict[str, Any], outside: dict[str, Any]
) -> None:
    money = governor(store, limits)
    await reserve(money, "first", "0.75")
    with pytest.raises(OverBudget) as refusal:
        await reserve(money, "second", "0.5", **{"run_id": "run-1", **inside})
    assert f"{refusal.value.limit}_usd" in {
        name for name in ("run_usd", "project_usd", "day_usd", "week_usd", "month_usd") if getattr(limits, name)
    }
    assert (await reserve(money, "third", "0.5", **outside)).is_new


async def test_a_call_is_charged_to_the_day_it_was_reserved_on(store: EventStore) -> None:
    money = governor(store, Limits(day_usd=Decimal(5)))
    call = await reserve(money, "call", "5")
    tomorrow = AT + timedelta(hours=1)
    await money.settle(call.reservation_id, cost_usd=Decimal(4))
    assert await standing(money, "day") == (4, 0, 1)
    assert await standing(money, "day", tomorrow) == (0, 0, 5)


def test_periods_are_those_of_the_calendar_in_utc() -> None:
    cest = datetime.fromisoformat("2027-01-01T01:00:00+02:00")
    period = period_of(cest)
    assert period.day == "2026-12-31"
    assert period.week == ("2026-12-28", "2027-01-03")
    assert period.month == ("2026-12-01", "2026-12-31")


async def test_an_unknown_price_is_refused_when_strict_and_else_counted_at_the_fallback(store: EventStore) -> None:
    with pytest.raises(PolicyRefused, match="the price of openai:x is unknown") as refusal:
        await reserve(governor(store, Limits(strict=True)), "a", None, fallback_usd=Decimal(3))
    assert "strict_prices = false" in refusal.value.fix
    with pytest.raises(PolicyRefused):
        await reserve(governor(store), "a", None)
    call = await reserve(governor(store), "a", None, fallback_usd=Decimal(3))
    assert call.worst_usd == 3
    assert await store.read(SPENDING, after_version=1) == []
    (event,) = await store.read(SPENDING)
    assert event.data["price_known"] is False


async def test_money_is_text_in_the_log_and_never_a_binary_fraction(store: EventStore) -> None:
    money = governor(store)
    call = await reserve(money, "call", "0.1")
    await money.settle(call.reservation_id, cost_usd=Decimal("0.0300000000000000044"))
    reserved, settled = await store.read(SPENDING)
    assert (reserved.data["worst_usd"], settled.data["cost_usd"]) == ("0.1", "0.0300000001")


async def test_secrets_do_not_reach_the_ledger(store: EventStore) -> None:
    money = CostGovernor(
        store, SystemClock(), TEN, redact=lambda data: {**data, "purpose": data["purpose"].replace("s3cret", "***")}
    )
    await reserve(money, "call", purpose="use s3cret")
    assert (await store.read(SPENDING))[0].data["purpose"] == "use ***"


async def test_a_new_process_reads_the_tail_of_a_long_ledger_only() -> None:
    store = CountingStore()
    money = governor(store, Limits())
    for number in range(SNAPSHOT_EVERY + 10):
        await reserve(money, f"call-{number}", "0.01")
    store.events_read = 0
    assert await standing(governor(store), "run") == (0, Decimal("5.1"), Decimal("4.9"))
    assert store.events_read < 20


class CountingStore(MemoryEventStore):
    """A store that counts what is read from it."""

    events_read = 0

    async def read(self, stream_id: str, *, after_version: int = 0, up_to_version: int | None = None) -> Any:
        events = await super().read(stream_id, after_version=after_version, up_to_version=up_to_version)
        self.events_read += len(events)
        return events
