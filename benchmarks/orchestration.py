"""Whole orchestrated steps per second (decide, append durably, react), beside other programs and beside bare drivers.

    python benchmarks/orchestration.py --postgres postgresql://postgres@127.0.0.1:5432 --peers PYTHON
        [--rounds 3] [--workflows 16] [--steps 50]

W workflows of S no-op steps, 1 and 8 at once; each step is durable before the next one begins; then every workflow is loaded
again by what knows nothing of it. "Synced" is what a connection of the contestant's own says: that a commit is on the disk when
it returns; the server is to have fsync=on. The server's user may create databases. PYTHON is an interpreter with langgraph,
langgraph-checkpoint-sqlite, langgraph-checkpoint-postgres, dbos and eventsourcing[postgres]; without it only we and the drivers
run. The rounds are interleaved, so that a noisy machine is noisy for all; figures are medians of the rounds.
"""

import argparse
import json
import os
import subprocess
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import asyncpg
from log import Ids, bare, draft, machine, row, save, step
from orchestration_peers import at_once, durability_query, is_synced, result

from codecompanion.bus.mock import MockBus
from codecompanion.domain.commands import Record, StartRun
from codecompanion.domain.envelope import canonical_json
from codecompanion.domain.events import CommandExecuted, RunStarted
from codecompanion.domain.state import Running
from codecompanion.orchestrator.orchestrator import EventSourcedOrchestrator
from codecompanion.orchestrator.react import react
from codecompanion.ports import BlobStore, EventStore, Schema
from codecompanion.storage.postgres import open_postgres
from codecompanion.storage.postgres_database import connected
from codecompanion.storage.postgres_schema import PostgresSchema
from codecompanion.storage.sqlite import open_sqlite
from codecompanion.storage.sqlite_file import connect
from codecompanion.storage.sqlite_schema import SqliteSchema

HEADING = "## Orchestration"
PEERS = Path(__file__).with_name("orchestration_peers.py")
GROWTH = (100, 10_000, 100_000)
MOST_AT_ONCE = 8
GOALS = {"langgraph": 7.0, "dbos": 10.0, "bare driver": 0.35}
"""So many times the steps per second of each, at least."""
MOST_P99_MS = 10.0
"""At `MOST_AT_ONCE`."""
Stores = AbstractAsyncContextManager[tuple[EventStore, BlobStore]]
Open = Callable[[], Stores]
Figures = dict[str, float]


def stores(place: str) -> tuple[Open, Schema]:
    """Return what opens our stores at a place, and their tables."""
    if place.startswith("postgres"):
        return lambda: open_postgres(place), PostgresSchema(place)
    path = Path(place) / "log.sqlite3"
    return lambda: open_sqlite(path), SqliteSchema(path)


# ------------------------------------------------------------------------------------------------------- contestants


async def ours(many: int, workflows: int, steps: int, place: str) -> Figures:
    """Carry runs on, as the engine does: look at the state, react, record what came of it under a key."""
    open_stores, _ = stores(place)
    facts = [CommandExecuted.model_validate(step(count)) for count in range(steps)]  # the others' steps make nothing either
    latencies: list[float] = []
    async with open_stores() as (store, _blobs):
        working = orchestrator(store)

        async def one(number: int) -> None:
            run_id = f"run-{number}"
            request = RunStarted(objective="x", repo="repo", base_commit="0" * 40, model="builtin", timeout_s=600)
            await working.handle(run_id, StartRun(request), actor="user", key="start")
            for count, fact in enumerate(facts):
                begun = time.perf_counter()
                state = await working.state_to_act_on(run_id)
                assert isinstance(state, Running)
                react(state)
                await working.handle(run_id, Record(fact), actor="engine", key=f"step:{count}")
                latencies.append(time.perf_counter() - begun)

        started = time.perf_counter()
        await at_once(many, [lambda number=number: one(number) for number in range(workflows)])
        elapsed_s = time.perf_counter() - started
    async with open_stores() as (store, _blobs):
        started = time.perf_counter()
        for number in range(workflows):
            if (await orchestrator(store).load(f"run-{number}")).version != steps + 1:
                raise AssertionError(number)
        reload_s = (time.perf_counter() - started) / workflows
        return result(workflows * steps, elapsed_s, latencies, reload_s, synced=await is_ours_synced(place))


async def is_ours_synced(place: str) -> bool:
    """Ask a connection that is opened as those of our stores are."""
    if place.startswith("postgres"):
        async with connected(place) as connection:
            return is_synced(await connection.fetchval(durability_query(place)))
    with closing(connect(Path(place) / "log.sqlite3")) as connection:
        return is_synced(connection.execute(durability_query(place)).fetchone()[0])


