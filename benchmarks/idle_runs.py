"""What runs that wait for a person cost a worker and a server that stand beside them; part of `workers.py`."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path

import anyio
from log import Ids, row
from naps import Figures, cpu_s

from api_server import api_server
from codecompanion.bus.mock import MockBus
from codecompanion.domain.commands import PauseRun, Record, StartRun
from codecompanion.domain.events import ApprovalRequested, RunQueued
from codecompanion.orchestrator.orchestrator import EventSourcedOrchestrator
from codecompanion.storage.postgres import open_postgres
from codecompanion.storage.sqlite import open_sqlite
from command_line import environment
from histories import REQUEST
from projects import repository
from worker_process import worker_process

AT_ONCE = 32
MINUTE_S = 60.0
REST_S = 3.0
AT_REST = 0.03
"""So much of a core is used by who is not looking through the log any more."""
ASKS = ApprovalRequested(subject="pip install x", reason="it installs packages", waits=True)


async def fill(url: str, state: Path, runs: int) -> None:
    """Record runs that were left to workers: one half is paused, the other waits for an approval."""
    numbers = count()
    async with open_postgres(url) if url else open_sqlite(state / "log.sqlite3") as (store, _blobs):
        ours = EventSourcedOrchestrator(store, Ids, MockBus(), redact=dict)

        async def some() -> None:
            while (number := next(numbers)) < runs:
                run_id = f"20260105-{number // 10_000:06}-{number % 10_000:04}"
                await ours.handle(run_id, StartRun(REQUEST, RunQueued(principal="user:x")), actor="user")
                await ours.handle(run_id, Record(ASKS) if number % 2 else PauseRun("paused"), actor="user")
                ours.forget(run_id)

        async with anyio.create_task_group() as tasks:
            for _ in range(AT_ONCE):
                tasks.start_soon(some)


@contextmanager
def attached(folder: Path, url: str) -> Generator[tuple[int, int, Callable[[], float]]]:
    """Give the ids of the processes of a worker and a server, and what scrapes the server's figures and returns the seconds."""
    # no forks of one that has imported all: the processes have to be their own
    environ = {**environment(folder, Path("python3")), "CODECOMPANION_DATABASE_URL": url, "PYTHONHASHSEED": "0"}
    shop = repository(folder / "shop", {"shop.py": "x = 1\n"})
    with (
        worker_process(environ, folder / "worker.log") as worker,
        api_server(environ, shop) as server,
        server.client() as client,
    ):

        def scrape() -> float:
            begun = time.perf_counter()
            client.get("/metrics", timeout=300).raise_for_status()
            return time.perf_counter() - begun

        yield worker.process.pid, server.process.pid, scrape


def until_at_rest(*pids: int) -> None:
    """Wait until processes have seen what there was when they began."""
    used = 1.0
    while used > AT_REST * REST_S:
        before = sum(map(cpu_s, pids))
        time.sleep(REST_S)
        used = sum(map(cpu_s, pids)) - before


def at_rest(folder: Path, url: str, runs: int, seconds: float) -> Figures:
    """Return what a worker and a server use beside so many runs that wait, in CPU seconds a minute, and what beginning took."""
    anyio.run(partial(fill, url, folder / "state", runs))
    with attached(folder, url) as (worker, server, scrape):
        until_at_rest(worker, server)
        first_s = scrape()
        again_s = min(scrape() for _ in range(5))
        begun = {pid: cpu_s(pid) for pid in (worker, server)}
        time.sleep(seconds)
        used = {pid: (cpu_s(pid) - begun[pid]) * MINUTE_S / seconds for pid in (worker, server)}
    return {
        "worker": used[worker],
        "server": used[server],
        "worker_begins": begun[worker],
        "first_ms": 1000 * first_s,
        "again_ms": 1000 * again_s,
    }


def table(figures: dict[tuple[str, int], Figures]) -> list[str]:
    """Return a line for each log and number of runs."""
    head = ("log", "runs that wait", "worker, CPU s a minute", "server, CPU s a minute")
    more = ("worker until then, CPU s", "first scrape of /metrics, ms", "later ones, ms")
    lines = [row(*head, *more), row("---", *["---:"] * 6)]
    for (log, runs), one in figures.items():
        cells = [f"{one['worker']:.2f}", f"{one['server']:.2f}", f"{one['worker_begins']:.1f}"]
        lines.append(row(log, f"{runs:,}", *cells, f"{one['first_ms']:,.0f}", f"{one['again_ms']:,.0f}"))
    return lines
