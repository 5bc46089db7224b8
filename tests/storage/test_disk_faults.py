"""A log in a file whose process dies in a sync, whose disk fails in a sync, and whose machine loses power."""

import random
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path

import pytest

from codecompanion.domain.envelope import Draft, Event, verify_chain
from codecompanion.domain.errors import EnvironmentBroken, LogCorrupt
from codecompanion.storage.sqlite import open_sqlite
from fault_matrix import FULL
from system_calls import RECORD, Call, Disk, recorded, strace

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(900 if FULL else 60)]

PROGRAM = Path(__file__).with_name("writer_process.py")


def write_under(path: Path, appends: int, *options: str) -> tuple[int, list[str]]:
    """Let a process append under strace; return how it ended and what it said: acknowledged versions, "broken" at the last."""
    argv = [*strace(*options), sys.executable, str(PROGRAM), str(path), "run-1", str(appends), "0"]
    done = subprocess.run(argv, input="go\n", capture_output=True, text=True, timeout=120, check=False)
    ready, *said = done.stdout.split()
    assert ready == "ready", done.stderr
    return done.returncode, said


async def stored(path: Path) -> list[Event]:
    async with open_sqlite(path) as (store, _):
        events = await store.read("run-1")
        assert verify_chain("run-1", events) == len(events)
        return events


async def again(path: Path, event: Event) -> list[Event]:
    """Append an event once more, as who never heard of its commit does."""
    draft = Draft(**{field.name: getattr(event, field.name) for field in fields(Draft)})
    async with open_sqlite(path) as (store, _):
        return await store.append("run-1", [draft], expected_version=event.version - 1)


# each case has a time limit of its own, which two hundred kills in one would not keep on a busy machine
SYNCS: list[Sequence[int]] = [range(first, first + 20) for first in range(1, 201, 20)] if FULL else [(1, 9, 30)]


@pytest.mark.parametrize("syncs", SYNCS, ids=lambda syncs: f"{syncs[0]}-{syncs[-1]}")
async def test_f03_a_process_killed_in_any_sync_loses_nothing_and_what_was_not_said_counts_once(
    tmp_path: Path, syncs: Sequence[int], record_property: Callable[[str, object], None]
) -> None:
    unsaid = 0
    for number in syncs:
        path = tmp_path / f"{number}/log.db"
        killed, said = write_under(path, 210, "-e", "trace=fdatasync", "-e", f"inject=fdatasync:signal=SIGKILL:when={number}")
        assert killed == -signal.SIGKILL, number
        events = await stored(path)
        assert len(said) <= len(events) <= len(said) + 1, number
        unsaid += len(events) - len(said)
        if events:
            assert await again(path, events[-1]) == [events[-1]], number
            assert await stored(path) == events, number
    kills = f"killed in syncs {syncs[0]} to {syncs[-1]}, {len(syncs)} times"
    record_property("figure", f"{kills}: 0 acknowledged events lost, {unsaid} stored before they were acknowledged")


@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
async def test_f23_when_a_sync_fails_so_does_the_append_and_all_that_was_acknowledged_is_there(
    tmp_path: Path, error: str, record_property: Callable[[str, object], None]
) -> None:
    path = tmp_path / "log.db"
    failing = ("-e", "trace=fdatasync", "-e", f"inject=fdatasync:error={error}:when=12+")
    _, [*said, last] = write_under(path, 100, *failing)
    assert last == "broken"
    events = await stored(path)
    assert 0 < len(said) <= len(events) <= len(said) + 1
    assert len(write_under(path, 3)[1]) == 3
    record_property("figure", f"{error}: {len(said)} acknowledged, {len(events)} found")


# -------------------------------------------------------------------------------------------------- power loss

APPENDS = 150 if FULL else 12  # from about a hundred on the log is checkpointed while it is written, else at its end only
LOSSES = 1000 if FULL else 60


def calls_of(path: Path) -> list[Call]:
    """Let a process append, and return what it did to its files and said meanwhile."""
    trace = path.parent.with_suffix(".trace")
    ended, said = write_under(path, APPENDS, *RECORD, "-o", str(trace))
    assert (ended, len(said)) == (0, APPENDS)
    return [call for call in recorded(trace, path.parent) if not call.path.endswith("-shm")]


def files_after(calls: list[Call], place: Path, survives: Callable[[], bool]) -> Path:
    """Make the files that are left when the power goes after these calls; return the log."""
    disk = Disk()
    for call in calls:
        if call.path:
            disk.carry_out(call)
    place.mkdir()
    for path, content in disk.after_power_loss(survives).items():
        (place / Path(path).name).write_bytes(content)
    return place / "log.db"


async def lost(calls: list[Call], place: Path, survives: Callable[[], bool]) -> int:
    """Return how many acknowledged events are gone when the power goes after these calls; at most one more may be there."""
    said = [line for call in calls if call.kind == "said" for line in call.content.split() if line.isdigit()]
    try:
        events = await stored(files_after(calls, place, survives))
    except (EnvironmentBroken, LogCorrupt):
        return len(said) or 1
    assert len(events) <= len(said) + 1
    return len(said) - min(len(said), len(events))


async def test_f24_a_power_loss_at_any_moment_takes_nothing_that_was_acknowledged(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    calls = calls_of(tmp_path / "state/log.db")
    chance = random.Random(24)
    for number in range(LOSSES):
        share = chance.choice((0.0, 0.5, 0.9, 1.0))
        moment = chance.randrange(len(calls))
        assert await lost(calls[:moment], tmp_path / str(number), lambda share=share: chance.random() < share) == 0, number
    record_property("figure", f"power lost at {LOSSES} of {len(calls)} system calls: 0 acknowledged events lost")


async def test_f24_on_a_disk_that_does_not_sync_events_are_lost_and_that_is_found(tmp_path: Path) -> None:
    calls = [call for call in calls_of(tmp_path / "state/log.db") if call.kind != "sync" or call.path.endswith("log.db")]
    spoken = [number for number, call in enumerate(calls) if call.kind == "said"]
    assert await lost(calls[: spoken[APPENDS // 2] + 1], tmp_path / "place", lambda: False) > 0
