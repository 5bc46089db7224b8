"""A run of very many events and very many who watch it: it is folded soon, and requests are answered meanwhile."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import anyio
import httpx2
import pytest

from api_server import api_server
from codecompanion.bus.mock import MockBus
from codecompanion.clock import SystemClock
from codecompanion.domain.envelope import Draft
from codecompanion.domain.events import Fact, encode
from codecompanion.orchestrator.orchestrator import EventSourcedOrchestrator
from codecompanion.storage.sqlite import open_sqlite
from fault_matrix import FULL
from histories import EXECUTED, REQUEST

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

EVENTS = 10_000
WATCHERS = 1000 if FULL else 50
ASKED = 100 if FULL else 20
RUN = "20260105-090000-0000"


async def fill(state: Path, repo: Path) -> float:
    """Write a long run into a log and return how many seconds it takes to fold it from its first event."""
    clock = SystemClock()

    def draft(fact: Fact) -> Draft:
        at = "2026-01-05T09:00:00.000000Z"
        return Draft(clock.new_id(), type(fact).__name__, fact.schema_version, at, encode(fact), "engine", RUN)

    facts = [REQUEST.model_copy(update={"repo": str(repo)}), *[EXECUTED] * (EVENTS - 1)]
    async with open_sqlite(state / "log.sqlite3") as (store, _):
        await store.append(RUN, [draft(fact) for fact in facts], expected_version=0)
        begun = time.perf_counter()
        loaded = await EventSourcedOrchestrator(store, clock, MockBus(), redact=lambda data: data).load(RUN)
        assert loaded.version == EVENTS
        return time.perf_counter() - begun


async def watch(http: httpx2.AsyncClient, after: int, counts: list[int]) -> None:
    """Follow the run from an event on to its last one."""
    headers = {"Last-Event-ID": str(after)}
    async with http.stream("GET", f"/v1/runs/{RUN}/events/stream", headers=headers) as stream:
        seen = 0
        async for line in stream.aiter_lines():
            seen += line.startswith("id: ")
            if after + seen == EVENTS:
                counts.append(seen)
                return


async def test_f48_ten_thousand_events_and_many_watchers(
    environ: dict[str, str], shop: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    folded_s = await fill(tmp_path / "state", shop)
    counts: list[int] = []
    took_ms: list[float] = []
    with api_server(environ, shop, "--rate", "0") as server:
        unlimited = httpx2.Limits(max_connections=None)
        http = httpx2.AsyncClient(base_url=server.url, timeout=120, limits=unlimited)
        async with http, anyio.create_task_group() as tasks:
            for _ in range(WATCHERS):
                tasks.start_soon(partial(watch, http, EVENTS - 20, counts))
            for _ in range(ASKED):
                begun = time.perf_counter()
                assert (await http.get("/v1/runs", params={"limit": 20})).status_code == 200
                took_ms.append(1000 * (time.perf_counter() - begun))
    assert counts == [20] * WATCHERS
    p99 = sorted(took_ms)[ASKED * 99 // 100 - 1]
    record_property(
        "figure", f"{EVENTS:,} events folded in {folded_s:.2f} s; a list of runs beside {WATCHERS:,} watchers: p99 {p99:.0f} ms"
    )
