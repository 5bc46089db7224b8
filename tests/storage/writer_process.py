"""A process of its own that appends to a shared file and prints each version once it is acknowledged.

Arguments: the file, the stream, the number of appends, the largest size of a file in bytes (0 for no limit).
It says "ready" and waits for a line of input before it opens the file; it ends with "broken" after an EnvironmentBroken.
"""

import resource
import sys
from pathlib import Path

import anyio

from codecompanion.clock import SystemClock
from codecompanion.domain.envelope import Draft
from codecompanion.domain.errors import EnvironmentBroken, VersionConflict
from codecompanion.ports import EventStore
from codecompanion.storage.sqlite import open_sqlite


async def append_at_the_end(store: EventStore, stream_id: str, draft: Draft, version: int) -> int:
    while True:
        try:
            [event] = await store.append(stream_id, [draft], expected_version=version)
        except VersionConflict as conflict:
            version = conflict.actual
        else:
            return event.version


async def append_steps(store: EventStore, stream_id: str, appends: int) -> None:
    clock, version = SystemClock(), 0
    for step in range(appends):
        draft = Draft(clock.new_id(), "StepTaken", 1, clock.now().isoformat(), {"step": step, "text": "x" * 200}, "user")
        version = await append_at_the_end(store, stream_id, draft, version)
        print(version, flush=True)  # noqa: T201  # the test reads it


async def main(path: Path, stream_id: str, appends: int, file_bytes: int) -> None:
    async with open_sqlite(path) as (store, _):
        if file_bytes:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
        try:
            await append_steps(store, stream_id, appends)
        except EnvironmentBroken:
            print("broken", flush=True)  # noqa: T201  # the test reads it


print("ready", flush=True)  # noqa: T201  # the test reads it
sys.stdin.readline()
anyio.run(main, Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
