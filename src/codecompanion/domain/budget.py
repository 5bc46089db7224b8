"""The ledger of spending: what was set aside and what was spent, and the rule that no call may pass a limit.

A call is charged at its worst from the moment it is reserved. Settling it replaces the worst by what it cost; a call that is
never settled, because its process was killed, stays charged at its worst.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar, assert_never

from pydantic import Field

from codecompanion.domain.errors import OverBudget
from codecompanion.domain.events import BudgetReserved, BudgetSettled, Fact
from codecompanion.domain.project import Value

T = TypeVar("T")

NOTHING = Decimal(0)
MOST_KEPT = 10_000
"""So many runs, projects, days and open calls are remembered, those that were not charged for longest are forgotten."""


class OpenCall(Value):
    """A call that is reserved and not settled."""

    run_id: str
    project: str
    day: str
    worst_usd: Decimal


class Ledger(Value):
    """What was charged, in US dollars, by run, by project and by UTC day ("2026-11-26"); and the calls that are open."""

    runs: dict[str, Decimal] = Field(default_factory=dict)
    projects: dict[str, Decimal] = Field(default_factory=dict)
    days: dict[str, Decimal] = Field(default_factory=dict)
    open: dict[str, OpenCall] = Field(default_factory=dict)


EMPTY = Ledger()


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be spent, in US dollars; None is no limit.

    A day, a month and a week (from Monday, ISO 8601) are those of the calendar in UTC; a run and a project are counted from
    their beginning. `strict` refuses models whose price is unknown.
    """

    run_usd: Decimal | None = None
    day_usd: Decimal | None = None
    week_usd: Decimal | None = None
    month_usd: Decimal | None = None
    project_usd: Decimal | None = None
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Period:
    """The moment of a question: its day, and the first and last day of its week and month, like "2026-11-26"."""

    day: str
    week: tuple[str, str]
    month: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Standing:
    """How one limit stands, in US dollars. `name` is "run", "project", "day", "week" or "month"; `limit_usd` None is no limit.

    `reserved_usd` is the worst of the calls that are not settled, `spent_usd` what the others cost.
    """

    name: str
    limit_usd: Decimal | None
    spent_usd: Decimal
    reserved_usd: Decimal

    @property
    def left_usd(self) -> Decimal | None:
        """What may still be reserved, None without a limit."""
        return None if self.limit_usd is None else max(NOTHING, self.limit_usd - self.spent_usd - self.reserved_usd)


@dataclass(frozen=True, slots=True)
class Reserve:
    """Set the worst cost of a call aside, if every limit leaves that much."""

    call: BudgetReserved
    limits: Limits
    period: Period


@dataclass(frozen=True, slots=True)
class Settle:
    """Replace the worst of a call by what it cost, in US dollars; None is unknown."""

    reservation_id: str
    cost_usd: Decimal | None
    wasted: bool = False
    retried: bool = False


Command = Reserve | Settle


def decide(ledger: Ledger, command: Command) -> list[Fact]:
    """Return the facts that follow from a command; none for settling a call that is not open.

    Raises:
        OverBudget: The call could cost more than a limit leaves.
    """
    match command:
        case Reserve(call, limits, period):
            for standing in standings(ledger, limits, period, run_id=call.run_id, project=call.project):
                _refuse_above(standing, call)
            return [call]
        case Settle(reservation_id, cost_usd, wasted, retried):
            call = ledger.open.get(reservation_id)
            if call is None:
                return []
            known = cost_usd is not None
            cost = call.worst_usd if cost_usd is None else cost_usd
            settled = BudgetSettled(
                reservation_id=reservation_id, cost_usd=cost, cost_known=known, wasted=wasted, retried=retried
            )
            return [settled]
        case _:
            assert_never(command)


def evolve(ledger: Ledger, fact: Fact) -> Ledger:
    """Return the ledger after a fact. It never refuses; a fact that means nothing here changes nothing."""
    return fold(ledger, (fact,))


