"""Prove that a log is what was written, and hand it out whole."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from codecompanion.domain.envelope import Event, canonical_json, verify_chain
from codecompanion.domain.errors import LogCorrupt
from codecompanion.domain.promises import broken_promises
from codecompanion.domain.streams import is_run
from codecompanion.ports import BlobStore, EventStore
from codecompanion.runs.bundles import BLOBS, EVENTS, KEYS, MANIFEST, write_bundle


@dataclass(frozen=True, slots=True)
class Verified:
    """A run whose log verifies. `head_hash` stands for its whole history: keep it elsewhere to notice a cut tail."""

    run_id: str
    events: int
    blobs: int
    head_hash: str


async def verify_run(store: EventStore, blobs: BlobStore, run_id: str, *, kept_head: str = "") -> Verified:
    """Check every event's hash, the chain between them, what is promised of every run, and every blob they cite.

    `kept_head` is the hash of an event that the run had when it was looked at before, "" for none: a log that was cut off, or
    written anew from its first event on, has lost it.

    Raises:
        LogCorrupt: Names the first event that does not verify.
    """
    events = await store.read(run_id)
    verified = verify_events(run_id, events, kept_head=kept_head)
    for event in events:
        for sha256 in cited_blobs(event.data):
            await _verify_blob(blobs, event, sha256)
    return verified


def verify_events(run_id: str, events: Sequence[Event], *, kept_head: str = "") -> Verified:
    """Check what `verify_run` checks, but for the blobs.

    Raises:
        LogCorrupt: Names the first event that does not verify.
    """
    count = verify_chain(run_id, events)
    if is_run(run_id) and (broken := broken_promises(events)):
        raise LogCorrupt(run_id, broken[0].version, broken[0].what)
    if kept_head and all(event.hash != kept_head for event in events):
        raise LogCorrupt(run_id, count, f"the event {kept_head} that you knew is not among those up to it")
    cited = sum(1 for event in events for _ in cited_blobs(event.data))
    return Verified(run_id, count, cited, events[-1].hash if events else "")


async def _verify_blob(blobs: BlobStore, event: Event, sha256: str) -> None:
    try:
        await blobs.get(sha256)
    except KeyError as error:
        raise LogCorrupt(event.stream_id, event.version, f"the blob {sha256} it cites is missing") from error
    except LogCorrupt as error:
        raise LogCorrupt(event.stream_id, event.version, f"the blob {sha256} it cites is damaged") from error


def cited_blobs(value: Any) -> Iterator[str]:
    """Return the hashes under every key named `sha256` or ending in `_sha256`, at any depth; "" is none."""
    if isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from cited_blobs(item)
    if isinstance(value, dict):
        for key, item in cast("dict[str, Any]", value).items():
            if isinstance(item, str) and item and (key == "sha256" or key.endswith("_sha256")):
                yield item
            else:
                yield from cited_blobs(item)


async def export_run(store: EventStore, blobs: BlobStore, run_id: str, file: Path) -> Verified:
    """Write a run as a tar file: `events.jsonl`, `keys.json`, `blobs/SHA256` and `manifest.json`. The log is verified first.

    The keys are those under which events were recorded, with the first and the last version of each: a replay asks for them.

    Raises:
        LogCorrupt: The log does not verify.
        BadInput: The file exists, or cannot be written.
    """
    verified = await verify_run(store, blobs, run_id)
    events = await store.read(run_id)
    lines = "".join(f"{canonical_json(event._asdict())}\n" for event in events).encode()
    keys = {key: (versions[0], versions[-1]) for key, versions in (await store.keys(run_id)).items()}
    members = {EVENTS: lines, KEYS: json.dumps(keys, indent=2).encode()}
    for event in events:
        for sha256 in cited_blobs(event.data):
            members[f"{BLOBS}{sha256}"] = await blobs.get(sha256)
    members[MANIFEST] = manifest(verified, members)
    write_bundle(file, members)
    return verified


def manifest(verified: Verified, members: Mapping[str, bytes]) -> bytes:
    """Return what a bundle says of itself: what its log verifies as, and the hashes of members that are not named by theirs."""
    hashes = {name: hashlib.sha256(members[name]).hexdigest() for name in (EVENTS, KEYS)}
    return json.dumps({**asdict(verified), "sha256": hashes}, indent=2).encode()
