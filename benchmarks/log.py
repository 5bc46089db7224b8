"""How fast the log is: appended steps per second beside bare sqlite3 and `eventsourcing`, and the time of a fold.

    python benchmarks/log.py [--rounds 9] [--steps 400] [--folder .]

Every contestant commits to a new file on the same disk with synchronous=FULL. The rounds are interleaved, so that a
noisy machine is noisy for all; a figure is the median of the rounds, a ratio the median of the rounds' ratios.
"""

import argparse
import os
import platform
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

import anyio
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from codecompanion.bus.mock import MockBus
from codecompanion.clock import SystemClock
from codecompanion.domain.checks import Counts
from codecompanion.domain.envelope import GENESIS_HASH, Draft, canonical_json
from codecompanion.domain.envelope import Event as Recorded
from codecompanion.domain.events import ChecksCompleted, CommandExecuted, Fact, RunStarted, TaskStarted, encode
from codecompanion.orchestrator.orchestrator import EventSourcedOrchestrator
from codecompanion.ports import EventStore
from codecompanion.storage.sqlite import open_sqlite
from codecompanion.storage.sqlite_file import connect
from codecompanion.storage.sqlite_rows import INSERT_EVENT, to_row
from codecompanion.storage.sqlite_schema import prepare

RESULTS = Path(__file__).with_name("RESULTS.md")
HEADING = "## The log"
WRITERS = 8
FOLDS = (1_000, 10_000, 100_000)
SINCE_SNAPSHOT = 999  # the most events that can follow a snapshot

Ids = SystemClock()


def step(number: int) -> dict[str, Any]:
    """Return the data of a step: what a run records of a command."""
    return encode(
        CommandExecuted(
            purpose="check",
            argv=("python", "-m", "pytest", "-q", "tests/test_ledger.py"),
            exit_code=number % 2,
            duration_s=1.25,
            tree="4b825dc642cb6eb9a060e54bf8d69288fbee4904",
            sandbox="bubblewrap",
            output_sha256="0" * 64,
            report_sha256="1" * 64,
        )
    )


STEP = step(0)


def draft(kind: str, content: dict[str, Any]) -> Draft:
    """Return a fact as it is handed to the store."""
    return Draft(Ids.new_id(), kind, 1, "2026-01-02T00:00:00.000000Z", content, "orchestrator", "run-0")


# ------------------------------------------------------------------------------------------------------- contestants


@dataclass(frozen=True)
class Timing:
    """How long some steps took, in seconds: all of them, and each from its call to its acknowledgement."""

    steps: int
    elapsed_s: float
    latencies_s: list[float]

    @property
    def steps_per_s(self) -> float:
        """Return the throughput."""
        return self.steps / self.elapsed_s


def bare(path: Path, steps: int, *, per_commit: int) -> Timing:
    """Insert the same rows into the same tables, from a loop that does nothing else."""
    prepare(path)
    latencies: list[float] = []
    with closing(connect(path)) as connection:
        started = time.perf_counter()
        for first in range(0, steps, per_commit):
            asked = time.perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            for number in range(first, first + per_commit):
                connection.execute(INSERT_EVENT, to_row(unchained(number), canonical_json(STEP)))
            connection.execute("COMMIT")
            latencies += [time.perf_counter() - asked] * per_commit
        return Timing(steps, time.perf_counter() - started, latencies)


def unchained(number: int) -> Recorded:
    """Return an event whose chain nobody computed."""
    one = draft("CommandExecuted", STEP)
    return Recorded(
        one.event_id, "run-0", number + 1, number + 1, one.type, 1, one.recorded_at,
        "run-0", "", "", one.actor, one.data, GENESIS_HASH, GENESIS_HASH,
    )  # fmt: skip