def orchestrator(store: EventStore) -> EventSourcedOrchestrator:
    """Return an orchestrator that has loaded nothing yet."""
    return EventSourcedOrchestrator(store, Ids, MockBus(), redact=dict)


async def driver(many: int, workflows: int, steps: int, place: str) -> Figures:
    """Insert a row of about the same size for each step: sqlite3 with a commit for all that are at once, or asyncpg."""
    if not place.startswith("postgres"):
        timing = await anyio.to_thread.run_sync(lambda: bare(Path(place) / "bare.db", workflows * steps, per_commit=many))
        with closing(connect(Path(place) / "bare.db")) as connection:  # as `bare` opened it
            synced = is_synced(connection.execute(durability_query(place)).fetchone()[0])
        return result(timing.steps, timing.elapsed_s, timing.latencies_s, 0.0, synced=synced)
    pool = await asyncpg.create_pool(place, min_size=many, max_size=many)
    await pool.execute("CREATE TABLE steps (run text, n int, data text, PRIMARY KEY (run, n))")
    data, latencies = canonical_json(step(0)) + "0" * 400, list[float]()

    async def one(number: int) -> None:
        async with pool.acquire() as connection:
            for count in range(steps):
                begun = time.perf_counter()
                await connection.execute("INSERT INTO steps VALUES ($1, $2, $3)", str(number), count, data)
                latencies.append(time.perf_counter() - begun)

    started = time.perf_counter()
    await at_once(many, [lambda number=number: one(number) for number in range(workflows)])
    elapsed_s = time.perf_counter() - started
    synced = is_synced(await pool.fetchval(durability_query(place)))
    await pool.close()
    return result(workflows * steps, elapsed_s, latencies, 0.0, synced=synced)


def peer(python: str, name: str) -> Callable[[int, int, int, str], Awaitable[Figures]]:
    """Return another program, run in a process of its own."""

    async def run(many: int, workflows: int, steps: int, place: str) -> Figures:
        argv = [python, str(PEERS), name, *map(str, (many, workflows, steps)), place]
        done = await anyio.run_process(argv, stderr=subprocess.PIPE, check=False)
        try:
            return json.loads(done.stdout.splitlines()[-1])
        except (IndexError, ValueError) as error:
            raise RuntimeError(done.stderr.decode()[-2000:]) from error

    return run


# ------------------------------------------------------------------------------------------------------------- places


@asynccontextmanager
async def new_place(kind: str, folder: Path, server: str) -> AsyncGenerator[str]:
    """Make a folder or a database, and remove it at the end."""
    if kind == "SQLite":
        with TemporaryDirectory(dir=folder) as name:
            yield name
        return
    name = f"codecompanion_bench_{os.getpid()}"
    connection: asyncpg.Connection[Any] = await asyncpg.connect(f"{server}/postgres")
    await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await connection.execute(f"CREATE DATABASE {name}")
    try:
        yield f"{server}/{name}"
    finally:
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await connection.close()


# ------------------------------------------------------------------------------------------------------------- growth


async def growth(kind: str, folder: Path, server: str) -> list[str]:
    """Return a row for each length of a stream: the cost of an append to it, and of loading it with a snapshot."""
    lines: list[str] = []
    async with new_place(kind, folder, server) as place:
        open_stores, schema = stores(place)
        async with open_stores() as (store, _blobs):
            request = RunStarted(objective="x", repo="repo", base_commit="0" * 40, model="builtin", timeout_s=600)
            version = len(await orchestrator(store).handle("run-0", StartRun(request), actor="user"))
            for length in GROWTH:
                while version < length:
                    drafts = [draft("CommandExecuted", step(n)) for n in range(min(2_000, length - version))]
                    version = (await store.append("run-0", drafts, expected_version=version))[-1].version
                taken: list[float] = []
                for number in range(200):
                    one = [draft("CommandExecuted", step(number))]
                    begun = time.perf_counter()
                    await store.append("run-0", one, expected_version=version)
                    taken.append(time.perf_counter() - begun)
                    version += 1
                await orchestrator(store).load("run-0")  # keeps a snapshot
                begun = time.perf_counter()
                await orchestrator(store).load("run-0")
                load_s = time.perf_counter() - begun
                size = await schema.size_bytes() / version
                lines.append(row(kind, f"{length:,}", f"{1000 * median(taken):.2f}", f"{load_s:.3f}", f"{size:,.0f}"))
    return lines


# ------------------------------------------------------------------------------------------------------------- report


