"""The CostGovernor: no call of a model is sent before its worst cost is set aside, in one ledger for all processes."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any, TypeVar

import anyio
from pydantic import TypeAdapter

from codecompanion.domain.budget import (
    EMPTY,
    Command,
    Ledger,
    Limits,
    Period,
    Reserve,
    Settle,
    Standing,
    decide,
    fold,
    standings,
)
from codecompanion.domain.envelope import Draft, Event
from codecompanion.domain.errors import CommandRefused, PolicyRefused, VersionConflict
from codecompanion.domain.events import BudgetReserved, CostSaved, Fact, decode, encode
from codecompanion.domain.spending import NO_SPENDING, Spending
from codecompanion.domain.spending import fold as fold_spending
from codecompanion.domain.streams import SPENDING
from codecompanion.ports import Clock, EventStore
from codecompanion.routing.stream_fold import StreamFold

Redact = Callable[[dict[str, Any]], dict[str, Any]]

T = TypeVar("T")

_LEDGER: TypeAdapter[Ledger] = TypeAdapter(Ledger)
_SPENDING: TypeAdapter[Spending] = TypeAdapter(Spending)

MOST_USD = Decimal(1_000_000)
"""No call costs more; an amount above it is a mistake."""
EXACT_TO = Decimal("1e-10")
"""Amounts are rounded up to this part of a dollar; a token costs some thousand times as much."""
MAX_CONFLICTS = 400
"""About 50 s of waiting. Of 32 processes that reserve without a pause on two cores, none waits for more than 4 s."""
FIRST_WAIT_S = 0.002
LONGEST_WAIT_S = 0.25


@dataclass(frozen=True, slots=True)
class Reservation:
    """Money that is set aside for one call, in US dollars. `is_new` is False when the key had been reserved before."""

    reservation_id: str
    worst_usd: Decimal
    is_new: bool


class CostGovernor:
    """Holds the budget: what is spent and what is reserved together never pass a limit, however many processes ask.

    Args:
        store: Where the ledger is, as a stream of its own.
        clock: Gives the ids and times of the facts.
        limits: What may be spent.
        redact: Masks the secrets in the data of every fact before it is recorded.
        draw: Random numbers from [0, 1), which spread the writers that met.
        sleep: Waits for seconds.
    """

    def __init__(
        self,
        store: EventStore,
        clock: Clock,
        limits: Limits,
        *,
        redact: Redact,
        draw: Callable[[], float] = random.random,
        sleep: Callable[[float], Awaitable[object]] = anyio.sleep,
    ) -> None:
        self._store = store
        self._clock = clock
        self._limits = limits
        self._redact = redact
        self._draw = draw
        self._sleep = sleep
        self._ledger: StreamFold[Ledger] = StreamFold(store, SPENDING, _LEDGER, EMPTY, fold)
        self._turn = anyio.Lock()

    async def reserve(
        self,
        *,
        key: str,
        run_id: str,
        project: str,
        role: str,
        model: str,
        worst_usd: Decimal | None,
        at: datetime,
        purpose: str = "",
        fallback_usd: Decimal | None = None,
    ) -> Reservation:
        """Set the worst cost of a call aside, durably, before it is sent. What is returned has to be settled.

        A key that this run has used before gives the same reservation back.

        Args:
            key: Names the call within its run.
            run_id: The run that pays.
            project: The absolute root of its repository.
            role: Who asks.
            model: Who will answer, as provider:model.
            worst_usd: The most the call may cost; None when the price is unknown.
            at: The time, with a zone.
            purpose: What the call is for, for people.
            fallback_usd: What is reserved instead of an unknown worst unless the limits are strict: the cost at the
                dearest known price, say.

        Raises:
            OverBudget: A limit does not leave that much; nothing was reserved.
            PolicyRefused: The price is unknown, and the limits are strict or there is no fallback.
            VersionConflict: Other writers were faster many times in a row.
        """
        known = _amount(worst_usd)
        call = BudgetReserved(
            reservation_id=self._clock.new_id(),
            run_id=run_id,
            project=project,
            role=role,
            model=model,
            purpose=purpose,
            worst_usd=self._fallback(model, fallback_usd) if known is None else known,
            price_known=known is not None,
            at=_timestamp(at),
        )
        command = Reserve(call, self._limits, period_of(at))
        (event,) = await self._handle(command, f"reserve:{run_id}:{key}", run_id)
        first = decode(event)
        assert isinstance(first, BudgetReserved)
        return Reservation(first.reservation_id, first.worst_usd, first.reservation_id == call.reservation_id)

    async def settle(
        self, reservation_id: str, *, cost_usd: Decimal | None, wasted: bool = False, retried: bool = False
    ) -> None:
        """Replace the worst of a call by what it cost. Doing it again changes nothing.

        Args:
            reservation_id: Of the call.
            cost_usd: What it cost; the worst is charged when it is None, or what no call can cost (negative, endless).
            wasted: Whether the answer is thrown away.
            retried: Whether the call repeated one that had failed.

        Raises:
            CommandRefused: There is no such reservation.
            VersionConflict: Other writers were faster many times in a row.
        """
        command = Settle(reservation_id, _amount(cost_usd), wasted=wasted, retried=retried)
        key = f"settle:{reservation_id}"
        if not await self._handle(command, key, ""):
            raise CommandRefused(f"there is no open reservation {reservation_id!r}")

    async def save(
        self, *, key: str, run_id: str, project: str, role: str, model: str, saved_usd: Decimal | None, at: datetime
    ) -> None:
        """Record once per key that an answer came from the cache; `saved_usd` is what it would have cost, None is unknown."""
        saved = CostSaved(
            run_id=run_id,
            project=project,
            role=role,
            model=model,
            saved_usd=_amount(saved_usd) or Decimal(0),
            at=_timestamp(at),
        )
        await self._record(lambda _: [saved], f"save:{run_id}:{key}", run_id)

    async def note(self, fact: Fact, key: str, run_id: str) -> Event | None:
        """Record a fact about money that needs no decision, once per key; return its event, None when it is not new."""
        if await self._store.find(SPENDING, key):
            return None
        (event,) = await self._record(lambda _: [fact], key, run_id)
        return event

    async def standings(self, at: datetime, *, run_id: str | None = None, project: str | None = None) -> list[Standing]:
        """Return how every limit stands; those of a run and of a project only when one is named."""
        ledger = (await self._ledger.load()).state
        return standings(ledger, self._limits, period_of(at), run_id=run_id, project=project)

    async def spent(self) -> Spending:
        """Return what all calls cost, by day, run, project, role and model, and those that are not settled."""
        spending = StreamFold(self._store, SPENDING, _SPENDING, NO_SPENDING, fold_spending)
        return (await spending.load()).state

    def _fallback(self, model: str, fallback_usd: Decimal | None) -> Decimal:
        usd = None if self._limits.strict else _amount(fallback_usd)
        if usd is not None:
            return usd
        raise PolicyRefused(
            f"the price of {model} is unknown, so that no budget could be held",
            fix="name a model whose price is known (codecompanion models list), or set strict_prices = false to"
            " count it at the dearest known price",
        )

    async def _handle(self, command: Command, key: str, run_id: str) -> list[Event]:
        return await self._record(lambda ledger: decide(ledger, command), key, run_id)

    async def _record(self, conclude: Callable[[Ledger], list[Fact]], key: str, run_id: str) -> list[Event]:
        # One call of this process at a time: its own tasks need not conflict with each other.
        async with self._turn:
            for conflicts in range(MAX_CONFLICTS):
                try:
                    return await self._append(conclude, key, run_id)
                except VersionConflict:
                    if conflicts + 1 == MAX_CONFLICTS:
                        raise
                    await self._sleep(self._wait_s(conflicts))
        raise AssertionError("the loop returns or raises")

    async def _append(self, conclude: Callable[[Ledger], list[Fact]], key: str, run_id: str) -> list[Event]:
        if earlier := await self._store.find(SPENDING, key):
            return earlier
        ledger = await self._ledger.load()
        drafts = [self._draft(fact, run_id) for fact in conclude(ledger.state)]
        if not drafts:
            return []
        return await self._store.append(SPENDING, drafts, expected_version=ledger.version, idempotency_key=key)

    def _wait_s(self, conflicts: int) -> float:
        return min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(conflicts, 10)) * self._draw()

    def _draft(self, fact: Fact, run_id: str) -> Draft:
        return Draft(
            event_id=self._clock.new_id(),
            type=type(fact).__name__,
            schema_version=fact.schema_version,
            recorded_at=_timestamp(self._clock.now()),
            data=self._redact(encode(fact)),
            actor="governor",
            correlation_id=run_id,
        )


def period_of(at: datetime) -> Period:
    """Return the UTC day of a moment, and its ISO week and calendar month."""
    day = at.astimezone(UTC).date()
    monday = day - timedelta(days=day.weekday())
    month = f"{day:%Y-%m}"
    return Period(
        day.isoformat(), (monday.isoformat(), (monday + timedelta(days=6)).isoformat()), (f"{month}-01", f"{month}-31")
    )


def _timestamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _amount(usd: Decimal | None) -> Decimal | None:
    """Return an amount rounded up, None when it is unknown or cannot be one."""
    if usd is None or not usd.is_finite() or not 0 <= usd <= MOST_USD:
        return None
    return min(MOST_USD, usd.quantize(EXACT_TO, rounding=ROUND_CEILING).normalize() + Decimal(0))