def ours(path: Path, steps: int, *, writers: int) -> Timing:
    """Append through the store, each writer to a stream of its own."""
    return anyio.run(_ours, path, steps // writers, writers)


async def _ours(path: Path, steps: int, writers: int) -> Timing:
    latencies: list[float] = []
    async with open_sqlite(path) as (store, _):
        started = time.perf_counter()
        async with anyio.create_task_group() as tasks:
            for number in range(writers):
                tasks.start_soon(_write, store, f"run-{number}", steps, latencies)
        return Timing(steps * writers, time.perf_counter() - started, latencies)


async def _write(store: EventStore, stream_id: str, steps: int, latencies: list[float]) -> None:
    for version in range(steps):
        asked = time.perf_counter()
        await store.append(stream_id, [draft("CommandExecuted", STEP)], expected_version=version)
        latencies.append(time.perf_counter() - asked)


class Steps(Aggregate):
    """A run, as the `eventsourcing` library would have it."""

    @event("CommandExecuted")
    def take(self, content: dict[str, Any]) -> None:
        """Remember the last step."""
        self.last = content


def theirs(path: Path, steps: int, *, writers: int) -> Timing:
    """Save an aggregate after each step, each writer an aggregate of its own in a thread of its own."""
    latencies: list[float] = []
    application = Application[Any](env={"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(path)})
    with ThreadPoolExecutor(writers) as threads:
        started = time.perf_counter()
        for done in [threads.submit(_save, application, steps // writers, latencies) for _ in range(writers)]:
            done.result()
        elapsed_s = time.perf_counter() - started
    application.close()
    return Timing(steps, elapsed_s, latencies)


def _save(application: Application[Any], steps: int, latencies: list[float]) -> None:
    aggregate = Steps()
    for _ in range(steps):
        asked = time.perf_counter()
        aggregate.take(content=STEP)
        application.save(aggregate)
        latencies.append(time.perf_counter() - asked)


CONTESTANTS: dict[str, Callable[[Path, int], Timing]] = {
    "bare sqlite3, a commit per step": partial(bare, per_commit=1),
    f"bare sqlite3, a commit per {WRITERS} steps": partial(bare, per_commit=WRITERS),
    "SqliteEventStore, 1 writer": partial(ours, writers=1),
    f"SqliteEventStore, {WRITERS} writers": partial(ours, writers=WRITERS),
    "eventsourcing, 1 writer": partial(theirs, writers=1),
    f"eventsourcing, {WRITERS} writers": partial(theirs, writers=WRITERS),
}
BARE, BARE_GROUPS, OURS, OURS_MANY, THEIRS, THEIRS_MANY = CONTESTANTS
GOALS = (
    (OURS, BARE, 0.5),
    (OURS_MANY, BARE_GROUPS, 0.4),
    (OURS_MANY, THEIRS_MANY, 3.0),
    (OURS, THEIRS, None),
)


def race(folder: Path, rounds: int, steps: int) -> dict[str, list[Timing]]:
    """Let every contestant run once per round."""
    timings: dict[str, list[Timing]] = {name: [] for name in CONTESTANTS}
    for round_number in range(rounds):
        for number, (name, contestant) in enumerate(CONTESTANTS.items()):
            timings[name].append(contestant(folder / f"{round_number}-{number}.db", steps))
    return timings


# -------------------------------------------------------------------------------------------------------------- folds


def history(events: int) -> list[Fact]:
    """Return a long run's facts: four commands, then a check, then the next attempt."""
    started = RunStarted(objective="fix the failing tests", repo="repo", base_commit="0" * 40, model="builtin", timeout_s=600)
    checked = ChecksCompleted(
        task_id="T1", attempt=1, tree="0" * 40, counts=Counts(passed=9, failed=1), passed=False, evidence=(Ids.new_id(),)
    )
    commands = [CommandExecuted.model_validate(step(number)) for number in range(4)]
    cycle = [*commands, checked, TaskStarted(task_id="T1", worker="builtin", attempt=1)]
    return [started, *(cycle[number % len(cycle)] for number in range(events - 1))]


@dataclass(frozen=True)
class Fold:
    """Median seconds to load a run: from its first event on, and from a snapshot `SINCE_SNAPSHOT` events before its end."""

    events: int
    whole_s: float
    from_snapshot_s: float


async def fold(folder: Path, events: int, rounds: int) -> Fold:
    """Record a run and load it again and again, as a process that has just started does."""
    facts = history(events + SINCE_SNAPSHOT)
    drafts = [draft(type(fact).__name__, encode(fact)) for fact in facts]
    async with open_sqlite(folder / f"fold-{events}.db") as (store, _):
        await store.append("run-0", drafts[:events], expected_version=0)
        whole_s = [await load_time(store, events) for _ in range(rounds)]
        await orchestrator(store).load("run-0")  # keeps a snapshot
        await store.append("run-0", drafts[events:], expected_version=events)
        from_snapshot_s = [await load_time(store, events + SINCE_SNAPSHOT) for _ in range(rounds)]
    return Fold(events, median(whole_s), median(from_snapshot_s))


async def load_time(store: EventStore, version: int) -> float:
    """Return the seconds that a new orchestrator needs for a run's state."""
    started = time.perf_counter()
    loaded = await orchestrator(store).load("run-0", at_version=version)
    elapsed_s = time.perf_counter() - started
    if loaded.version != version:
        raise AssertionError(f"{loaded.version} of {version} events were folded")
    return elapsed_s


def orchestrator(store: EventStore) -> EventSourcedOrchestrator:
    """Return an orchestrator that has loaded nothing yet."""
    return EventSourcedOrchestrator(store, Ids, MockBus(), redact=dict)


# ------------------------------------------------------------------------------------------------------------- report


def row(*cells: object) -> str:
    """Return one line of a table."""
    return f"| {' | '.join(map(str, cells))} |"


def throughput_table(timings: dict[str, list[Timing]]) -> list[str]:
    """Return steps per second and latencies of every contestant."""
    lines = [row("appending", "steps/s", "p50 ms", "p99 ms"), row("---", "---:", "---:", "---:")]
    for name, rounds in timings.items():
        cuts = [quantiles(one.latencies_s, n=100) for one in rounds]
        p50_ms, p99_ms = (1000 * median(cut[percent - 1] for cut in cuts) for percent in (50, 99))
        lines.append(row(name, f"{median(one.steps_per_s for one in rounds):,.0f}", f"{p50_ms:.2f}", f"{p99_ms:.2f}"))
    return lines


def ratio_table(timings: dict[str, list[Timing]]) -> list[str]:
    """Return the ratios that the goals speak of."""
    lines = [row("ratio of steps/s", "median", "lowest", "highest", "goal"), row("---", "---:", "---:", "---:", "---:")]
    for above, below, goal in GOALS:
        ratios = [one.steps_per_s / other.steps_per_s for one, other in zip(timings[above], timings[below], strict=True)]
        figures = [f"{figure:.2f}" for figure in (median(ratios), min(ratios), max(ratios))]
        lines.append(row(f"{above} / {below}", *figures, "" if goal is None else f">= {goal}"))
    return lines


def fold_table(folds: list[Fold]) -> list[str]:
    """Return the seconds of the folds."""
    lines = [row("folding", "from the first event, s", "from a snapshot, s"), row("---", "---:", "---:")]
    return lines + [row(f"{one.events:,} events", f"{one.whole_s:.3f}", f"{one.from_snapshot_s:.3f}") for one in folds]


def machine(load: float) -> str:
    """Return what the figures depend on; a load above the number of cores means that others took part of the machine."""
    versions = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {platform.system()} {platform.machine()}"
    return f"{versions}, {os.cpu_count()} cores, load average {load:.1f} at the start"


def save(section: str, heading: str = HEADING) -> None:
    """Put the section into RESULTS.md in place of the one of the same heading."""
    text = RESULTS.read_text() if RESULTS.exists() else "# Results\n"
    before, found, after = text.partition(heading)
    _, next_heading, rest = after.partition("\n## ") if found else ("", "", "")
    RESULTS.write_text(f"{before.rstrip()}\n\n{section}\n{next_heading}{rest}")


def main() -> None:
    """Measure, print the tables and keep them in RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--steps", type=int, default=400, help="appended by each contestant in each round")
    parser.add_argument("--folder", type=Path, default=Path(), help="on the disk to measure")
    asked = parser.parse_args()
    load = os.getloadavg()[0]
    with TemporaryDirectory(dir=asked.folder) as name:
        timings = race(Path(name), asked.rounds, asked.steps)
        folds = [anyio.run(fold, Path(name), events, 3) for events in FOLDS]
    command = f"python benchmarks/log.py --rounds {asked.rounds} --steps {asked.steps}"
    tables = [throughput_table(timings), ratio_table(timings), fold_table(folds)]
    section = "\n".join([HEADING, "", f"`{command}` ({machine(load)})", *("\n" + "\n".join(table) for table in tables)])
    print(section)
    save(section)


if __name__ == "__main__":
    main()
