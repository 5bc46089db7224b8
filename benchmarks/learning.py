"""How long the state of many outcomes takes to load, beside folding them all: `python benchmarks/learning.py [OUTCOMES]`."""

import os
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import numpy as np

from codecompanion.clock import SystemClock
from codecompanion.domain.envelope import Draft
from codecompanion.domain.events import OutcomeRecorded, encode
from codecompanion.domain.outcomes import TaskOutcome
from codecompanion.domain.streams import LEARNING
from codecompanion.ports import EventStore
from codecompanion.routing.learning_engine import LearningEngine, event_id_of
from codecompanion.storage.sqlite import open_sqlite

MODELS = tuple(f"provider:model-{n}" for n in range(10))
ROLES = ("project_manager", "test_writer", "code_generator", "debugger", "docs_writer", "reviewer")
KINDS = ("change", "repair")
BATCH = 5000


def outcomes(first: int, count: int, rng: np.random.Generator) -> list[TaskOutcome]:
    """Return outcomes of 10 models in 6 roles at 2 kinds of work, over a year."""
    picks = rng.random((count, 6))
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        TaskOutcome(
            decision_id=f"run-{first + n}:code:1",
            run_id=f"run-{first + n}",
            task_id="code",
            role=ROLES[int(one[0] * len(ROLES))],
            task_type=KINDS[int(one[1] * len(KINDS))],
            model=MODELS[int(one[2] * len(MODELS))],
            at=f"{start + timedelta(seconds=31 * (first + n)):%Y-%m-%dT%H:%M:%SZ}",
            verified=bool(one[3] < 0.7),  # noqa: PLR2004 - a rate
            proven_by=("new_tests",),
            cost_usd=float(one[4]),
            latency_s=100.0 * float(one[5]),
            delivered="e" * 40 if one[3] < 0.01 else "",  # noqa: PLR2004 - a few are followed
        )
        for n, one in enumerate(picks)
    ]


async def put(store: EventStore, version: int, many: list[TaskOutcome]) -> None:
    """Append outcomes to the log."""
    drafts = [
        Draft(
            event_id_of(one), "OutcomeRecorded", 1, f"{one.at[:-1]}.000000Z", encode(OutcomeRecorded(outcome=one)), "benchmark"
        )
        for one in many
    ]
    await store.append(LEARNING, drafts, expected_version=version)


async def fill(path: Path, count: int) -> None:
    """Write outcomes into a log and leave the snapshot of their fold."""
    rng = np.random.default_rng(1)
    async with open_sqlite(path) as (store, _):
        engine = LearningEngine(store, SystemClock(), redact=dict)
        for first in range(0, count, BATCH):
            await put(store, first, outcomes(first, min(BATCH, count - first), rng))
        begun = time.perf_counter()
        await engine.learned()
        print(f"fold of {count:,} outcomes: {time.perf_counter() - begun:.1f} s")
        await put(store, count, outcomes(count, 400, rng))  # what came after the snapshot


def forget(path: Path) -> None:
    """Let the system drop what it keeps of a file in memory."""
    os.sync()
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


async def load(path: Path) -> None:
    """Load the state as a new process does, in turns with the file no longer in memory and with it there."""
    async with open_sqlite(path) as (store, _):
        for number in range(6):
            if not number % 2:
                forget(path)
            begun, cpu = time.perf_counter(), time.process_time()
            state = await LearningEngine(store, SystemClock(), redact=dict).learned()
            wall, used = time.perf_counter() - begun, time.process_time() - cpu
            count = sum(tally.outcomes for tally in state.cells.values())
            kind = "warm" if number % 2 else "cold"
            print(f"{kind} load: {wall:.3f} s, {used:.3f} s of the processor, {count:,} outcomes, {len(state.open):,} followed")


async def main(count: int) -> None:
    """Fill a log, then load it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "log.sqlite3")
        await fill(path, count)
        await load(path)
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


if __name__ == "__main__":
    anyio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
