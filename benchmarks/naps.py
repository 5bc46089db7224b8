"""How many tasks of 50 ms several workers do in a second, with one PostgreSQL and one Redis; part of `workers.py`."""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from statistics import median

import anyio
from log import Ids, row

from codecompanion.bus.mock import MockBus
from codecompanion.domain.commands import StartRun
from codecompanion.domain.envelope import Event
from codecompanion.domain.events import RunQueued, RunStarted
from codecompanion.orchestrator.orchestrator import EventSourcedOrchestrator
from codecompanion.storage.postgres import open_postgres
from command_line import environment
from histories import REQUEST
from projects import git, repository

WORKERS = (1, 2, 4)
TASKS_OF_A_RUN = (10, 1)
GOAL = 3.5
WORKER = Path(__file__).with_name("napping_worker.py")
WARMING = 3
"""So many runs for each worker go before: what the first one needs is imported with it."""
LOOK_EVERY_S = 0.25
LONGEST_S = 300.0
Figures = dict[str, float]


def cpu_s(pid: int) -> float:
    """Return the CPU seconds that a process and its ended children have used."""
    words = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return sum(map(int, words[11:15])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def napping(environ: Mapping[str, str], tasks: int, log: Path) -> Generator["subprocess.Popen[bytes]"]:
    """Run a worker whose tasks are naps until the block ends."""
    with log.open("wb") as said:
        process = subprocess.Popen([sys.executable, str(WORKER), str(tasks)], env=environ, stdout=subprocess.PIPE, stderr=said)
    assert process.stdout is not None
    try:
        assert process.stdout.readline(), log.read_text(encoding="utf-8")
        yield process
    finally:
        process.terminate()
        process.wait(40)
        process.stdout.close()


def throughput(folder: Path, url: str, bus: str, workers: int, tasks: int, *, tasks_each: int) -> Figures:
    """Let workers do as many tasks each, and return how many were done in a second while all were at work."""
    repo = repository(folder / "shop", {"shop.py": "x = 1\n"})
    request = REQUEST.model_copy(update={"repo": str(repo), "base_commit": git(repo, "rev-parse", "HEAD").strip()})
    places = {"CODECOMPANION_DATABASE_URL": url, "CODECOMPANION_BUS_URL": bus, "CODECOMPANION_MEMORY": "false"}
    environ = {**os.environ, **environment(folder, Path(sys.executable)), **places}
    with ExitStack() as stack:
        processes = [stack.enter_context(napping(environ, tasks, folder / f"{number}.log")) for number in range(workers)]
        anyio.run(_carried_out, url, request, 0, WARMING * workers)
        before = sum(cpu_s(process.pid) for process in processes)
        events = anyio.run(_carried_out, url, request, WARMING * workers, max(2, workers * tasks_each // tasks))
        used_s = sum(cpu_s(process.pid) for process in processes) - before
    ended = Counter(event.type for event in events)
    done = sorted(datetime.fromisoformat(event.recorded_at).timestamp() for event in events if event.type == "TaskCompleted")
    assert ended["RunCompleted"] * tasks == len(done), ended
    first, last = len(done) // 10, len(done) * 9 // 10  # the first workers begin before the last, and end after it
    return {"tasks_per_s": (last - first) / (done[last] - done[first]), "cpu_ms": 1000 * used_s / len(done)}


async def _carried_out(url: str, request: RunStarted, first: int, runs: int) -> list[Event]:
    """Leave runs to the workers, and return what was recorded until the last of them was over."""
    over, events = 0, list[Event]()
    async with open_postgres(url) as (store, _blobs):
        ours = EventSourcedOrchestrator(store, Ids, MockBus(), redact=dict)
        after = await store.last_position()
        for number in range(first, first + runs):
            command = StartRun(request, RunQueued(principal=f"user:{number % 3}"))
            await ours.handle(f"20260105-090000-{number:04x}", command, actor="user")
        ends_at = time.monotonic() + LONGEST_S
        while over < runs:
            assert time.monotonic() < ends_at, f"{over} of {runs} runs are over"
            await anyio.sleep(LOOK_EVERY_S)
            while page := await store.read_all(after_position=after, limit=1000):
                events += page
                over += sum(event.type in ("RunCompleted", "RunFailed", "RunPaused", "RunCancelled") for event in page)
                after = page[-1].position
    return events


def table(figures: Mapping[tuple[int, int], list[Figures]]) -> list[str]:
    """Return the medians of the rounds, by the tasks of a run and the number of workers, and the ratio to one worker."""
    lines = [
        row("tasks of a run", "workers", "tasks/s", "of one worker", "goal", "CPU of the workers, ms a task"),
        row(*["---:"] * 6),
    ]
    for (tasks, workers), rounds in figures.items():
        per_s, cpu_ms = (median(one[key] for one in rounds) for key in ("tasks_per_s", "cpu_ms"))
        alone = figures[tasks, WORKERS[0]]
        ratio = median(one["tasks_per_s"] / other["tasks_per_s"] for one, other in zip(rounds, alone, strict=True))
        goal = f">= {GOAL}" if workers == max(WORKERS) else ""
        lines.append(row(tasks, workers, f"{per_s:.1f}", f"{ratio:.2f}", goal, f"{cpu_ms:.1f}"))
    return lines
