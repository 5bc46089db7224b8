"""Take a run that was exported into a store: to look at it, to replay it, to show it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from codecompanion.domain.envelope import Event, unseal
from codecompanion.domain.errors import CommandRefused, LogCorrupt
from codecompanion.domain.streams import is_run
from codecompanion.ports import BlobStore, EventStore
from codecompanion.runs.audit import Verified, cited_blobs, manifest, verify_events, verify_run
from codecompanion.runs.bundles import BLOBS, EVENTS, KEYS, MANIFEST, no_bundle, read_bundle

PAGE = 10_000
AFRESH = "import into a fresh CODECOMPANION_STATE_DIR"

EVENT: TypeAdapter[Event] = TypeAdapter(Event)
"""Reads one line of an export."""

_KEYS: TypeAdapter[dict[str, tuple[int, int]]] = TypeAdapter(dict[str, tuple[int, int]])
_MANIFEST: TypeAdapter[Verified] = TypeAdapter(Verified)


@dataclass(frozen=True, slots=True)
class Exported:
    """What is in a file: the events of one run, the first and last version under each key, and blobs by their sha256."""

    verified: Verified
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
    run_id = exported.verified.run_id
    there = await store.read(run_id)
    if [event.hash for event in there] != [event.hash for event in exported.events[: len(there)]]:
        raise CommandRefused(f"another run {run_id} is in the log", fix=AFRESH)
    if await _has_any(store, exported):
        raise CommandRefused(f"events of run {run_id} are in the log as those of another run", fix=AFRESH)
    for content in exported.blobs.values():
        await blobs.put(content)
    await _append(store, exported, len(there))
    return await verify_run(store, blobs, run_id)


async def _has_any(store: EventStore, exported: Exported) -> bool:
    """Whether another run of the store has an event of this one: a log keeps each once, so half of the import would fail."""
    ids, position = {event.event_id for event in exported.events}, 0
    while page := await store.read_all(after_position=position, limit=PAGE):
        if any(event.event_id in ids and event.stream_id != exported.verified.run_id for event in page):
            return True
        position = page[-1].position
    return False


async def _append(store: EventStore, exported: Exported, version: int) -> None:
    """Append what is not there yet, together what was recorded together."""
    key_at = {first: (key, last) for key, (first, last) in exported.keys.items()}
    while version < len(exported.events):
        key, last = key_at.get(version + 1, (None, version + 1))
        drafts = [unseal(event) for event in exported.events[version:last]]
        await store.append(exported.verified.run_id, drafts, expected_version=version, idempotency_key=key)
        version = last


def read_export(file: Path, *, kept_head: str = "") -> Exported:
    """Return what is in a file, when all of it verifies. `kept_head` as of `verify_run`.

    Raises:
        BadInput: It cannot be read, or is no export of a run.
        LogCorrupt: Its events do not verify, or a blob that they cite is missing or damaged.
    """
    members = read_bundle(file)
    try:
        events = [EVENT.validate_json(line) for line in members[EVENTS].splitlines()]
        keys = _KEYS.validate_json(members[KEYS])
        told = _MANIFEST.validate_json(members[MANIFEST])
    except (KeyError, ValidationError) as error:
        raise no_bundle(file, f"{type(error).__name__}: {str(error).partition(chr(10))[0]}") from error
    if not is_run(told.run_id):
        raise no_bundle(file, f"{told.run_id!r} is no name of a run")
    if not events or any(not 1 <= first <= last <= len(events) for first, last in keys.values()):
        raise no_bundle(file, "its keys are not those of its events")
    verified = verify_events(told.run_id, events, kept_head=kept_head)
    blobs = _cited(file, events, members)
    if members[MANIFEST] != manifest(verified, members):
        raise no_bundle(file, "what it holds is not what its manifest says")
    return Exported(verified, events, keys, blobs)


def _cited(file: Path, events: Sequence[Event], members: Mapping[str, bytes]) -> dict[str, bytes]:
    blobs = {name.removeprefix(BLOBS): content for name, content in members.items() if name.startswith(BLOBS)}
    cited: set[str] = set()
    for event in events:
        for sha256 in cited_blobs(event.data):
            if sha256 not in blobs or hashlib.sha256(blobs[sha256]).hexdigest() != sha256:
                raise LogCorrupt(event.stream_id, event.version, f"the blob {sha256} it cites is missing or damaged")
            cited.add(sha256)
    if blobs.keys() - cited:
        raise no_bundle(file, "it holds blobs that none of its events cites")
    return blobs
