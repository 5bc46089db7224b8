"""Costs and budgets: what models cost, and what is left."""

from functools import partial
from typing import Annotated, Any, Literal

from anyio import to_thread
from fastapi import APIRouter, Query

from codecompanion.api.access import BudgetWriter, Reader
from codecompanion.api.asking import app_and_ask, served
from codecompanion.api.bodies import LimitSet, NewLimit, NewRun, Quote
from codecompanion.api.server import Here
from codecompanion.domain.spending import Grouping
from codecompanion.runs.budgets import budgets_of, set_budget
from codecompanion.runs.cost import CostQuestion, checked_day, cost_of
from codecompanion.runs.quoting import expected
from codecompanion.runs.work import repository_for, request_for
from codecompanion.settings import Sourced, project_root, shown

LimitName = Literal["run", "day", "week", "month", "project"]

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
    repo = server.repos[0]
    app = server.worker.app_for(repo, {})  # the files may say something else by now than when the server began
    return (await budgets_of(app, Sourced.load(server.app.environ, project=project_root(repo)), repo))["limits"]


@router.put("/budgets/{limit}", operation_id="setBudget")
async def set_limit(limit: LimitName, body: NewLimit, server: Here, _who: BudgetWriter) -> LimitSet:
    """Set a limit in the settings file of the server's user, or of the first repository; runs that begin later obey it."""
    project = server.repos[0] if body.for_project else None
    amount = "none" if body.limit_usd is None else body.limit_usd
    path = await to_thread.run_sync(partial(set_budget, server.app.environ, limit, amount, project=project))
    return LimitSet(limit=limit, limit_usd=body.limit_usd, file=shown(path))


@router.post("/quotes", operation_id="quoteRun")
async def quote(body: NewRun, server: Here, _who: Reader) -> Quote:
    """Return what a run would be expected to cost and take, from this project's own history. Nothing is begun."""
    app, ask = app_and_ask(server, body)
    repository = await repository_for(app, served(server, body.repo))
    given = await expected(app, "", await request_for(app, ask, repository))
    return Quote(**given.model_dump(mode="json", exclude={"run_id"}))
