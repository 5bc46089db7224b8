"""What processes that share a log and a bus tell each other."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import asyncpg
import pytest

from codecompanion.api import tail as module
from codecompanion.api.tail import Tail
from codecompanion.bus import outbox
from codecompanion.domain.commands import StartRun
from codecompanion.domain.errors import BadInput
from codecompanion.domain.topics import TASKS
from codecompanion.ports import Message
from codecompanion.settings import Settings
from codecompanion.wiring import App, open_app
from histories import REQUEST
from redis_server import private_redis, shared_redis

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def apps(url: str, folder: Path) -> AsyncGenerator[tuple[App, App]]:
    """Open what two processes would open: one log and one bus."""
    settings = Settings(state_dir=folder, bus_url=url)
    async with open_app(settings, {}) as one, open_app(settings, {}) as other:
        yield one, other


async def test_who_waits_for_tasks_is_woken_by_a_run_that_another_process_began(tmp_path: Path) -> None:
    heard, messages = anyio.Event(), list[Message]()

    async def hear(message: Message) -> None:
        messages.append(message)
        heard.set()

    with shared_redis() as url:
        async with apps(url, tmp_path) as (one, other), anyio.create_task_group() as tasks:
            await tasks.start(partial(other.bus.subscribe, TASKS, group="workers", consumer="w", handler=hear))
            await one.orchestrator.handle("run-1", StartRun(REQUEST), actor="user")
            with anyio.fail_after(30):
                await heard.wait()
            tasks.cancel_scope.cancel()
    payload = messages[0].payload
    assert isinstance(payload.pop("hash"), str)
    assert payload == {"log": "", "stream_id": "run-1", "position": 1, "type": "RunStarted", "version": 1}


async def test_a_process_that_begins_a_run_and_ends_has_told_of_it(tmp_path: Path) -> None:
    with shared_redis() as url:
        async with apps(url, tmp_path) as (one, _):
            async with open_app(one.settings, {}) as short:
                await short.orchestrator.handle("run-1", StartRun(REQUEST), actor="user")
            last = (await one.bus.last(TASKS)).get(TASKS)
    assert last is not None
    assert last.payload["stream_id"] == "run-1"


async def test_events_of_a_run_that_is_worked_on_elsewhere_show_without_a_look_at_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY_S", 600)
    seen: list[str] = []
    with shared_redis() as url:
        async with apps(url, tmp_path) as (api, elsewhere), anyio.create_task_group() as tasks:
            tail = Tail(api.store, api.bus, api.nearby)
            tasks.start_soon(tail.follow)
            while not await api.bus.last("cc.tasks"):  # its watch may begin after the first message
                await elsewhere.orchestrator.handle(f"run-{anyio.current_time()}", StartRun(REQUEST), actor="user")
                await anyio.sleep(0.1)
            with anyio.fail_after(30):
                await elsewhere.orchestrator.handle("run-last", StartRun(REQUEST), actor="user")
                async for event in tail.events(0, "run-last"):
                    seen.append(event.type)
                    break
            tasks.cancel_scope.cancel()
    assert seen == ["RunStarted"]


async def test_f14_without_its_bus_an_app_works_and_what_it_did_is_told_when_the_bus_is_back(tmp_path: Path) -> None:
    with private_redis(tmp_path) as redis:
        redis.kill()
        async with apps(redis.url, tmp_path / "state") as (one, other):
            await one.orchestrator.handle("run-1", StartRun(REQUEST), actor="user")
            assert [event.type for event in await other.store.read("run-1")] == ["RunStarted"]
            redis.start()
            with anyio.fail_after(30):
                while (last := (await other.bus.last(TASKS)).get(TASKS)) is None:  # noqa: ASYNC110 - a Redis has no event
                    await anyio.sleep(0.01)
    assert last.payload["stream_id"] == "run-1"


@pytest.mark.parametrize("cut", [False, True])
async def test_without_a_bus_the_database_tells_of_what_other_processes_record(
    postgres_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cut: bool,  # noqa: FBT001 - a case
) -> None:
    monkeypatch.setattr(outbox, "LOOK_EVERY_S", 600)
    heard, messages = anyio.Event(), list[Message]()

    async def hear(message: Message) -> None:
        messages.append(message)
        heard.set()

    settings = Settings(state_dir=tmp_path, database_url=postgres_url)
    async with open_app(settings, {}) as one, open_app(settings, {}) as other, anyio.create_task_group() as tasks:
        await one.orchestrator.handle("run-0", StartRun(REQUEST), actor="user")
        await tasks.start(partial(other.bus.watch, TASKS, handler=hear))
        await until_listened_to(postgres_url)
        if cut:
            await on_server(postgres_url, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {LISTENING}")
            await until_listened_to(postgres_url)
        await one.orchestrator.handle("run-1", StartRun(REQUEST), actor="user")
        with anyio.fail_after(30):
            await heard.wait()
        tasks.cancel_scope.cancel()
    assert [message.payload["stream_id"] for message in messages] == ["run-1"]


@pytest.mark.parametrize("bus", ["none", "away"])
async def test_f14_without_redis_the_database_keeps_the_limits_of_providers_for_all_processes(
    postgres_url: str, tmp_path: Path, bus: str
) -> None:
    address = "" if bus == "none" else f"unix://{tmp_path}/nobody.sock"
    settings = Settings(state_dir=tmp_path, database_url=postgres_url, bus_url=address, max_parallel_requests={"openai": 1})
    waits = anyio.Event()
    async with open_app(settings, {}) as one, open_app(settings, {}) as other, anyio.create_task_group() as tasks:

        async def ask_too() -> None:
            async with other.limits.slot("openai:large", waits.set):
                tasks.cancel_scope.cancel()

        with anyio.fail_after(30):
            async with one.limits.slot("openai:small"):
                tasks.start_soon(ask_too)
                await waits.wait()
            await anyio.sleep_forever()


async def test_f14_what_redis_let_through_counts_when_it_is_gone(postgres_url: str, tmp_path: Path) -> None:
    limits, waits, entered = {"openai": 1}, anyio.Event(), anyio.Event()
    with private_redis(tmp_path) as redis:
        settings = Settings(state_dir=tmp_path, database_url=postgres_url, bus_url=redis.url, max_parallel_requests=limits)
        async with open_app(settings, {}) as one, open_app(settings, {}) as other, anyio.create_task_group() as tasks:

            async def ask_too() -> None:
                async with other.limits.slot("openai:large", waits.set):
                    entered.set()

            with anyio.fail_after(30):
                async with one.limits.slot("openai:small"):
                    redis.kill()
                    tasks.start_soon(ask_too)
                    await waits.wait()
                    await anyio.sleep(1.5)
                    assert not entered.is_set()
                await entered.wait()


LISTENING = "query LIKE 'LISTEN%' AND datname = current_database()"


async def on_server(url: str, question: str) -> Any:
    connection: asyncpg.Connection[Any] = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def until_listened_to(url: str) -> None:
    with anyio.fail_after(30):
        while not await on_server(url, f"SELECT count(*) FROM pg_stat_activity WHERE {LISTENING}"):  # noqa: ASYNC110 - a server
            await anyio.sleep(0.02)


async def test_an_address_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as refusal:
        async with open_app(Settings(state_dir=tmp_path, bus_url="redis://127.0.0.1:port"), {}):
            pass
    assert refusal.value.fix
