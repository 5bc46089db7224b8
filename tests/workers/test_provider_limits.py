"""Workers and a run in the foreground share what a provider may be asked, through everything that lies between them and it."""

import json
import subprocess
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import anyio
import pytest
from anyio.abc import SocketStream
from anyio.from_thread import start_blocking_portal

from codecompanion.domain.envelope import Event
from codecompanion.providers.dev_server.http import Request
from codecompanion.providers.dev_server.server import DevServer
from codecompanion.providers.dev_server.wires.wire import Wire
from codecompanion.storage.sqlite import open_sqlite
from command_line import command_line, environment, installed
from projects import SHOP, repository
from providers_bench import KEY, MODELS, script
from redis_server import shared_redis
from shop_team import OBJECTIVE, SOLO
from worker_process import wait_until, worker_process

pytestmark = pytest.mark.timeout(300)

RUN = ("run", OBJECTIVE, "--model", MODELS["openai-chat"], "--team", "solo", "--timeout", "100")
ANSWER_S = 0.5
WAITS = "is asked when it is its turn: so much is asked of openai-chat already"


@dataclass(slots=True)
class CountingServer(DevServer):
    """Answers once it is told to and takes its time then; counts how many wait for an answer at once."""

    now: int = 0
    most: int = 0
    answers: anyio.Event = field(default_factory=anyio.Event)

    async def _give_turn(self, stream: SocketStream, request: Request, wire: Wire) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        await self.answers.wait()
        await anyio.sleep(ANSWER_S)
        self.now -= 1
        await DevServer._give_turn(self, stream, request, wire)  # noqa: SLF001 - its own; `super` knows no slots


@asynccontextmanager
async def counting() -> AsyncGenerator[CountingServer]:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    server = CountingServer(script([dict(turn) for turn in SOLO]), listener.extra(anyio.abc.SocketAttribute.local_port))
    async with listener, anyio.create_task_group() as serving:
        serving.start_soon(listener.serve, server.handle)
        yield server
        serving.cancel_scope.cancel()


@pytest.fixture
def events(tmp_path: Path) -> Callable[[str], list[Event]]:
    async def read(run_id: str) -> list[Event]:
        async with open_sqlite(tmp_path / "state/log.sqlite3") as (store, _blobs):
            return await store.read(run_id)

    return lambda run_id: anyio.run(partial(read, run_id))


def test_two_workers_and_a_run_in_the_foreground_never_ask_more_at_once_than_one_may(
    tmp_path: Path, venv_with_pytest: Path, events: Callable[[str], list[Event]]
) -> None:
    shop = repository(tmp_path / "shop", SHOP)
    with shared_redis() as bus, start_blocking_portal() as portal, portal.wrap_async_context_manager(counting()) as server:
        environ = {
            **environment(tmp_path, venv_with_pytest / "bin/python"),
            "CODECOMPANION_BUS_URL": bus,
            "CODECOMPANION_MEMORY": "false",
            "CODECOMPANION_MAX_PARALLEL_REQUESTS": "openai-chat=1",
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": f"http://127.0.0.1:{server.port}/v1",
        }
        cli = command_line(environ, shop)
        left = [cli(*RUN, "--detach").stdout.strip() for _ in range(2)]
        with (
            worker_process(environ, tmp_path / "a.log") as a,
            worker_process(environ, tmp_path / "b.log") as b,
        ):
            wait_until(lambda: bool(server.requests), "a worker asks")
            with subprocess.Popen(
                [*installed(environ), *RUN, "--json"],
                cwd=shop,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            ) as process:
                assert process.stderr is not None
                told = ""
                while WAITS not in told and (line := process.stderr.readline()):
                    told += line
                portal.call(server.answers.set)
                printed, more = process.communicate()
            here = json.loads(printed)
            seen = [cli("attach", run_id, "--json") for run_id in left]
            workers = {event.data["worker"] for one in left for event in events(one) if event.type == "RunClaimed"}
            assert workers == {a.worker, b.worker}
    assert [here["status"], *(one.json["status"] for one in seen)] == ["verified"] * 3, told + more
    assert len(server.requests) == 3 * len(SOLO)
    assert server.most == 1
    assert WAITS in told
