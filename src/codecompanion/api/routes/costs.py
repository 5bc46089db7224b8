"""Costs and budgets: what models cost, and what is left."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from codecompanion.api.access import Reader
from codecompanion.api.server import Here
from codecompanion.domain.spending import Grouping
from codecompanion.runs.cost import CostQuestion, checked_day, cost_of

router = APIRouter(prefix="/v1", tags=["costs"])


@router.get("/costs", operation_id="showCosts")
async def costs(
    server: Here,
    _who: Reader,
    run: Annotated[str | None, Query(max_length=200)] = None,
    by: Grouping = "model",
    since: Annotated[str | None, Query(max_length=10, examples=["2026-11-01"])] = None,
) -> dict[str, Any]:
    """Return what models cost: the JSON of `codecompanion cost --json`."""
    if run is not None:
        await server.run(run)
    day = "" if since is None else checked_day(since)
    return await cost_of(server.app, CostQuestion(run, by, day, str(server.repos[0])))


@router.get("/budgets", operation_id="listBudgets")
async def budgets(server: Here, _who: Reader) -> list[dict[str, Any]]:
    """Return each limit with what is spent, reserved and left, in US dollars; None is no limit."""
    limits: list[dict[str, Any]] = (await cost_of(server.app, CostQuestion(None, "model", "", str(server.repos[0]))))["limits"]
    return limits
