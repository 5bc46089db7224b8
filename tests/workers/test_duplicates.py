"""A bus that tells everything several times, as buses may: what a run's workers do is done once all the same."""

from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from codecompanion.bus.nats_jetstream import open_nats_bus
from codecompanion.bus.redis_streams import open_redis_bus
from codecompanion.domain.envelope import Event
from codecompanion.domain.topics import TASKS
from codecompanion.ports import BaseBus, Message
from codecompanion.storage.sqlite import open_sqlite
from command_line import command_line, environment
from fault_matrix import FULL
from histories_checked import is_sound
from nats_server import shared_nats
from projects import SHOP, repository
from redis_server import shared_redis
from worker_process import worker_process

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

TIMES = 4
Opener = Callable[[str], AbstractAsyncContextManager[BaseBus]]


@pytest.fixture(params=["redis", "nats"] if FULL else ["redis"])
async def server(request: pytest.FixtureRequest) -> AsyncGenerator[tuple[str, Opener]]:
    if request.param == "redis":
        with shared_redis() as url:
            yield url, open_redis_bus
    else:
        async with shared_nats() as url:
            yield url, open_nats_bus


async def test_a_run_of_which_every_message_comes_again_and_again_is_done_once(
    server: tuple[str, Opener], tmp_path: Path, venv_with_pytest: Path
) -> None:
    url, open_bus = server
    environ = {**environment(tmp_path, venv_with_pytest / "bin/python"), "CODECOMPANION_BUS_URL": url}
    cli = command_line(environ, repository(tmp_path / "shop", SHOP))
    heard, run_id = Counter[str](), ""

    async with open_bus(url) as bus, anyio.create_task_group() as tasks:

        async def say_again(message: Message) -> None:
            heard[f"{message.payload['stream_id']}:{message.payload['position']}"] += 1
            if heard[f"{message.payload['stream_id']}:{message.payload['position']}"] == 1:
                await bus.publish(TASKS, *[message.payload] * (TIMES - 1))

        await tasks.start(partial(bus.watch, TASKS, handler=say_again))
        with worker_process(environ, tmp_path / "a.log", "-n", "2"), worker_process(environ, tmp_path / "b.log", "-n", "2"):
            left = await to_thread.run_sync(cli, "run", "fix the failing tests", "--timeout", "60", "--detach")
            run_id = left.stdout.strip()
            seen = await to_thread.run_sync(cli, "attach", run_id, "--json")
            assert seen.json["status"] == "verified", seen.stderr
        tasks.cancel_scope.cancel()
    events = await events_of(tmp_path, run_id)
    is_sound(run_id, events)  # no effect twice among the promises
    assert Counter(event.type for event in events)["RunClaimed"] == 1
    queued = next(event.position for event in events if event.type == "RunQueued")
    assert heard[f"{run_id}:{queued}"] >= TIMES, "the bus did tell it several times"


async def events_of(folder: Path, run_id: str) -> list[Event]:
    async with open_sqlite(folder / "state/log.sqlite3") as (store, _blobs):
        return await store.read(run_id)
