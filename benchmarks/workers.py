"""How long a run stands still when its worker dies: on the same machine, and where only the lease tells.

    PYTHONPATH=tests python benchmarks/workers.py [--postgres SERVER] [--rounds 3]

Two workers, one run; the one that works on it is killed (SIGKILL: its lock is free at once, which only workers of its machine
see) or stopped (SIGSTOP: nothing tells but that its lease of 15 seconds passes, as when its machine is cut off). Measured from
the signal to the other's claim, and to the end of the run, which is verified each time. Figures are medians.
"""

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import anyio
import anyio.from_thread
from log import machine, row, save
from orchestration import new_place

from codecompanion.domain.envelope import Event
from codecompanion.storage.postgres import open_postgres
from codecompanion.storage.sqlite import open_sqlite
from command_line import command_line, environment
from projects import SHOP, repository
from worker_process import wait_until, worker_process

HEADING = "## Workers"
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


def main() -> None:
    """Measure, print the table and keep it in RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgres", default="", metavar="SERVER")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    load = os.getloadavg()[0]
    lines = [row("log", "the worker is", "claimed anew after, s", "run ended after, s"), row("---", "---", "---:", "---:")]
    for server in ("", asked.postgres) if asked.postgres else ("",):
        for name, how in WAYS.items():
            figures: list[tuple[float, float]] = []
            for _ in range(asked.rounds):
                with place(server) as (folder, url):
                    figures.append(recovery(folder, url, how))
            claimed, ended = (median(one[part] for one in figures) for part in (0, 1))
            lines.append(row("PostgreSQL" if server else "SQLite", name, f"{claimed:.1f}", f"{ended:.1f}"))
            print(lines[-1], flush=True)
    command = f"PYTHONPATH=tests python benchmarks/workers.py --postgres SERVER --rounds {asked.rounds}"
    text = "\n".join([HEADING, "", f"`{command}` ({machine(load)})", "", *lines])
    print(text)
    save(text, HEADING)


if __name__ == "__main__":
    main()
