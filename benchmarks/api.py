"""How fast the API answers under 1, 16 and 64 clients, beside a bare FastAPI route in the same run.

    python benchmarks/api.py [--rounds 3] [--seconds 3] [--runs 50]

The log holds runs of a hundred events each. Every client keeps one connection open and asks again as soon as it has its answer.
`create` begins a run each time; one of them after the other is worked on meanwhile, and the log grows by them. The rounds are
interleaved, so that a noisy machine is noisy for all; figures are medians of the rounds. Server and clients share the machine,
and a client costs about as much as a bare route.
"""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from uuid import uuid4

import anyio
from log import machine, row, save, step

from codecompanion.clock import SystemClock
from codecompanion.domain.envelope import Draft
from codecompanion.domain.events import RunStarted, encode
from codecompanion.storage.sqlite import open_sqlite

HEADING = "## The API"
CLIENTS = (1, 16, 64)
EVENTS = 100
MOST_BEGUN = 16
"""The server refuses to begin many more at once: 503, with the word to come again."""
COMMAND = Path(sys.executable).with_name("codecompanion")
BARE = """
import sys, uvicorn
from fastapi import FastAPI
app = FastAPI()
BODY = {"runs": [{"run_id": f"run-{n}", "status": "verified", "objective": "fix the failing tests"} for n in range(20)]}
@app.get("/bare")
async def bare() -> dict[str, object]:
    return BODY
uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False)
"""
"""A route that does nothing but answer, served as ours is; its body is as long as a short page of runs."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of which server."""

    name: str
    port: int
    method: str
    path: str
    body: bytes = b""
    most: int = max(CLIENTS)

    def encoded(self) -> bytes:
        """Return the bytes of one request; one that begins something has a key of its own."""
        head = f"{self.method} {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
        if self.body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(self.body)}\r\nIdempotency-Key: {uuid4()}\r\n"
        return head.encode() + b"\r\n" + self.body


async def client(asked: Request, until: float, latencies: list[float]) -> None:
    """Ask over one connection, again and again."""
    reader, writer = await asyncio.open_connection("127.0.0.1", asked.port)
    while time.perf_counter() < until:
        begun = time.perf_counter()
        writer.write(asked.encoded())
        head = await reader.readuntil(b"\r\n\r\n")
        status = head.split(b" ", 2)[1]
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        body = await reader.readexactly(int(length.split(b":")[1]))
        assert status in {b"200", b"202"}, body
        latencies.append(time.perf_counter() - begun)
    writer.close()


async def load(asked: Request, clients: int, seconds: float) -> dict[str, float]:
    """Return answers a second, and milliseconds of one."""
    latencies: list[float] = []
    begun = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(clients):
            tasks.create_task(client(asked, begun + seconds, latencies))
    spent = time.perf_counter() - begun
    cuts = quantiles(latencies, n=100)
    return {"rps": len(latencies) / spent, "p50_ms": 1000 * cuts[49], "p99_ms": 1000 * cuts[98]}


async def fill(state: Path, repo: Path, runs: int) -> str:
    """Write runs into a log and return the id of one."""
    clock = SystemClock()
    request = RunStarted(objective="x", repo=str(repo), base_commit="0" * 40, model="builtin", timeout_s=600)
    async with open_sqlite(state / "log.sqlite3") as (store, _):
        for number in range(runs):
            at = "2026-01-05T09:00:00.000000Z"
            drafts = [Draft(clock.new_id(), "RunStarted", request.schema_version, at, encode(request), "user")]
            drafts += [Draft(clock.new_id(), "CommandExecuted", 1, at, step(count), "engine") for count in range(EVENTS - 1)]
            await store.append(f"20260105-0900{number:02d}-{number:04x}", drafts, expected_version=0)
    return "20260105-090000-0000"


def repository(folder: Path) -> Path:
    """Return a repository with one commit."""
    folder.mkdir()
    (folder / "shop.py").write_text("x = 1\n")
    identity = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"]
    for words in (["init", "-q", "-b", "main"], ["add", "."], [*identity, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", "-C", str(folder), *words], check=True)
    return folder


@contextmanager
def serving(command: list[str], environ: dict[str, str], port: int) -> Generator[None]:
    """Run a server until the block ends."""
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def wait_for(port: int) -> None:
    """Wait until a port is listened on."""

    async def connected() -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        writer.close()
        return True

    while not asyncio.run(connected()):
        time.sleep(0.1)


def measure(asked: argparse.Namespace, folder: Path) -> dict[tuple[str, int], list[dict[str, float]]]:
    """Let every route be asked once a round by each number of clients."""
    repo, state = repository(folder / "shop"), folder / "state"
    state.mkdir()
    run_id = anyio.run(fill, state, repo, asked.runs)
    ours, bare = asked.port, asked.port + 1
    environ = {**os.environ, "CODECOMPANION_STATE_DIR": str(state), "CODECOMPANION_MEMORY": "off"}
    command = [str(COMMAND), "serve", "-C", str(repo), "--port", str(ours), "--rate", "0", "--workers", "1"]
    new = json.dumps({"objective": "fix the failing tests"}).encode()
    requests = [
        Request("bare route", bare, "GET", "/bare"),
        Request("list runs", ours, "GET", "/v1/runs?limit=20"),
        Request("show a run", ours, "GET", f"/v1/runs/{run_id}"),
        Request("page of events", ours, "GET", f"/v1/runs/{run_id}/events?limit=50"),
        Request("create a run", ours, "POST", "/v1/runs", new, MOST_BEGUN),
    ]
    figures: dict[tuple[str, int], list[dict[str, float]]] = {}
    with serving(command, environ, ours), serving([sys.executable, "-c", BARE, str(bare)], environ, bare):
        for number in range(asked.rounds):
            for request in requests:
                for clients in (clients for clients in CLIENTS if clients <= request.most):
                    measured = asyncio.run(load(request, clients, asked.seconds))
                    figures.setdefault((request.name, clients), []).append(measured)
                    print(
                        number, request.name, clients, {name: round(value, 2) for name, value in measured.items()}, flush=True
                    )
    return figures


def table(figures: dict[tuple[str, int], list[dict[str, float]]]) -> list[str]:
    """Return the figures, with the ratio of each route's throughput to that of the bare one."""
    lines = [
        row("route", "clients", "answers/s", "of the bare route", "p50 ms", "p99 ms", "p99 / p50"),
        row("---", *["---:"] * 6),
    ]
    for (name, clients), rounds in figures.items():
        pairs = zip(rounds, figures["bare route", clients], strict=True)
        ratio = median(one["rps"] / bare["rps"] for one, bare in pairs)
        rps, p50, p99 = (median(one[key] for one in rounds) for key in ("rps", "p50_ms", "p99_ms"))
        lines.append(row(name, clients, f"{rps:,.0f}", f"{ratio:.2f}", f"{p50:.2f}", f"{p99:.2f}", f"{p99 / p50:.1f}"))
    return lines


def main() -> None:
    """Measure, print the table and keep it in RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--port", type=int, default=8461, help="this and the next one are listened on")
    asked = parser.parse_args()
    load_before = os.getloadavg()[0]
    with TemporaryDirectory() as folder:
        lines = table(measure(asked, Path(folder)))
    command = f"python benchmarks/api.py --rounds {asked.rounds} --seconds {asked.seconds:g} --runs {asked.runs}"
    text = "\n".join([HEADING, "", f"`{command}` ({machine(load_before)})", "", *lines])
    print(text)
    save(text, HEADING)


if __name__ == "__main__":
    main()
