"""Costs and budgets: what models cost, and what is left."""

from functools import partial
from typing import Annotated, Any, Literal

from anyio import to_thread
from fastapi import APIRouter, Query, Response

from codecompanion.api.access import BudgetWriter, Reader
from codecompanion.api.asking import app_and_ask, served
from codecompanion.api.bodies import LimitRow, LimitSet, NewLimit, NewRun, Quote
from codecompanion.api.preconditions import CHANGED, IfMatch, etag_of, require_match
from codecompanion.api.server import Here, Server
from codecompanion.domain.spending import Grouping
from codecompanion.runs.budgets import budgets_of, limit_of, set_budget
from codecompanion.runs.cost import CostQuestion, checked_day, cost_of
from codecompanion.runs.quoting import expected
from codecompanion.runs.starting import repository_for, request_for
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


@router.get("/budgets/{limit}", operation_id="showBudget")
async def show_limit(limit: LimitName, server: Here, _who: Reader, response: Response) -> LimitRow:
    """Return a limit and where it is set. Its ETag goes into the If-Match of a change."""
    row = _limit(server, limit)
    response.headers["ETag"] = etag_of(row)
    return row


def _limit(server: Server, limit: LimitName) -> LimitRow:
    usd, source = limit_of(Sourced.load(server.app.environ, project=project_root(server.repos[0])), limit)
    return LimitRow(limit=limit, limit_usd=usd, source=source)


@router.put("/budgets/{limit}", operation_id="setBudget", responses=CHANGED)
async def set_limit(
    limit: LimitName, body: NewLimit, server: Here, _who: BudgetWriter, response: Response, if_match: IfMatch = None
) -> LimitSet:
    """Set a limit in the settings file of the server's user, or of the first repository; runs that begin later obey it."""
    project = server.repos[0] if body.for_project else None
    amount = "none" if body.limit_usd is None else body.limit_usd
    async with server.changing:
        require_match(if_match, etag_of(_limit(server, limit)))
        path = await to_thread.run_sync(partial(set_budget, server.app.environ, limit, amount, project=project))
        response.headers["ETag"] = etag_of(_limit(server, limit))
    return LimitSet(limit=limit, limit_usd=body.limit_usd, file=shown(path))


@router.post("/quotes", operation_id="quoteRun")
async def quote(body: NewRun, server: Here, _who: Reader) -> Quote:
    """Return what a run would be expected to cost and take, from this project's own history. Nothing is begun."""
    app, ask = app_and_ask(server, body)
    repository = await repository_for(app, served(server, body.repo))
    given = await expected(app, "", await request_for(app, ask, repository))
    return Quote(**given.model_dump(mode="json", exclude={"run_id"}))
