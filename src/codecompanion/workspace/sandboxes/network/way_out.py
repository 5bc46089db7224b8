"""What a command of a cage with allowed hosts is started with, and the proxy that serves it meanwhile."""

import inspect
import socket
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from codecompanion.domain.allowed_hosts import AllowedHost
from codecompanion.workspace.sandboxes.network import inside
from codecompanion.workspace.sandboxes.network.internet import Internet
from codecompanion.workspace.sandboxes.network.proxy import AllowListProxy

PORT = 3128
"""Of the cage's own network, where nobody else is."""
NAMES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
URL = f"http://127.0.0.1:{PORT}"
ENVIRONMENT = {
    **{name: URL for upper in NAMES for name in (upper, upper.lower())},
    "NO_PROXY": "",
    "no_proxy": "",
    "NODE_USE_ENV_PROXY": "1",
}
"""By which programs find the proxy; Node looks at it since its version 24."""
INTERPRETER = Path(sys.executable).resolve()
LISTENING = (str(INTERPRETER), "-I", "-S", "-c", inspect.getsource(inside))
USR = Path("/usr")


@dataclass(frozen=True, slots=True)
class WayOut:
    """Of one cage; all of it is empty where no host is allowed.

    Attributes:
        proxy: What connects to the allowed hosts.
        first: What the command is led by, on its command line.
        fds: What it inherits for that.
        environment: Variables that it has beside its own; of two with one name, these count.
    """

    proxy: AllowListProxy | None = None
    first: tuple[str, ...] = ()
    fds: tuple[int, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict[str, str])


def read_on_the_way(hosts: Sequence[AllowedHost]) -> tuple[Path, ...]:
    """Return what a cage has to show beside its own for the way out: our interpreter, unless it is the system's."""
    return (Path(sys.base_prefix),) if hosts and USR not in INTERPRETER.parents else ()


@asynccontextmanager
async def way_out(hosts: Sequence[AllowedHost], internet: Internet) -> AsyncGenerator[WayOut]:
    """Yield a way out for a command that is started from now on; leaving the context ends the proxy and its connections."""
    if not hosts:
        yield WayOut()
        return
    proxy = AllowListProxy(hosts, internet)
    here, there = socket.socketpair()
    here.settimeout(0)
    failure: Exception | None = None
    with here, there:
        async with anyio.create_task_group() as group:
            group.start_soon(proxy.serve_what_comes_out, here)
            try:
                yield WayOut(proxy, (*LISTENING, str(there.fileno()), str(PORT)), (there.fileno(),), ENVIRONMENT)
            except Exception as error:  # noqa: BLE001 - raised again below, outside the group that would wrap it
                failure = error
            group.cancel_scope.cancel()
    if failure is not None:
        raise failure
