"""Workers: how long a run stands still when one dies, how many tasks several of them do, and what waiting runs cost them.

    PYTHONPATH=tests python benchmarks/workers.py [--postgres SERVER] [--rounds 3] [--parts recovery scaling idle] [--dry]

recovery: two workers, one run; the one that works on it is killed (SIGKILL: its lock is free at once, which only workers of its
machine see) or stopped (SIGSTOP: nothing tells but that its lease of 15 seconds passes, as when its machine is cut off).
Measured from the signal to the other's claim, and to the end of the run, which is verified each time. Figures are medians.

scaling: 1, 2 and 4 processes that are workers in all but their engine, which takes a nap of 50 ms for a task, see
`napping_worker.py`, with one PostgreSQL and one Redis: tasks done in a second, in runs of ten tasks and of one, from the tenth
part of them to the ninth. A run is claimed, journaled, ended and learned from: for one nap that is about as much again.

idle: a worker and a server beside 0 and 10,000 runs that are paused or wait for an approval: the CPU seconds that each uses in
a minute once it has read the log, and how long a scrape of the server's figures takes.
"""

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import anyio
import anyio.from_thread
import idle_runs
import naps
from log import machine, row, save
from orchestration import new_place

from codecompanion.domain.envelope import Event
from codecompanion.storage.postgres import open_postgres
from codecompanion.storage.sqlite import open_sqlite
from command_line import command_line, environment
from projects import SHOP, repository
from redis_server import shared_redis
from waiting import wait_until
from worker_process import worker_process

HEADINGS = {"recovery": "## Workers", "scaling": "## Tasks of 50 ms", "idle": "## Runs that wait"}
WAYS = {"killed": signal.SIGKILL, "stopped": signal.SIGSTOP}
FIX = ("run", "fix the failing tests", "--detach")


async def events(url: str, state: Path, run_id: str) -> list[Event]:
    """Return the events of a run."""
    async with open_postgres(url) if url else open_sqlite(state / "log.sqlite3") as (store, _blobs):
        return await store.read(run_id)


def claimants(read: Callable[[], list[Event]]) -> list[str]:
    """Return who claimed the run, in order."""
    return [event.data["worker"] for event in read() if event.type == "RunClaimed"]


def recovery(folder: Path, url: str, how: signal.Signals) -> tuple[float, float]:
    """Return the seconds until the other worker has the run, and until it has ended."""
    environ = {**environment(folder, Path(sys.executable)), "CODECOMPANION_DATABASE_URL": url}
    cli = command_line(environ, repository(folder / "shop", dict(SHOP)))
    with worker_process(environ, folder / "a.log") as a, worker_process(environ, folder / "b.log") as b:
        run_id = cli(*FIX).stdout.strip()

        def read() -> list[Event]:
            return anyio.run(events, url, folder / "state", run_id)

        wait_until(lambda: any(event.type == "ToolIntended" for event in read()), "under way")
        holder = next(one for one in (a, b) if one.worker == claimants(read)[0])
        begun = time.perf_counter()
        holder.signal(how)
        wait_until(lambda: len(claimants(read)) > 1, "claimed anew")
        claimed = time.perf_counter() - begun
        assert cli("attach", run_id, "--json").json["status"] == "verified"
        return claimed, time.perf_counter() - begun


@contextmanager
def place(server: str) -> Generator[tuple[Path, str]]:
    """Lend a new folder, and a new database of the server; "" is for a file in the folder."""
    with TemporaryDirectory() as folder:
        if not server:
            yield Path(folder), ""
            return
        base = Path(folder)
        with (
            anyio.from_thread.start_blocking_portal() as portal,
            portal.wrap_async_context_manager(new_place("PostgreSQL", base, server)) as url,
        ):
            yield base, url


def recoveries(servers: tuple[str, ...], rounds: int) -> list[str]:
    """Return how long a run stands still when its worker dies or falls silent."""
    lines = [row("log", "the worker is", "claimed anew after, s", "run ended after, s"), row("---", "---", "---:", "---:")]
    for server in servers:
        for name, how in WAYS.items():
            figures: list[tuple[float, float]] = []
            for _ in range(rounds):
                with place(server) as (folder, url):
                    figures.append(recovery(folder, url, how))
            claimed, ended = (median(one[part] for one in figures) for part in (0, 1))
            lines.append(row("PostgreSQL" if server else "SQLite", name, f"{claimed:.1f}", f"{ended:.1f}"))
            print(lines[-1], flush=True)
    return lines


def scaling(server: str, rounds: int, tasks_each: int) -> list[str]:
    """Return how many tasks of 50 ms 1, 2 and 4 workers do in a second; the rounds are interleaved."""
    figures: dict[tuple[int, int], list[naps.Figures]] = {}
    with shared_redis() as bus:
        for number in range(rounds):
            for tasks in naps.TASKS_OF_A_RUN:
                for workers in naps.WORKERS:
                    with place(server) as (folder, url):
                        measured = naps.throughput(folder, url, bus, workers, tasks, tasks_each=tasks_each)
                    figures.setdefault((tasks, workers), []).append(measured)
                    print(number, tasks, workers, {key: round(value, 1) for key, value in measured.items()}, flush=True)
    return naps.table(figures)


def idleness(servers: tuple[str, ...], runs: int, seconds: float) -> list[str]:
    """Return what a worker and a server use beside no run, and beside many that wait for a person."""
    figures: dict[tuple[str, int], naps.Figures] = {}
    for server in servers:
        for many in (0, runs):
            with place(server) as (folder, url):
                measured = idle_runs.at_rest(folder, url, many, seconds)
            figures["PostgreSQL" if server else "SQLite", many] = measured
            print(server, many, {key: round(value, 2) for key, value in measured.items()}, flush=True)
    return idle_runs.table(figures)


def main() -> None:
    """Measure, print the tables and keep them in RESULTS.md, each under its heading."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgres", default="", metavar="SERVER")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--parts", nargs="+", choices=HEADINGS, default=list(HEADINGS))
    parser.add_argument("--tasks", type=int, default=150, help="of each worker in a round of `scaling`")
    parser.add_argument("--runs", type=int, default=10_000, help="that wait in `idle`")
    parser.add_argument("--seconds", type=float, default=60.0, help="that `idle` measures")
    parser.add_argument("--dry", action="store_true", help="print, and leave RESULTS.md as it is")
    asked = parser.parse_args()
    servers = ("", asked.postgres) if asked.postgres else ("",)
    parts: dict[str, tuple[str, Callable[[], list[str]]]] = {
        "recovery": (f"--rounds {asked.rounds}", partial(recoveries, servers, asked.rounds)),
        "scaling": (
            f"--rounds {asked.rounds} --tasks {asked.tasks}",
            partial(scaling, asked.postgres, asked.rounds, asked.tasks),
        ),
        "idle": (f"--runs {asked.runs} --seconds {asked.seconds:g}", partial(idleness, servers, asked.runs, asked.seconds)),
    }
    for part in asked.parts:
        if part == "scaling" and not asked.postgres:
            continue  # a file has one writer at a time, whoever that is
        load, (options, measure) = os.getloadavg()[0], parts[part]
        server = "--postgres SERVER " if asked.postgres else ""
        command = f"PYTHONPATH=tests python benchmarks/workers.py {server}--parts {part} {options}"
        text = "\n".join([HEADINGS[part], "", f"`{command}` ({machine(load)})", "", *measure()])
        print(text)
        if not asked.dry:
            save(text, HEADINGS[part])


if __name__ == "__main__":
    main()
