"""Listen, work, and stop in good order."""

import ipaddress
import secrets
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT, SIGTERM
from socket import AF_INET, AF_INET6, IPPROTO_TCP, TCP_NODELAY, create_server
from socket import socket as Socket  # noqa: N812 - it is a class

import anyio
import uvicorn
from fastapi import FastAPI

from codecompanion.api.application import application
from codecompanion.api.buckets import Buckets
from codecompanion.api.metrics import Metrics
from codecompanion.api.server import Server
from codecompanion.api.shell import Rules
from codecompanion.api.tail import Tail
from codecompanion.domain.errors import EnvironmentBroken, PolicyRefused
from codecompanion.ports import Sandbox
from codecompanion.runs.errands import Errands
from codecompanion.runs.standing import OpenRuns
from codecompanion.runs.tokens import Tokens
from codecompanion.runs.views import Views
from codecompanion.runs.worker import Worker
from codecompanion.runs.worker_home import worker_home
from codecompanion.wiring import App

DRAIN_S = 30
BURST_S = 4
"""A client may send at once what it may send in so many seconds."""
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Listening:
    """Where and for whom a server listens. `rate` is requests a second for each client, 0 for no limit."""

    host: str
    port: int
    repos: tuple[Path, ...]
    workers: int
    host_names: Sequence[str] = ()
    rate: float = 50.0

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


async def serve(
    app: App, where: Listening, sandbox: Sandbox, ready: Callable[[str], None], tell: Callable[[str], None]
) -> None:
    """Serve until the process is told to stop; runs that are under way go on with the next server, or with another worker.

    `ready` is told the address, `tell` which runs are taken and let go of.

    Raises:
        PolicyRefused: It would listen beyond this machine, and no token was handed out.
        EnvironmentBroken: The address cannot be had.
        HistoryRegressed: The log has lost what was acknowledged.
    """
    if app.acknowledged is not None:
        await app.acknowledged.require()
    tokens = Tokens(app.store, app.clock)
    if not where.is_local and not await tokens.any_holds():
        raise PolicyRefused(
            f"{where.host} can be reached from other machines, and no token was handed out",
            fix="codecompanion auth token create NAME makes one; or listen on 127.0.0.1",
        )
    tail, views, metrics = Tail(app.store, app.bus, app.nearby), Views(app.store), Metrics()
    errands = Errands(app.clock)
    app.watchers.add(metrics.runs)
    async with worker_home(app, app.clock.new_id()) as home, anyio.create_task_group() as tasks:
        worker = Worker(app, sandbox, home, where.workers, tell, errands=errands)
        server = Server(
            app=app,
            worker=worker,
            tokens=tokens,
            views=views,
            open_runs=OpenRuns(app.store, views),
            tail=tail,
            metrics=metrics,
            errands=errands,
            repos=where.repos,
            open_here=where.is_local,
            key=secrets.token_hex(32),
        )
        tasks.start_soon(tail.follow)
        with listening_socket(where) as socket:
            ready(_address(where, socket))
            tasks.start_soon(worker.run)
            web = _Web(application(server, _rules(where)))
            tasks.start_soon(_stop_on_signal, web, tail)
            await web.serve(sockets=[socket])
        await worker.drain()
        tasks.cancel_scope.cancel()


def _rules(where: Listening) -> Rules:
    names = LOCAL_NAMES if where.is_local else frozenset({where.host.lower()})
    burst = max(1, int(where.rate * BURST_S))
    return Rules(frozenset({*names, *(name.lower() for name in where.host_names)}), Buckets(where.rate, burst))


def listening_socket(where: Listening) -> Socket:
    """Return the socket that a server listens on; its connections send each piece of an answer at once.

    Raises:
        EnvironmentBroken: The address cannot be listened on.
    """
    family = AF_INET6 if ":" in where.host else AF_INET
    try:
        socket = create_server((where.host, where.port), family=family, backlog=2048)
    except (OSError, UnicodeError) as error:
        raise EnvironmentBroken(
            f"{where.host} port {where.port} cannot be listened on", cause=str(error), fix="choose another with --port"
        ) from error
    # Connections inherit it; without it a body waits 40 ms for the client to acknowledge the head, on every kept connection.
    socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    return socket


def _address(where: Listening, socket: Socket) -> str:
    host = f"[{where.host}]" if ":" in where.host else where.host
    return f"http://{host}:{socket.getsockname()[1]}"


class _Web(uvicorn.Server):
    """Uvicorn, but signals are ours: its own way would end the process before the runs are let go of."""

    def __init__(self, api: FastAPI) -> None:
        super().__init__(
            uvicorn.Config(
                api,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=DRAIN_S,
                lifespan="off",
                ws="none",
            )
        )

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Take none."""
        yield


async def _stop_on_signal(web: _Web, tail: Tail) -> None:
    with anyio.open_signal_receiver(SIGINT, SIGTERM) as signals:
        async for _ in signals:
            web.force_exit = web.should_exit  # the second signal waits for nobody
            web.should_exit = True
            tail.close()  # streams never end by themselves
