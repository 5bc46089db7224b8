"""Runs: begin, list, look, pause, resume, cancel, fork, bring into the working tree."""

from collections.abc import Mapping
from dataclasses import asdict
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel
from pydantic_core import to_json

from codecompanion.api.access import Principal, Reader, Writer
from codecompanion.api.asking import app_and_ask, served
from codecompanion.api.bodies import Accepted, GoOn, LaneRow, NewFork, NewRun, RunPage, RunRow, StateAt, TaskRow
from codecompanion.api.kept_answers import FollowsFromLog
from codecompanion.api.once import OnlyOnce
from codecompanion.api.problems import Refusal
from codecompanion.api.server import Here, Server
from codecompanion.domain.claiming import takes_workers
from codecompanion.domain.commands import PauseRun, QueueRun
from codecompanion.domain.errors import LogCorrupt
from codecompanion.domain.state import STATE, Ended, NotStarted, Running
from codecompanion.domain.streams import is_run
from codecompanion.orchestrator.orchestrator import state_hash
from codecompanion.orchestrator.projections import RunView
from codecompanion.runs.cancelling import cancel
from codecompanion.runs.lanes import lanes_of
from codecompanion.runs.patch import apply_run, undo_run
from codecompanion.runs.queueing import queued_for
from codecompanion.runs.result import result_of
from codecompanion.runs.resuming import is_queued, requeue
from codecompanion.runs.rewind import check_version, fork
from codecompanion.runs.routes import explanation
from codecompanion.runs.starting import new_run_id, repository_for, start

router = APIRouter(prefix="/v1/runs", tags=["runs"])

Limit = Annotated[int, Query(ge=1, le=200)]
CURSOR = "runs"
API_ACTOR = "api"
"""Who does what a request asks for; the principal stands behind a colon."""
STATUSES = (
    "queued",
    "running",
    "waiting",
    "paused",
    "verified",
    "partial",
    "unverified",
    "failed",
    "nothing_to_do",
    "answered",
    "cancelled",
)


class Paths(BaseModel):
    """Files of the user's working tree that were changed."""

    run_id: str
    paths: list[str]


_LINKS = {
    "show": {"operationId": "showRun", "parameters": {"run_id": "$response.body#/run_id"}},
    "events": {"operationId": "listRunEvents", "parameters": {"run_id": "$response.body#/run_id"}},
    "cancel": {"operationId": "cancelRun", "parameters": {"run_id": "$response.body#/run_id"}},
}


@router.post("", status_code=202, operation_id="createRun", responses={202: {"links": _LINKS}})
async def create(body: NewRun, server: Here, who: Writer, once: OnlyOnce, response: Response) -> Accepted:
    """Begin a run. It is worked on in the background: its events tell how far it is."""
    app, ask = app_and_ask(server, body)
    repository = await repository_for(app, served(server, body.repo))
    run_id = await once.take(who, new_run_id(app))
    if not await server.app.store.read(run_id, up_to_version=1):
        queued = await queued_for(app, who.name, repository.root, repository.head, include_uncommitted=body.include_uncommitted)
        await start(app, ask, repository, run_id=run_id, actor=_actor(who), queued=queued)
    accepted = Accepted.of(run_id)
    response.headers["Location"] = accepted.href
    return accepted


@router.get("", operation_id="listRuns", dependencies=[FollowsFromLog])
async def list_(
    server: Here,
    _who: Reader,
    limit: Limit = 50,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    status: Annotated[str | None, Query(pattern=f"^({'|'.join(STATUSES)})$")] = None,
) -> RunPage:
    """List the runs, the newest first."""
    ids = [stream for stream in await server.app.store.streams() if is_run(stream)]
    if cursor is not None:
        last = server.place(CURSOR, cursor)
        ids = ids[ids.index(last) + 1 :] if last in ids else []
    await server.views.catch_up()
    rows: list[RunRow] = []
    for run_id in ids:
        if len(rows) == limit:
            return RunPage(runs=rows, next_cursor=server.cursor(CURSOR, rows[-1].run_id))
        view = await _readable(server, run_id)
        if view is not None and status in (None, view.status):
            rows.append(RunRow.of(view))
    return RunPage(runs=rows, next_cursor=None)


