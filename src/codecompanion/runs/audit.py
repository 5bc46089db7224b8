"""Prove that a log is what was written, and hand it out whole."""

import io
import json
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from codecompanion.domain.envelope import Event, canonical_json, verify_chain
from codecompanion.domain.errors import BadInput, LogCorrupt
from codecompanion.domain.promises import broken_promises
from codecompanion.domain.streams import is_run
from codecompanion.ports import BlobStore, EventStore


@dataclass(frozen=True, slots=True)
class Verified:
    """A run whose log verifies. `head_hash` stands for its whole history: keep it elsewhere to notice a cut tail."""

    run_id: str
    events: int
    blobs: int
    head_hash: str


async def verify_run(store: EventStore, blobs: BlobStore, run_id: str) -> Verified:
    """Check every event's hash, the chain between them, what is promised of every run, and every blob they cite.

    Raises:
        LogCorrupt: Names the first event that does not verify.
    """
    events = await store.read(run_id)
    verify_events(run_id, events)
    cited = 0
    for event in events:
        for sha256 in cited_blobs(event.data):
            await _verify_blob(blobs, event, sha256)
            cited += 1
    return Verified(run_id, len(events), cited, events[-1].hash if events else "")


def verify_events(stream_id: str, events: Sequence[Event]) -> None:
    """Check the hashes of a whole stream, the chain between them and, of a run, what is promised of every one.

    Raises:
        LogCorrupt: Names the first event that does not verify.
    """
    verify_chain(stream_id, events)
    if is_run(stream_id) and (broken := broken_promises(events)):
        raise LogCorrupt(stream_id, broken[0].version, broken[0].what)


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
    members = {"events.jsonl": "".join(f"{canonical_json(event._asdict())}\n" for event in events).encode()}
    keys = {key: [versions[0], versions[-1]] for key, versions in (await store.keys(run_id)).items()}
    members["keys.json"] = json.dumps(keys, indent=2).encode()
    for event in events:
        for sha256 in cited_blobs(event.data):
            members[f"blobs/{sha256}"] = await blobs.get(sha256)
    members["manifest.json"] = json.dumps(asdict(verified), indent=2).encode()
    _write_tar(file, members)
    return verified


def _write_tar(file: Path, members: dict[str, bytes]) -> None:
    try:
        with file.open("xb") as raw, tarfile.open(fileobj=raw, mode="w:gz") as tar:
            for name, content in members.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
    except FileExistsError as error:
        raise BadInput(f"{str(file)!r} exists already", fix="name another file with -o") from error
    except OSError as error:
        file.unlink(missing_ok=True)
        raise BadInput(f"{str(file)!r} cannot be written", cause=str(error)) from error
