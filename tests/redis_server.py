"""A Redis for the tests: names of our own on the server that is there, or a server of our own that may be killed.

`CODECOMPANION_TEST_REDIS` names a server. In CI its absence is a failure, elsewhere the tests that need it are skipped.
"""

import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis

SERVER = os.environ.get("CODECOMPANION_TEST_REDIS", "redis://127.0.0.1:6379")
START = "docker run -d -p 127.0.0.1:6379:6379 redis:7"


def missing(reason: str) -> None:
    """Skip a test that lacks a server, or in CI let it fail."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def shared_redis() -> Generator[str]:
    """Return the URL of the server that is there, with a prefix of our own; what was kept under it is removed at the end."""
    prefix = f"codecompanion-test-{secrets.token_hex(6)}"
    client: Any = redis.Redis.from_url(SERVER)  # pyright: ignore[reportUnknownMemberType] # its options have no type
    with client:
        try:
            client.ping()
        except redis.RedisError as error:
            missing(f"no Redis at {SERVER} ({error}); start one: {START}")
        yield f"{SERVER}?prefix={prefix}"
        for key in client.scan_iter(f"{prefix}:*"):
            client.delete(key)


class PrivateRedis:
    """A Redis without persistence that a test may kill. It listens on a socket file."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "redis.sock"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"unix://{self.socket}"

    def start(self, *options: str) -> None:
        """Start it, and wait until it answers."""
        self.socket.unlink(missing_ok=True)
        argv = ["redis-server", "--port", "0", "--unixsocket", str(self.socket), "--save", "", "--dir", str(self._folder)]
        self._process = subprocess.Popen([*argv, *options], stdout=subprocess.DEVNULL)
        ends_at = time.monotonic() + 10
        while not self._answers():
            assert time.monotonic() < ends_at, "redis-server does not answer"
            time.sleep(0.005)

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def client(self) -> Any:
        """Return a client of it."""
        return redis.Redis(unix_socket_path=str(self.socket), decode_responses=True)

    def kill(self) -> None:
        """Kill it: what it held is gone."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None


@contextmanager
def private_redis(folder: Path) -> Generator[PrivateRedis]:
    """Run a Redis of our own."""
    if shutil.which("redis-server") is None:
        missing("no redis-server on the PATH; apt-get install redis-server")
    server = PrivateRedis(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()
