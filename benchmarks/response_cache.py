"""What it takes to read a kept answer of a model again: from the file, from PostgreSQL, and from a Redis before it.

    PYTHONPATH=tests python benchmarks/response_cache.py [--reads 500]

One answer of 10 KB, read again and again, the three in turns; a line for each with the median of the turns. The database is
one of its own on the tests' server, the Redis a database of the tests' too.
"""

import argparse
import os
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
from log import row

from codecompanion.settings import Settings
from codecompanion.storage.postgres_schema import PostgresSchema
from codecompanion.wiring.stores import response_cache
from postgres_server import database
from redis_server import shared_redis

TURNS = 3
KEY = "a" * 64
ANSWER = os.urandom(10_000)
REDIS_MIB = 64


@dataclass(frozen=True, slots=True)
class Read:
    """What one read took, in milliseconds: by the clock, and of this process's CPU."""

    clock_ms: float
    cpu_ms: float


async def read(settings: Settings, reads: int) -> Read:
    """Keep the answer, and return what a read of it takes on the average of so many."""
    async with response_cache(settings, note=print) as cache:
        await cache.put(KEY, ANSWER, datetime.now(UTC))
        assert await cache.get(KEY) == ANSWER  # and whatever stands before it has a copy now
        begun, cpu = time.perf_counter(), time.process_time()
        for _ in range(reads):
            assert await cache.get(KEY) is not None
        clock, used = time.perf_counter() - begun, time.process_time() - cpu
    return Read(1000 * clock / reads, 1000 * used / reads)


def places(folder: Path, postgres: str, redis: str) -> Mapping[str, Settings]:
    """Return the settings that let answers be found in each place."""
    in_database = Settings(state_dir=folder / "database", database_url=postgres)
    return {
        "the file": Settings(state_dir=folder / "file"),
        "PostgreSQL": in_database,
        "Redis before it": in_database.model_copy(update={"bus_url": redis, "redis_cache_mib": REDIS_MIB}),
    }


def main(reads: int) -> None:
    """Measure the places in turns, and print the table."""
    with TemporaryDirectory() as folder, database() as postgres, shared_redis() as redis:
        anyio.run(PostgresSchema(postgres).lay_out)
        found = places(Path(folder), postgres, redis)
        for settings in found.values():
            settings.state_dir.mkdir(exist_ok=True)
        turns = [{name: anyio.run(partial(read, settings, reads)) for name, settings in found.items()} for _ in range(TURNS)]
    print(row("found in", "takes, ms", "of it our CPU, ms"))
    print(row("---", "---:", "---:"))
    for name in found:
        clock, cpu = (statistics.median(getattr(turn[name], field) for turn in turns) for field in ("clock_ms", "cpu_ms"))
        print(row(name, f"{clock:.2f}", f"{cpu:.2f}"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--reads", type=int, default=500)
    main(parser.parse_args().reads)
