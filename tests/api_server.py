"""A real `codecompanion serve` for tests, in a process of its own."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2

from command_line import installed

ENDED = ("verified", "partial", "unverified", "failed", "nothing_to_do", "cancelled")


@dataclass(frozen=True)
class ApiServer:
    """A server that answers at `url`, with its log in a file."""

    process: "subprocess.Popen[bytes]"
    url: str
    log: Path

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2])

    def client(self, token: str = "") -> httpx2.Client:
        """Return a client, with a token or without."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx2.Client(base_url=self.url, headers=headers, timeout=30)

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait()
        while self._is_listening():  # it may be a fork that ends a moment after the process which stands for it
            time.sleep(0.01)

    def _is_listening(self) -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self, within_s: float = 30) -> int:
        """Ask it to stop and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(within_s)


@contextmanager
def api_server(environ: Mapping[str, str], repo: Path, *options: str, port: int = 0) -> Generator[ApiServer]:
    """Serve a repository until the block ends."""
    whole = {**os.environ, **environ}
    command = [*installed(whole), "serve", "-C", str(repo), "--port", str(port), *options]
    log = (repo.parent / "serve.log").open("ab")
    process = subprocess.Popen(command, env=whole, stdout=subprocess.PIPE, stderr=log)
    assert process.stdout is not None
    try:
        url = process.stdout.readline().decode().strip()
        assert url.startswith("http://"), (repo.parent / "serve.log").read_text(encoding="utf-8")
        yield ApiServer(process, url, Path(whole["CODECOMPANION_STATE_DIR"], "log.sqlite3"))
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(40)
        finally:
            process.kill()
            process.stdout.close()
            log.close()


def key() -> dict[str, str]:
    """Return the header of a request that was never sent before."""
    return {"Idempotency-Key": str(uuid4())}


def begin(client: httpx2.Client, **body: Any) -> str:
    """Begin a run and return its id."""
    answer = client.post("/v1/runs", json={"objective": "fix the failing tests", **body}, headers=key())
    assert answer.status_code == 202, answer.text
    return answer.json()["run_id"]


def wait_for(client: httpx2.Client, run_id: str, *statuses: str, limit_s: float = 90) -> dict[str, Any]:
    """Return a run once it has one of these statuses."""
    until = time.monotonic() + limit_s
    while True:
        run = client.get(f"/v1/runs/{run_id}").json()
        if run["status"] in statuses:
            return run
        assert time.monotonic() < until, run
        time.sleep(0.1)
