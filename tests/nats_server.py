"""A NATS with JetStream for the tests: streams of our own on the server that is there.

`CODECOMPANION_TEST_NATS` names a server. In CI its absence is a failure, elsewhere the tests that need it are skipped.
"""

import os
import secrets
import shutil
import subprocess
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from socket import create_connection, create_server
from typing import Any

import nats
import nats.errors
from nats.js.errors import NotFoundError

from redis_server import missing

SERVER = os.environ.get("CODECOMPANION_TEST_NATS", "nats://127.0.0.1:4222")
START = "docker run -d -p 127.0.0.1:4222:4222 nats:2.9 -js"


@asynccontextmanager
async def shared_nats() -> AsyncGenerator[str]:
    """Return the URL of the server that is there, with a prefix of our own; its streams are removed at the end."""
    prefix = f"codecompanion-test-{secrets.token_hex(6)}"
    try:
        client: Any = await nats.connect(SERVER, allow_reconnect=False, connect_timeout=2)  # pyright: ignore[reportUnknownMemberType] # its options have no type
        await client.jetstream().account_info()
    except (nats.errors.Error, OSError) as error:
        missing(f"no NATS with JetStream at {SERVER} ({error}); start one: {START}")
        raise
    try:
        yield f"{SERVER}?prefix={prefix}"
    finally:
        for stream in (prefix, f"{prefix}_dead"):
            with suppress(NotFoundError):
                await client.jetstream().delete_stream(stream)
        await client.close()


class PrivateNats:
    """A NATS with JetStream that a test may kill; it forgets everything then."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with create_server(("127.0.0.1", 0)) as listener:
            self._port: int = listener.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"nats://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it, and wait until it listens."""
        argv = ["nats-server", "-js", "-sd", str(self._folder / secrets.token_hex(4)), "-a", "127.0.0.1", "-p", str(self._port)]
        self._process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        ends_at = time.monotonic() + 10
        while not self._listens():
            assert time.monotonic() < ends_at, "nats-server does not listen"
            time.sleep(0.01)

    def _listens(self) -> bool:
        try:
            create_connection(("127.0.0.1", self._port), timeout=1).close()
        except OSError:
            return False
        return True

    def kill(self) -> None:
        """Kill it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def private_nats(folder: Path) -> Generator[PrivateNats]:
    """Run a NATS of our own."""
    if shutil.which("nats-server") is None:
        missing("no nats-server on the PATH; apt-get install nats-server")
    server = PrivateNats(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()