async def _readable(server: Server, run_id: str) -> RunView | None:
    """Return a run, None when its log is damaged: `audit verify` tells of that, and the other runs are still to be seen."""
    try:
        return await server.views.as_caught_up(run_id)
    except LogCorrupt:
        return None


@router.get("/{run_id}", operation_id="showRun", response_model=dict[str, Any], dependencies=[FollowsFromLog])
async def show(
    run_id: str,
    server: Here,
    _who: Reader,
    if_none_match: Annotated[str | None, Header(max_length=200)] = None,
) -> Response:
    """Return a run's result, finished or not: the JSON of `codecompanion show --json`."""
    etag = f'W/"{run_id}.{(await server.run(run_id)).version}"'
    if if_none_match == etag:
        return Response(status_code=304, headers={"ETag": etag})
    return Response(to_json(await result_of(server.app, run_id)), media_type="application/json", headers={"ETag": etag})


@router.get("/{run_id}/state", operation_id="showState", dependencies=[FollowsFromLog])
async def state(run_id: str, server: Here, _who: Reader, at: Annotated[int | None, Query(ge=1, le=2**31)] = None) -> StateAt:
    """Return the run as it was after an event, the last one by default."""
    view = await server.run(run_id)
    version = at or view.version
    await check_version(server.app, run_id, version)
    then = (await server.app.orchestrator.load(run_id, at_version=version)).state
    content = STATE.dump_python(then, mode="json")
    return StateAt(run_id=run_id, version=version, state=content, state_sha256=state_hash(then), tree=view.tree_at(version))


@router.get("/{run_id}/tasks", operation_id="listTasks", dependencies=[FollowsFromLog])
async def tasks(run_id: str, server: Here, _who: Reader) -> list[TaskRow]:
    """List the tasks of a run's plan, in its order; none before there is a plan."""
    await server.run(run_id)
    state = (await server.app.orchestrator.load(run_id)).state
    run = state.run if isinstance(state, Ended) else state
    items = () if isinstance(run, NotStarted) else run.progress.items
    return [
        TaskRow(
            task_id=one.item.item_id,
            title=one.item.title,
            status=one.status.value,
            attempts=one.attempt,
            depends_on=list(one.item.depends_on),
        )
        for one in items
    ]


@router.get("/{run_id}/lanes", operation_id="listLanes", dependencies=[FollowsFromLog])
async def lanes(run_id: str, server: Here, _who: Reader, newest: Annotated[int, Query(ge=1, le=2000)] = 300) -> list[LaneRow]:
    """List who did what and when: the newest calls of models, tools, commands of the project, answers that were waited for."""
    await server.run(run_id)
    return [LaneRow.model_validate(asdict(one)) for one in lanes_of(await server.app.store.read(run_id))[-newest:]]


@router.get("/{run_id}/routes", operation_id="explainRoutes")
async def routes(run_id: str, server: Here, _who: Reader) -> dict[str, Any]:
    """Return why each task went to its model, and what happened then: the JSON of `codecompanion router explain --json`."""
    await server.run(run_id)
    return explanation(run_id, await server.app.store.read(run_id))


@router.post("/{run_id}/pause", status_code=202, operation_id="pauseRun")
async def pause(run_id: str, server: Here, who: Writer, once: OnlyOnce) -> Accepted:
    """Let a run stop where it is; it can go on later."""
    await server.run(run_id)
    await once.take(who, run_id)
    await server.app.orchestrator.handle(run_id, PauseRun(f"paused by {who.name}"), actor=_actor(who))
    await server.worker.let_go(run_id)
    return Accepted.of(run_id)


