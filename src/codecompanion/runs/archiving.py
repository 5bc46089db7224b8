"""Write old runs to files, verify the files, and take the runs out of the log.

Killed at any point, the next call goes on: a file that was written is used, a fact that was recorded counts, a run that is
still in the log leaves it then.
"""

import os
import re
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, field
from datetime import UTC, timedelta
from pathlib import Path

import anyio
from anyio import to_thread

from codecompanion.domain.envelope import Draft, Event, canonical_json
from codecompanion.domain.errors import BadInput, EnvironmentBroken, LogCorrupt, VersionConflict
from codecompanion.domain.events import Fact, RunArchived, RunRemoved, decode, encode
from codecompanion.domain.state import Ended
from codecompanion.domain.streams import ARCHIVE
from codecompanion.runs.audit import Verified, cited_blobs, export_run
from codecompanion.runs.find import known_runs
from codecompanion.runs.importing import read_export
from codecompanion.wiring import App

PAGE = 500
TRIES = 20
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Archived:
    """A run that left the log. `blobs_removed` counts those that nobody else cited."""

    run_id: str
    file: Path
    events: int
    blobs_removed: int


@dataclass(slots=True)
class _Citations:
    """Who cites the blobs of some runs, up to a position of the log."""

    seen: int = 0
    streams: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict[str, set[str]](set))

    def only_of(self, run_id: str) -> AbstractSet[str]:
        """Return the blobs that no other stream cites."""
        return {sha256 for sha256, streams in self.streams.items() if streams <= {run_id}}

    def forget(self, run_id: str) -> None:
        """Count a stream no more, which has left the log."""
        for streams in self.streams.values():
            streams.discard(run_id)


async def old_runs(app: App, older_than: timedelta) -> list[str]:
    """Return the runs that ended, and to which nothing happened, for so long, the oldest first; never one that is not over."""
    until = (app.clock.now() - older_than).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    found: list[str] = []
    for run_id in reversed(await known_runs(app.store)):
        try:
            loaded = await app.orchestrator.load(run_id)
        except LogCorrupt:
            continue  # `audit verify` tells of it; it stays where it can be looked at
        (last,) = await app.store.read(run_id, after_version=loaded.version - 1, up_to_version=loaded.version)
        if isinstance(loaded.state, Ended) and last.recorded_at <= until:
            found.append(run_id)
    return found


async def archive_runs(app: App, runs: Sequence[str], folder: Path) -> AsyncGenerator[Archived]:
    """Write runs that are over to files `RUN.tar.gz` in a folder, take them out of the log, and tell of each that has left it.

    Raises:
        BadInput: There is another file of this name.
        CommandRefused: Another process works on the run.
        EnvironmentBroken: A file cannot be written.
        LogCorrupt: A run, or its file, does not verify; it stays in the log.
        VersionConflict: The run has grown meanwhile.
    """
    await to_thread.run_sync(_make_folder, folder)
    await _tell_of_removed(app)
    citations = await _citations(app, runs)
    for run_id in runs:
        async with app.locks.hold(run_id):
            yield await _archive(app, run_id, folder / f"{run_id}.tar.gz", citations)


async def _archive(app: App, run_id: str, file: Path, citations: _Citations) -> Archived:
    verified = await _written(app, run_id, file)
    await _note(app, verified, file)
    only = citations.only_of(run_id)
    removed = await app.archive.remove(run_id, version=verified.events, blobs=only, seen=citations.seen)
    citations.forget(run_id)
    await _tell_removed(app, run_id)
    return Archived(run_id, file, verified.events, removed)


async def _citations(app: App, runs: Iterable[str]) -> _Citations:
    """Read the log once and return who cites the blobs of some runs."""
    wanted = {sha256 for run_id in runs for event in await app.store.read(run_id) for sha256 in cited_blobs(event.data)}
    found = _Citations()
    while page := await app.store.read_all(after_position=found.seen, limit=PAGE):
        for event in page:
            for sha256 in wanted.intersection(_HASH.findall(canonical_json(event.data))):
                found.streams[sha256].add(event.stream_id)
        found.seen = page[-1].position
    return found


async def _written(app: App, run_id: str, file: Path) -> Verified:
    """See to it that the file holds the run as it is now, and return what was verified by reading it again."""
    if not await anyio.Path(file).exists():
        part = file.with_name(f"{file.name}.part")
        await anyio.Path(part).unlink(missing_ok=True)  # of one that was killed
        await export_run(app.store, app.blobs, run_id, part)
        await to_thread.run_sync(_settle, part, file)
    verified = (await to_thread.run_sync(read_export, file)).verified
    events = await app.store.read(run_id)
    if (verified.run_id, verified.head_hash) != (run_id, events[-1].hash):
        raise BadInput(
            f"{str(file)!r} holds another run, or less of it than the log",
            cause=f"its last event is {verified.head_hash}, that of the log {events[-1].hash}",
            fix="move it away, or name another folder with --to",
        )
    return verified


async def _note(app: App, verified: Verified, file: Path) -> None:
    """Record that a run is archived, behind its last event: so the last positions of the log never vanish."""
    head = (await app.store.read(verified.run_id, after_version=verified.events - 1))[-1]
    for key in (f"archived:{verified.run_id}", f"archived:{verified.run_id}:{head.position}"):
        found = await app.store.find(ARCHIVE, key)
        if found and found[-1].position > head.position:
            return
        if not found:  # a run that was archived, and imported again, has the first key already
            await _append(app, RunArchived(file=str(file), **asdict(verified)), key)
            return


async def _tell_of_removed(app: App) -> None:
    """Tell of the runs that had left the log when what removed them was killed."""
    noted = [decode(event) for event in await app.store.read(ARCHIVE)]
    told = Counter(fact.run_id for fact in noted if isinstance(fact, RunRemoved))
    archived = Counter(fact.run_id for fact in noted if isinstance(fact, RunArchived))
    for run_id in archived - told:
        if not await app.store.read(run_id, up_to_version=1):
            await _tell_removed(app, run_id)


async def _tell_removed(app: App, run_id: str) -> None:
    # Whoever shows runs looks again when the log has grown.
    times = sum(event.data["run_id"] == run_id for event in await app.store.read(ARCHIVE) if event.type == "RunArchived")
    await _append(app, RunRemoved(run_id=run_id), f"removed:{run_id}:{times}")


async def _append(app: App, fact: Fact, key: str) -> list[Event]:
    now = app.clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    draft = Draft(app.clock.new_id(), type(fact).__name__, fact.schema_version, now, app.redactor.data(encode(fact)), "archive")
    for tries in range(TRIES):
        version = len(await app.store.read(ARCHIVE))
        try:
            return await app.store.append(ARCHIVE, [draft], expected_version=version, idempotency_key=key)
        except VersionConflict:
            if tries + 1 == TRIES:
                raise
    raise AssertionError("the loop returns or raises")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise EnvironmentBroken(f"the folder {str(folder)!r} cannot be made", cause=str(error)) from error


def _settle(part: Path, file: Path) -> None:
    """Give a file its name once its bytes are on the disk."""
    try:
        _sync(part)
        part.rename(file)
        _sync(part.parent)
    except OSError as error:
        raise EnvironmentBroken(f"{str(file)!r} cannot be written", cause=str(error)) from error


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def age(text: str) -> timedelta:
    """Return an age like "90d" or "12h".

    Raises:
        BadInput: It is none.
    """
    match = re.fullmatch(r"(\d{1,5})([hdw])", text)
    if match is None:
        raise BadInput(f"{text!r} is no age", fix="write it like 90d, 12h or 8w")
    return int(match[1]) * {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}[match[2]]
