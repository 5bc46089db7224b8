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

WATCHERS = 100
EARLY = 20


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
    """Follows a run, and comes back after the last event that it saw when the server goes."""

    client: httpx2.AsyncClient
    run_id: str
    began: anyio.Event = field(default_factory=anyio.Event)
    seen: list[int] = field(default_factory=list[int])
    returns: int = 0

    async def watch(self) -> None:
        """Watch until the run's end."""
        while True:
            with suppress(httpx2.HTTPError):
                if await self._followed():
                    return
            self.returns += 1
            await anyio.sleep(0.2)

    async def _followed(self) -> bool:
        headers = {"Last-Event-ID": str(self.seen[-1])} if self.seen else {}
        path = f"/v1/runs/{self.run_id}/events/stream"
        async with self.client.stream("GET", path, headers=headers) as stream:
            kind = ""
            async for line in stream.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "event":
                    kind = value
                elif name == "id":
                    self.seen.append(int(value))
                    self.began.set()
                elif not line and kind == "RunCompleted":
                    return True
        return False


@pytest.mark.anyio
async def test_f06_who_watches_misses_nothing_when_the_server_is_killed_and_comes_back(
    environ: dict[str, str], shop: Path
) -> None:
    serving = partial(api_server, environ, shop, "--rate", "0")
    watchers: list[Watcher] = []
    positions: list[int] = []
    unlimited = httpx2.Limits(max_connections=None)  # and one client, because making one takes as long as the run has events
    async with httpx2.AsyncClient(timeout=30, limits=unlimited) as http, anyio.create_task_group() as tasks:
        with serving() as first:
            with first.client() as client:
                run_id = await anyio.to_thread.run_sync(begin, client)
            watchers += [Watcher(http, run_id) for _ in range(WATCHERS)]
            http.base_url = first.url
            for watcher in watchers:
                tasks.start_soon(watcher.watch)
            for watcher in watchers[:EARLY]:  # the run is short: the others come to a server that is gone
                await watcher.began.wait()
            first.kill()
        with serving(port=first.port) as second, second.client() as client:
            await anyio.to_thread.run_sync(partial(wait_for, client, run_id, "verified"))
            positions += await anyio.to_thread.run_sync(all_positions, client, run_id)
            while not all(watcher.seen[-1] == positions[-1] for watcher in watchers):  # noqa: ASYNC110 - the test's limit ends it
                await anyio.sleep(0.1)
    assert all(watcher.seen == positions for watcher in watchers)
    assert all(watcher.returns for watcher in watchers[:EARLY])


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
