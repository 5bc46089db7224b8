"""Tells when a limit of money is nearly or wholly used: once for each limit, its period and each threshold."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from codecompanion.domain.budget import Limits, Period, Standing
from codecompanion.domain.degrading import used_part
from codecompanion.domain.envelope import Event
from codecompanion.domain.errors import OverBudget
from codecompanion.domain.events import BudgetAlerted
from codecompanion.ports import Clock, EventStore
from codecompanion.routing.cost_governor import CostGovernor, Redact, Reservation, period_of

THRESHOLDS = (80, 100)
"""In per cent of a limit, spent or reserved."""

Tell = Callable[[Event], Awaitable[None]]
"""Hears of an alert that was recorded."""

_log = logging.getLogger(__name__)


class AlertingGovernor(CostGovernor):
    """A CostGovernor that watches its limits at each call. Nothing that goes wrong with an alert stops a call.

    Args:
        store: As for the CostGovernor, like `clock`, `limits` and `redact`.
        clock: As above.
        limits: As above.
        redact: As above.
        tell: Hears of alerts.
    """

    def __init__(self, store: EventStore, clock: Clock, limits: Limits, *, redact: Redact, tell: Tell) -> None:
        super().__init__(store, clock, limits, redact=redact)
        self._tell = tell

    async def reserve(self, *, run_id: str, project: str, at: datetime, **call: Any) -> Reservation:
        """Set the worst cost of a call aside; see `CostGovernor.reserve`. A refusal is told as the limit's end."""
        try:
            reservation = await super().reserve(run_id=run_id, project=project, at=at, **call)
        except OverBudget as refusal:
            await self._watch(run_id, project, at, refused=refusal.limit)
            raise
        await self._watch(run_id, project, at)
        return reservation

    async def _watch(self, run_id: str, project: str, at: datetime, refused: str = "") -> None:
        try:
            for standing in await self.standings(at, run_id=run_id, project=project):
                used = used_part(standing)
                for percent in THRESHOLDS if used is not None else ():
                    if standing.name == refused or (used is not None and used * 100 >= percent):
                        await self._alert(standing, percent, run_id, project, at)
        except Exception as error:  # noqa: BLE001 - an alert must never take a call away
            _log.warning("a limit could not be watched: %s", error)

    async def _alert(self, standing: Standing, percent: int, run_id: str, project: str, at: datetime) -> None:
        scope = _scope(standing.name, period_of(at), run_id, project)
        alert = BudgetAlerted(
            limit=standing.name,
            scope=scope,
            percent=percent,
            limit_usd=standing.limit_usd or Decimal(0),
            spent_usd=standing.spent_usd,
            reserved_usd=standing.reserved_usd,
            run_id=run_id,
            at=at.isoformat(),
        )
        noted = await self.note(alert, f"alert:{standing.name}:{scope}:{standing.limit_usd}:{percent}", run_id)
        if noted is not None:
            _log.warning("%d %% of the limit of $%s per %s are used", percent, standing.limit_usd, standing.name)
            await self._tell(noted)


def _scope(limit: str, period: Period, run_id: str, project: str) -> str:
    return {
        "run": run_id,
        "project": project,
        "day": period.day,
        "week": period.week[0],
        "month": period.month[0],
    }[limit]
