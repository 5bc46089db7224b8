"""Events as they come: nothing is missing and nothing comes twice, also when the server dies under those who watch."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread
import httpx2
import pytest

from api_server import ApiServer, api_server, begin, wait_for
from fault_matrix import FULL
from waiting import until

WATCHERS = 100
BACK_WITHIN_S = 3 if FULL else 10  # other tests run beside it


def read(lines: Iterator[str]) -> Iterator[tuple[int, str]]:
    """Give the id and the type of each event of a stream."""
    event = ""
    position = 0
    for line in lines:
        name, _, value = line.partition(": ")
        if name == "event":
            event = value
        elif name == "id":
            position = int(value)
        elif not line and event:
            yield position, event
            event = ""


def test_a_run_is_followed_from_its_first_event_to_its_last(client: httpx2.Client) -> None:
    run_id = begin(client, seed=3)
    seen: list[tuple[int, str]] = []
    with client.stream("GET", f"/v1/runs/{run_id}/events/stream") as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        assert stream.headers["X-Accel-Buffering"] == "no"
        assert "no-" in stream.headers["Cache-Control"], "no proxy may keep it"
        for position, kind in read(stream.iter_lines()):
            seen.append((position, kind))
            if kind == "RunCompleted":
                break
    events, cursor = list[dict[str, object]](), None
    while True:
        params = {"limit": 7, **({"cursor": cursor} if cursor else {})}
        page = client.get(f"/v1/runs/{run_id}/events", params=params).json()
        events += page["events"]
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == [(event["position"], event["type"]) for event in events]
    assert [event["version"] for event in events] == list(range(1, len(events) + 1))


def test_a_stream_goes_on_after_the_last_event_that_came(client: httpx2.Client, run_id: str) -> None:
    events = client.get(f"/v1/runs/{run_id}/events", params={"limit": 200}).json()["events"]
    after = events[4]["position"]
    with client.stream("GET", f"/v1/runs/{run_id}/events/stream", headers={"Last-Event-ID": str(after)}) as stream:
        position, kind = next(read(stream.iter_lines()))
    assert (position, kind) == (events[5]["position"], events[5]["type"])


def test_the_data_of_an_event_is_what_the_log_has(client: httpx2.Client, run_id: str) -> None:
    (first,) = client.get(f"/v1/runs/{run_id}/events", params={"limit": 1}).json()["events"]
    with client.stream("GET", f"/v1/runs/{run_id}/events/stream") as stream:
        data = next(line for line in stream.iter_lines() if line.startswith("data: "))
    assert json.loads(data.removeprefix("data: ")) == first


@dataclass
class Watcher:
    """Follows all runs as a browser's EventSource does: when the server goes, it comes back after the wait that it was told."""

    client: httpx2.AsyncClient
    following: anyio.Event = field(default_factory=anyio.Event)
    seen: list[int] = field(default_factory=list[int])
    returned_at: float = 0
    """When it was let in last, on the clock of `anyio.current_time`."""
    _retry_s: float = 0

    async def watch(self) -> None:
        """Watch until cancelled."""
        while True:
            with suppress(httpx2.HTTPError):
                await self._follow()
            self.following = anyio.Event()
            await anyio.sleep(self._retry_s)

    async def _follow(self) -> None:
        headers = {"Last-Event-ID": str(self.seen[-1])} if self.seen else {}
        async with self.client.stream("GET", "/v1/events/stream", headers=headers) as stream:
            assert stream.status_code == 200
            async for line in stream.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "retry":
                    self._retry_s = int(value) / 1000
                    self.returned_at = anyio.current_time()
                    self.following.set()
                elif name == "id":
                    self.seen.append(int(value))


@pytest.mark.anyio
async def test_f06_a_hundred_who_watch_are_back_within_three_seconds_and_miss_nothing_when_the_server_is_killed(
    environ: dict[str, str], shop: Path
) -> None:
    serving = partial(api_server, environ, shop, "--rate", "0")
    watchers: list[Watcher] = []
    unlimited = httpx2.Limits(max_connections=None)  # and one client, because making one takes as long as the run has events
    positions: list[int] = []
    back_s: list[float] = []
    async with httpx2.AsyncClient(timeout=30, limits=unlimited) as http, anyio.create_task_group() as tasks:
        with serving() as first, first.client() as client:
            http.base_url = first.url
            watchers += [Watcher(http) for _ in range(WATCHERS)]
            for watcher in watchers:
                tasks.start_soon(watcher.watch)
            for watcher in watchers:
                await watcher.following.wait()
            run_id = await anyio.to_thread.run_sync(begin, client)
            await until(lambda: all(watcher.seen for watcher in watchers))
            first.kill()
            await until(lambda: not any(watcher.following.is_set() for watcher in watchers))
        with serving(port=first.port) as second, second.client() as client:
            listening_since = anyio.current_time()
            for watcher in watchers:
                await watcher.following.wait()
            back_s += [watcher.returned_at - listening_since for watcher in watchers]
            await anyio.to_thread.run_sync(partial(wait_for, client, run_id, "verified"))
            positions += await anyio.to_thread.run_sync(all_positions, client, run_id)
            await until(lambda: all(watcher.seen[-1] == positions[-1] for watcher in watchers))
            tasks.cancel_scope.cancel()
    assert all(watcher.seen == positions for watcher in watchers)
    assert max(back_s) <= BACK_WITHIN_S, sorted(back_s)


def all_positions(client: httpx2.Client, run_id: str) -> list[int]:
    events = client.get(f"/v1/runs/{run_id}/events", params={"limit": 200}).json()["events"]
    return [event["position"] for event in events]


def test_a_run_under_way_goes_on_with_the_next_server(environ: dict[str, str], shop: Path) -> None:
    with api_server(environ, shop) as first, first.client() as client:
        run_id = begin(client)
        assert first.stop() == 0
    with api_server(environ, shop) as second, second.client() as client:
        assert wait_for(client, run_id, "verified")["exit_code"] == 0


def test_a_run_that_a_person_paused_stays_paused(environ: dict[str, str], shop: Path) -> None:
    with api_server(environ, shop) as first, first.client() as client:
        run_id = begin(client)
        client.post(f"/v1/runs/{run_id}/pause", headers={"Idempotency-Key": "p"})
        assert first.stop() == 0
    with api_server(environ, shop) as second, second.client() as client:
        assert client.get(f"/v1/runs/{run_id}").json()["status"] == "paused"
        assert client.get("/v1/system").json()["working"] == []


def test_events_of_all_runs_come_in_the_order_of_the_log(served: ApiServer, run_id: str) -> None:
    with served.client() as client:
        positions, cursor = list[int](), None
        while True:
            page = client.get("/v1/events", params={"limit": 50, **({"cursor": cursor} if cursor else {})}).json()
            positions += [event["position"] for event in page["events"]]
            if (cursor := page["next_cursor"]) is None:
                break
    assert positions == sorted(set(positions))
    assert run_id