def fold(ledger: Ledger, facts: Iterable[Fact]) -> Ledger:
    """Return the ledger after facts; the same as `evolve` for each, without a copy of the ledger for each."""
    book = _Book(dict(ledger.runs), dict(ledger.projects), dict(ledger.days), dict(ledger.open))
    for fact in facts:
        book.enter(fact)
    return Ledger(runs=book.runs, projects=book.projects, days=book.days, open=book.open)


@dataclass(frozen=True, slots=True)
class _Book:
    """A ledger that is being written."""

    runs: dict[str, Decimal]
    projects: dict[str, Decimal]
    days: dict[str, Decimal]
    open: dict[str, OpenCall]

    def enter(self, fact: Fact) -> None:
        match fact:
            case BudgetReserved() if fact.reservation_id not in self.open:
                call = OpenCall(run_id=fact.run_id, project=fact.project, day=fact.at[:10], worst_usd=fact.worst_usd)
                _keep(self.open, fact.reservation_id, call)
                self._charge(call, fact.worst_usd)
            case BudgetSettled(reservation_id=reservation_id) if reservation_id in self.open:
                call = self.open.pop(reservation_id)
                self._charge(call, fact.cost_usd - call.worst_usd)
            case _:
                pass

    def _charge(self, call: OpenCall, usd: Decimal) -> None:
        for totals, name in ((self.runs, call.run_id), (self.projects, call.project), (self.days, call.day)):
            _keep(totals, name, totals.pop(name, NOTHING) + usd)


def _keep(kept: dict[str, T], name: str, value: T) -> None:
    """Put a value last, and forget the first when there are too many."""
    kept[name] = value
    if len(kept) > MOST_KEPT:
        del kept[next(iter(kept))]


def standings(ledger: Ledger, limits: Limits, period: Period, *, run_id: str | None, project: str | None) -> list[Standing]:
    """Return how the limits stand, the narrowest first; those of a run or a project only when one is named."""
    calls = list(ledger.open.values())
    found: list[Standing] = []
    if run_id is not None:
        reserved = sum((call.worst_usd for call in calls if call.run_id == run_id), NOTHING)
        found.append(_standing("run", limits.run_usd, ledger.runs.get(run_id, NOTHING), reserved))
    for name, limit, first, last in (
        ("day", limits.day_usd, period.day, period.day),
        ("week", limits.week_usd, *period.week),
        ("month", limits.month_usd, *period.month),
    ):
        charged = sum((usd for day, usd in ledger.days.items() if first <= day <= last), NOTHING)
        reserved = sum((call.worst_usd for call in calls if first <= call.day <= last), NOTHING)
        found.append(_standing(name, limit, charged, reserved))
    if project is not None:
        reserved = sum((call.worst_usd for call in calls if call.project == project), NOTHING)
        found.append(_standing("project", limits.project_usd, ledger.projects.get(project, NOTHING), reserved))
    return found


def _standing(name: str, limit: Decimal | None, charged: Decimal, reserved: Decimal) -> Standing:
    return Standing(name, limit, charged - reserved, reserved)


def _refuse_above(standing: Standing, call: BudgetReserved) -> None:
    if standing.limit_usd is None or standing.left_usd is None or call.worst_usd <= standing.left_usd:
        return
    raise OverBudget(
        f"the limit of ${plain(standing.limit_usd)} per {standing.name} does not leave enough for a call of {call.model}",
        limit=standing.name,
        cause=f"${plain(standing.spent_usd)} are spent, ${plain(standing.reserved_usd)} are reserved for calls that are"
        f" not settled, and this one may cost ${plain(call.worst_usd)}",
        fix=_FIXES[standing.name],
    )


def plain(usd: Decimal) -> str:
    """Return an amount as people write it: every digit that counts and no exponent."""
    return f"{usd.normalize():f}"


_FIXES: Mapping[str, str] = {
    "run": "resume the run with more: --max-budget-usd",
    "day": "raise the setting budget_day_usd, or wait until tomorrow (UTC), and resume the run",
    "week": "raise the setting budget_week_usd, or wait until Monday (UTC), and resume the run",
    "month": "raise the setting budget_month_usd, or wait until next month (UTC), and resume the run",
    "project": "raise the setting budget_project_usd and resume the run",
}
