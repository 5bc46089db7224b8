"""The server itself: its probes, its figures and what it works on."""

from http import HTTPStatus
from importlib import metadata

import anyio
from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from codecompanion.api.access import MetricsReader, Reader
from codecompanion.api.bodies import Health, QueuedRow, SystemState, WorkerRow, Workers
from codecompanion.api.problems import Refusal
from codecompanion.api.server import Here, Server
from codecompanion.domain.errors import BusUnavailable, CodeCompanionError, HistoryRegressed
from codecompanion.runs.watching import Standing, run_row, worker_row

LOG_ANSWERS_IN_S = 2.0
"""Whoever asks whether the server is ready wants to know it now; a run waits longer for a log that is away."""

router = APIRouter(tags=["system"])


@router.get("/livez", operation_id="livez")
async def livez() -> Health:
    """Return whether the server answers at all."""
    return Health(status="ok")


@router.get("/readyz", operation_id="readyz")
async def readyz(server: Here) -> Health:
    """Return whether the server takes runs: the log is there, it is not stopping. It is "degraded" while the bus is away."""
    try:
        with anyio.fail_after(LOG_ANSWERS_IN_S):
            await server.app.store.read_all(limit=1)
            if server.app.acknowledged is not None:
                await server.app.acknowledged.require()
    except HistoryRegressed as error:
        raise Refusal(
            HTTPStatus.SERVICE_UNAVAILABLE, "the log has lost events that were acknowledged", code=error.code
        ) from error
    except TimeoutError as error:
        raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, f"the log does not answer in {LOG_ANSWERS_IN_S:g} s") from error
    except CodeCompanionError as error:
        raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "the log cannot be read") from error
    if server.worker.unheard:
        raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "the log cannot be written")
    if server.worker.draining:
        raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "the server is stopping")
    return Health(status=await _bus_status(server))


async def _bus_status(server: Server) -> str:
    try:
        await server.app.bus.check()
    except BusUnavailable:
        return "degraded"  # the log is looked at regularly meanwhile
    return "ok"


@router.get("/startupz", operation_id="startupz")
async def startupz() -> Health:
    """Return whether the server has started: it answers only then."""
    return Health(status="ok")


@router.get("/metrics", operation_id="metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(server: Here, _who: MetricsReader) -> Response:
    """Return the server's figures for Prometheus."""
    app, figures = server.app, server.metrics
    figures.working.set(len(server.worker.working()))
    figures.waiting.set(len(server.worker.waiting()))
    figures.lag.set(await server.tail.lag())
    standings = await app.governor(None).standings(app.clock.now())
    figures.show(await server.open_runs.by_status(), server.worker.rung, standings)
    return Response(generate_latest(figures.registry), media_type=CONTENT_TYPE_LATEST)


@router.get("/v1/workers", operation_id="listWorkers")
async def workers(server: Here, _who: Reader) -> Workers:
    """List the workers of this log, wherever they are, and the runs that are theirs, as this server saw them last."""
    now = Standing(tuple(await server.app.roster.present()), tuple(server.worker.entries()))
    return Workers(
        workers=[WorkerRow.model_validate(worker_row(one, now)) for one in now.workers],
        runs=[QueuedRow.model_validate(run_row(one, now)) for one in now.entries],
    )


@router.get("/v1/system", operation_id="showSystem")
async def system(server: Here, _who: Reader) -> SystemState:
    """Return what this server is and does."""
    return SystemState(
        version=metadata.version("codecompanion"),
        sandbox=server.worker.rung,
        repos=[str(repo) for repo in server.repos],
        workers=server.worker.size,
        working=server.worker.working(),
        waiting=server.worker.waiting(),
        draining=server.worker.draining,
    )