async def race(asked: argparse.Namespace) -> dict[tuple[str, str, int], list[Figures]]:
    """Let every contestant run once a round on each database, 1 and 8 at once."""
    contestants: dict[str, Callable[[int, int, int, str], Awaitable[Figures]]] = {"bare driver": driver, "CodeCompanion": ours}
    if asked.peers:
        contestants |= {name: peer(asked.peers, name) for name in ("langgraph", "dbos", "eventsourcing")}
    figures: dict[tuple[str, str, int], list[Figures]] = {}
    for number in range(asked.rounds):
        for kind in ("SQLite", "PostgreSQL") if asked.postgres else ("SQLite",):
            for many in (1, MOST_AT_ONCE):
                for name, contestant in contestants.items():
                    async with new_place(kind, asked.folder, asked.postgres) as place:
                        measured = await contestant(many, asked.workflows, asked.steps, place)
                    figures.setdefault((kind, name, many), []).append(measured)
                    print(number, kind, name, many, {key: round(value, 2) for key, value in measured.items()}, flush=True)
    return figures


def tables(figures: dict[tuple[str, str, int], list[Figures]]) -> list[str]:
    """Return the figures, with the ratio of our throughput to that of each other contestant."""
    lines = [
        row("database", "at once", "", "steps/s", "p50 ms", "p99 ms", "reload ms", "synced", "ours / theirs"),
        row("---", "---:", "---", "---:", "---:", "---:", "---:", "---", "---:"),
    ]
    for (kind, name, many), rounds in sorted(figures.items(), key=lambda entry: (entry[0][0], entry[0][2])):
        own = figures[kind, "CodeCompanion", many]
        ratio = ratio_of(own, rounds)
        medians = {key: median(one[key] for one in rounds) for key in rounds[0]}
        cells = [f"{medians['steps_per_s']:,.0f}", *(f"{medians[key]:.2f}" for key in ("p50_ms", "p99_ms", "reload_ms"))]
        synced = yes(all(one["synced"] for one in rounds))
        lines.append(row(kind, many, name, *cells, synced, f"{ratio:.2f}"))
    return lines


def ratio_of(ones: list[Figures], others: list[Figures]) -> float:
    """Return how many times as many steps per second some did, the median of the rounds."""
    return median(one["steps_per_s"] / other["steps_per_s"] for one, other in zip(ones, others, strict=True))


def goals(figures: dict[tuple[str, str, int], list[Figures]]) -> list[str]:
    """Return what was reached of the goals, beside what the bare driver reaches; one at a time nobody on it can do more."""
    lines = [
        row("database", "at once", "goal", "reached", "by the bare driver", "met"),
        row("---", "---:", "---", "---:", "---:", "---"),
    ]
    for kind, many in sorted({(kind, many) for kind, _, many in figures}):
        own, bare_driver = figures[kind, "CodeCompanion", many], figures[kind, "bare driver", many]
        for name, least in GOALS.items():
            if (kind, name, many) in figures:
                reached, bound = ratio_of(own, figures[kind, name, many]), ratio_of(bare_driver, figures[kind, name, many])
                lines.append(
                    row(kind, many, f">= {least:g} of {name}", f"{reached:.2f}", f"{bound:.2f}", yes(reached >= least))
                )
        if many == MOST_AT_ONCE:
            p99_ms, bound = median(one["p99_ms"] for one in own), median(one["p99_ms"] for one in bare_driver)
            goal = f"p99 under {MOST_P99_MS:g} ms"
            lines.append(row(kind, many, goal, f"{p99_ms:.2f}", f"{bound:.2f}", yes(p99_ms < MOST_P99_MS)))
    return lines


def yes(is_so: object) -> str:
    """Return a word for the tables."""
    return "yes" if is_so else "**no**"


def main() -> None:
    """Measure, print the tables and keep them in RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgres", default="", metavar="SERVER")
    parser.add_argument("--peers", default="", metavar="PYTHON")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workflows", type=int, default=16)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--folder", type=Path, default=Path(), help="on the disk to measure")
    asked = parser.parse_args()
    load = os.getloadavg()[0]
    figures = anyio.run(race, asked)
    lines = [*tables(figures), "", *goals(figures)]
    grown = [
        row("database", "events in the stream", "append, median ms", "load, s", "bytes per event"),
        row("---", *["---:"] * 4),
    ]
    for kind in ("SQLite", "PostgreSQL") if asked.postgres else ("SQLite",):
        grown += anyio.run(growth, kind, asked.folder, asked.postgres)
    options = f"--rounds {asked.rounds} --workflows {asked.workflows} --steps {asked.steps}"
    command = f"python benchmarks/orchestration.py --postgres SERVER --peers PYTHON {options}"
    text = "\n".join([HEADING, "", f"`{command}` ({machine(load)})", "", *lines, "", *grown])
    print(text)
    save(text, HEADING)


if __name__ == "__main__":
    main()
