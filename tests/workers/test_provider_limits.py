"""Workers and a run in the foreground share what a provider may be asked, through everything that lies between them and it."""

import json
import subprocess
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import anyio
import pytest
from anyio.abc import SocketStream
from anyio.from_thread import start_blocking_portal

from codecompanion.domain.envelope import Event
from codecompanion.ports import WINDOW_S, EventStore
from codecompanion.providers.dev_server.http import Request
from codecompanion.providers.dev_server.server import DevServer
from codecompanion.providers.dev_server.wires.wire import Wire
from codecompanion.storage.postgres import open_postgres
from codecompanion.storage.sqlite import open_sqlite
from command_line import command_line, environment, installed
from projects import SHOP, repository
from providers_bench import KEY, MODELS, script
from redis_server import shared_redis
from shop_team import OBJECTIVE, SOLO
from waiting import wait_until
from worker_process import worker_process

pytestmark = pytest.mark.timeout(300)

RUN = ("run", OBJECTIVE, "--model", MODELS["openai-chat"], "--team", "solo", "--timeout", "100")
ANSWER_S = 0.5
WAITS = "is asked when it is its turn: so much is asked of openai-chat already"


@dataclass(slots=True)
class CountingServer(DevServer):
    """Answers once it is told to and takes its time then; counts how many wait for an answer at once."""

    now: int = 0
    most: int = 0
    began: list[float] = field(default_factory=list[float])
    answers: anyio.Event = field(default_factory=anyio.Event)

    @property
    def environ(self) -> dict[str, str]:
        """What leads programs to it."""
        return {"OPENAI_BASE_URL": f"http://127.0.0.1:{self.port}/v1"}

    async def _give_turn(self, stream: SocketStream, request: Request, wire: Wire) -> None:
        self.began.append(time.monotonic())
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


@dataclass(frozen=True)
class Place:
    """Where workers and commands meet: a log, and what keeps the limits of providers."""

    environ: dict[str, str]
    opened: Callable[[], AbstractAsyncContextManager[tuple[EventStore, object]]]

    def events(self, run_id: str) -> list[Event]:
        async def read() -> list[Event]:
            async with self.opened() as (store, _blobs):
                return await store.read(run_id)

        return anyio.run(read)


@pytest.fixture(params=["a file and Redis", "PostgreSQL alone"])
def place(request: pytest.FixtureRequest, tmp_path: Path, venv_with_pytest: Path) -> Generator[Place]:
    environ = {
        **environment(tmp_path, venv_with_pytest / "bin/python"),
        "CODECOMPANION_MEMORY": "false",
        "OPENAI_API_KEY": KEY,
    }
    if request.param == "PostgreSQL alone":
        url = request.getfixturevalue("postgres_url")
        yield Place({**environ, "CODECOMPANION_DATABASE_URL": url}, partial(open_postgres, url))
        return
    with shared_redis() as bus:
        yield Place({**environ, "CODECOMPANION_BUS_URL": bus}, partial(open_sqlite, tmp_path / "state/log.sqlite3"))


def test_two_workers_and_a_run_in_the_foreground_never_ask_more_at_once_than_one_may(tmp_path: Path, place: Place) -> None:
    shop = repository(tmp_path / "shop", SHOP)
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(counting()) as server:
        environ = {**place.environ, **server.environ, "CODECOMPANION_MAX_PARALLEL_REQUESTS": "openai-chat=1"}
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
            workers = {event.data["worker"] for one in left for event in place.events(one) if event.type == "RunClaimed"}
            assert workers == {a.worker, b.worker}
    assert [here["status"], *(one.json["status"] for one in seen)] == ["verified"] * 3, told + more
    assert len(server.requests) == 3 * len(SOLO)
    assert server.most == 1
    assert WAITS in told


def test_two_workers_never_ask_more_in_a_minute_than_one_may(tmp_path: Path, place: Place) -> None:
    shop, in_a_minute = repository(tmp_path / "shop", SHOP), 5
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(counting()) as server:
        environ = {**place.environ, **server.environ, "CODECOMPANION_REQUESTS_PER_MINUTE": f"openai-chat={in_a_minute}"}
        cli = command_line(environ, shop)
        left = [cli(*RUN, "--detach").stdout.strip() for _ in range(2)]
        with worker_process(environ, tmp_path / "a.log"), worker_process(environ, tmp_path / "b.log"):
            wait_until(lambda: len(server.began) == 2, "both ask")
            portal.call(server.answers.set)
            wait_until(lambda: len(server.began) >= in_a_minute, "all that may be asked is")
            time.sleep(10 * ANSWER_S)  # in which one that did not wait would ask again
            assert server.now == 0
            assert server.began[-1] - server.began[0] < WINDOW_S
            assert len(server.began) == in_a_minute
            for run_id in left:
                cli("cancel", run_id)