@router.post("/{run_id}/resume", status_code=202, operation_id="resumeRun")
async def resume(run_id: str, server: Here, who: Writer, once: OnlyOnce, body: GoOn | None = None) -> Accepted:
    """Go on with a run that was paused, interrupted or stopped by a limit. What waits for a person is for /v1/approvals."""
    view = await server.run(run_id)
    if view.status == "waiting":
        raise Refusal(HTTPStatus.CONFLICT, f"run {run_id} waits for a person", fix=f"decide under /v1/approvals/{run_id}")
    if view.exit_code is not None:
        raise Refusal(HTTPStatus.CONFLICT, f"run {run_id} has ended", code="CC-2100")
    await once.take(who, run_id)
    limits = body.model_dump(exclude_none=True) if body else {}
    await go_on(server, view, who, limits)
    return Accepted.of(run_id)


async def go_on(
    server: Server, view: RunView, who: Principal, limits: Mapping[str, Any] | None = None, choice: str = ""
) -> None:
    """Let workers go on with a run, unless one does already. `limits` are settings that replace those of the run."""
    run_id, app = view.run_id, server.app
    state = (await app.orchestrator.load(run_id)).state
    if not is_queued(state):
        request = view.request
        queued = await queued_for(
            app, who.name, Path(request.repo), request.base_commit, include_uncommitted=request.include_uncommitted
        )
        async with app.locks.hold(run_id):  # nobody is at work on it in the foreground
            await app.orchestrator.handle(run_id, QueueRun(queued), actor=_actor(who))
        state = (await app.orchestrator.load(run_id)).state
    if isinstance(state, Running) and state.queue is not None and state.queue.worker:
        return
    if limits or not takes_workers(state):
        settings = server.worker.app_for(Path(view.request.repo), dict(limits or {})).settings
        raised = {name: getattr(settings, name) for name in limits or {}}
        await requeue(app, run_id, actor=_actor(who), choice=choice, **raised)


@router.post("/{run_id}/cancel", status_code=202, operation_id="cancelRun")
async def stop(run_id: str, server: Here, who: Writer, once: OnlyOnce) -> Accepted:
    """End a run for good. Cancelling one that has ended changes nothing."""
    await server.run(run_id)
    await once.take(who, run_id)
    await end(server, run_id)
    return Accepted.of(run_id)


async def end(server: Server, run_id: str) -> None:
    """Cancel a run, unless it has ended."""
    if isinstance((await server.app.orchestrator.load(run_id)).state, Running):
        await cancel(server.app, run_id)
    await server.worker.let_go(run_id)


@router.post("/{run_id}/fork", status_code=202, operation_id="forkRun")
async def branch_off(run_id: str, body: NewFork, server: Here, who: Writer, once: OnlyOnce) -> Accepted:
    """Make a run that shares the first events of this one and goes on by itself."""
    await server.run(run_id)
    child = await once.take(who, new_run_id(server.app))
    if not await server.app.store.find(child, "fork"):
        await fork(server.app, run_id, body.at_version, model=body.model, child=child)
        await go_on(server, await server.run(child), who)
    return Accepted.of(child)


@router.post("/{run_id}/apply", operation_id="applyRun")
async def apply(run_id: str, server: Here, who: Writer, once: OnlyOnce) -> Paths:
    """Bring a verified change into the repository's working tree, uncommitted."""
    await server.run(run_id)
    await once.take(who, run_id)
    return Paths(run_id=run_id, paths=list(await apply_run(server.app, run_id)))


@router.post("/{run_id}/undo", operation_id="undoRun")
async def undo(run_id: str, server: Here, who: Writer, once: OnlyOnce) -> Paths:
    """Take a run's change out of the working tree again."""
    await server.run(run_id)
    await once.take(who, run_id)
    return Paths(run_id=run_id, paths=list(await undo_run(server.app, run_id)))


def _actor(who: Principal) -> str:
    return f"{API_ACTOR}:{who.name}"
