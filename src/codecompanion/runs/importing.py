"""Take a run that was exported into a store: to look at it, to replay it, to show it."""

import hashlib
import json
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from codecompanion.domain.envelope import Event, unseal
from codecompanion.domain.errors import BadInput, CommandRefused, LogCorrupt
from codecompanion.domain.streams import is_run
from codecompanion.ports import BlobStore, EventStore
from codecompanion.runs.audit import Verified, cited_blobs, verify_events, verify_run

LARGEST = 256 * 1024**2
"""Bytes of all that a file may unpack to."""
BLOBS = "blobs/"
PAGE = 10_000
AFRESH = "import into a fresh CODECOMPANION_STATE_DIR"

EVENT: TypeAdapter[Event] = TypeAdapter(Event)
"""Reads one line of an export."""

_KEYS: TypeAdapter[dict[str, tuple[int, int]]] = TypeAdapter(dict[str, tuple[int, int]])


@dataclass(frozen=True, slots=True)
class Exported:
    """What is in a file: the events of one run, the first and last version under each key, and blobs by their sha256."""

    run_id: str
    events: list[Event]
    keys: dict[str, tuple[int, int]]
    blobs: dict[str, bytes]


async def import_run(store: EventStore, blobs: BlobStore, file: Path) -> Verified:
    """Take an exported run into a store, with the hashes it has; what is there already is left as it is.

    Raises:
        BadInput: The file cannot be read, or is no export of a run.
        LogCorrupt: Its events do not verify, or a blob that they cite is missing or damaged.
        CommandRefused: The store has another run of this name.
    """
    exported = read_export(file)
    run_id = exported.run_id
    verify_events(run_id, exported.events)
    there = await store.read(run_id)
    if [event.hash for event in there] != [event.hash for event in exported.events[: len(there)]]:
        raise CommandRefused(f"another run {run_id} is in the log", fix=AFRESH)
    if await _has_any(store, exported):
        raise CommandRefused(f"events of run {run_id} are in the log as those of another run", fix=AFRESH)
    for event in exported.events:
        for sha256 in cited_blobs(event.data):
            await _take_blob(blobs, exported, event, sha256)
    await _append(store, exported, len(there))
    return await verify_run(store, blobs, run_id)


async def _has_any(store: EventStore, exported: Exported) -> bool:
    """Whether another run of the store has an event of this one: a log keeps each once, so half of the import would fail."""
    ids, position = {event.event_id for event in exported.events}, 0
    while page := await store.read_all(after_position=position, limit=PAGE):
        if any(event.event_id in ids and event.stream_id != exported.run_id for event in page):
            return True
        position = page[-1].position
    return False


async def _take_blob(blobs: BlobStore, exported: Exported, event: Event, sha256: str) -> None:
    content = exported.blobs.get(sha256)
    if content is None or hashlib.sha256(content).hexdigest() != sha256:
        raise LogCorrupt(event.stream_id, event.version, f"the blob {sha256} it cites is missing or damaged")
    await blobs.put(content)


async def _append(store: EventStore, exported: Exported, version: int) -> None:
    """Append what is not there yet, together what was recorded together."""
    key_at = {first: (key, last) for key, (first, last) in exported.keys.items()}
    while version < len(exported.events):
        key, last = key_at.get(version + 1, (None, version + 1))
        drafts = [unseal(event) for event in exported.events[version:last]]
        await store.append(exported.run_id, drafts, expected_version=version, idempotency_key=key)
        version = last


def read_export(file: Path) -> Exported:
    """Return what is in a file.

    Raises:
        BadInput: It cannot be read, or is no export of a run.
    """
    members = _members(file)
    try:
        events = [EVENT.validate_json(line) for line in members["events.jsonl"].splitlines()]
        keys = _KEYS.validate_json(members["keys.json"])
        run_id = str(json.loads(members["manifest.json"])["run_id"])
    except (KeyError, TypeError, ValueError, ValidationError) as error:
        raise _no_export(file, f"{type(error).__name__}: {str(error).partition(chr(10))[0]}") from error
    if not is_run(run_id):
        raise _no_export(file, f"{run_id!r} is no name of a run")
    if not events or any(not 1 <= first <= last <= len(events) for first, last in keys.values()):
        raise _no_export(file, "its keys are not those of its events")
    blobs = {name.removeprefix(BLOBS): content for name, content in members.items() if name.startswith(BLOBS)}
    return Exported(run_id, events, keys, blobs)


def _members(file: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(file, "r|gz") as tar:  # read once from front to back: nothing is written to the disk
            for entry in tar:
                if sum(map(len, found.values())) + entry.size > LARGEST:
                    raise _no_export(file, f"it unpacks to more than {LARGEST:,} bytes")
                content: Any = tar.extractfile(entry) if entry.isfile() else None
                if content is not None:
                    found[entry.name] = content.read()
    except (OSError, EOFError, tarfile.TarError) as error:
        raise BadInput(f"{str(file)!r} cannot be read", cause=str(error), fix="name a file that audit export wrote") from error
    return found


def _no_export(file: Path, cause: str) -> BadInput:
    return BadInput(f"{str(file)!r} is no export of a run", cause=cause, fix="name a file that audit export wrote")
