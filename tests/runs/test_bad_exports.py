"""Exported runs that are broken, forged or odd: refused before anything is stored, or taken in byte by byte.

The ids are those of docs/INPUTS.md.
"""

import io
import json
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from codecompanion.domain.envelope import GENESIS_HASH, Draft, seal, unseal
from codecompanion.domain.errors import BadInput, CodeCompanionError, CommandRefused, LogCorrupt
from codecompanion.runs.audit import Verified, manifest
from codecompanion.runs.find import view_run
from codecompanion.runs.importing import EVENT, import_run
from codecompanion.storage.memory import MemoryBlobStore, MemoryEventStore
from golden_run import FILE

pytestmark = pytest.mark.anyio

Lines = list[bytes]
Drafts = list[Draft]


@pytest.fixture(scope="module")
def exported() -> dict[str, bytes]:
    """The members of an export of a real run of a team."""
    with tarfile.open(FILE) as tar:
        return {entry.name: content.read() for entry in tar if (content := tar.extractfile(entry)) is not None}


def packed(file: Path, content: Mapping[str, bytes]) -> Path:
    with tarfile.open(file, "w:gz") as tar:
        for name, text in content.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text))
    return file


def with_field(place: int, **fields: Any) -> Callable[[Lines], Lines]:
    """Return what changes fields of one event and leaves its hash."""

    def change(lines: Lines) -> Lines:
        changed = json.dumps({**json.loads(lines[place]), **fields}).encode()
        return [*lines[:place], changed, *lines[place + 1 :]]

    return change


BROKEN: dict[str, tuple[Callable[[Lines], Lines], type[CodeCompanionError], str]] = {
    "C152-a-gap": (lambda lines: [*lines[:3], *lines[4:]], LogCorrupt, "event 4"),
    "C153-the-same-event-twice": (lambda lines: [*lines[:4], lines[3], *lines[4:]], LogCorrupt, "event 5"),
    "C154-out-of-order": (lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]], LogCorrupt, "event 4"),
    "C155-an-event-of-another-run": (with_field(5, stream_id="20260101-000000-zzzz"), LogCorrupt, "event 6"),
    "C157-another-prev-hash": (with_field(5, prev_hash="0" * 64), LogCorrupt, "event 6"),
    "C158-another-hash": (with_field(5, hash="f" * 64), LogCorrupt, "event 6"),
    "C158-another-actor": (with_field(5, actor="user!"), LogCorrupt, "event 6"),
    "C160-data-no-object": (with_field(5, data="text"), BadInput, "is no export"),
    "C160-a-line-that-is-no-json": (lambda lines: [*lines[:5], b"{no json}", *lines[6:]], BadInput, "is no export"),
    "C160-nan": (with_field(5, data={"x": float("nan")}), LogCorrupt, "event 6"),
    "C160-half-a-character": (with_field(5, data={"x": "\ud800"}), CodeCompanionError, "is no export|event 6"),
    "C166-the-last-line-cut": (lambda lines: [*lines[:-1], lines[-1][:-20]], BadInput, "is no export"),
    "C167-utf-16": (lambda lines: [line.decode().encode("utf-16") for line in lines], BadInput, "is no export"),
    "C167-latin-1": (with_field(5, actor="caf\xe9"), LogCorrupt, "event 6"),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_export_is_refused_and_nothing_of_it_is_kept(
    exported: dict[str, bytes], tmp_path: Path, name: str
) -> None:
    change, refusal, words = BROKEN[name]
    store, blobs = MemoryEventStore(), MemoryBlobStore()
    lines = change(exported["events.jsonl"].splitlines())
    changed = {**exported, "events.jsonl": b"\n".join(lines), "keys.json": b"{}"}
    with pytest.raises(refusal, match=words):
        await import_run(store, blobs, packed(tmp_path / "x.tar.gz", changed))
    assert await store.streams() == []


def end_twice(drafts: Drafts) -> Drafts:
    again = replace(drafts[-1], event_id="01a20000-0000-7000-8000-000000000001")
    return [*drafts, again]


def without_a_field(drafts: Drafts) -> Drafts:
    first = drafts[0]
    return [replace(first, data={name: value for name, value in first.data.items() if name != "objective"}), *drafts[1:]]


def with_an_id_twice(drafts: Drafts) -> Drafts:
    return [drafts[0], replace(drafts[1], event_id=drafts[0].event_id), *drafts[2:]]


FORGED: dict[str, tuple[Callable[[Drafts], Drafts], str]] = {
    "C150-a-missing-field": (without_a_field, "RunStarted"),
    "C156-an-event-id-twice": (with_an_id_twice, "stored twice"),
    "C164-more-after-the-end": (end_twice, "end"),
}


def resealed(exported: Mapping[str, bytes], change: Callable[[Drafts], Drafts]) -> dict[str, bytes]:
    """Return an export whose events were changed by who then made a fresh chain of hashes."""
    events = [EVENT.validate_json(line) for line in exported["events.jsonl"].splitlines()]
    drafts = change([unseal(event) for event in events])
    forged = seal(drafts, events[0].stream_id, after_version=0, prev_hash=GENESIS_HASH, after_position=0)
    told = Verified(**{name: value for name, value in json.loads(exported["manifest.json"]).items() if name != "sha256"})
    members = {**exported, "events.jsonl": "\n".join(json.dumps(event._asdict()) for event in forged).encode()}
    return {**members, "manifest.json": manifest(replace(told, events=len(forged), head_hash=forged[-1].hash), members)}


@pytest.mark.parametrize("name", FORGED)
async def test_a_forged_export_with_a_whole_chain_is_refused_and_nothing_of_it_is_kept(
    exported: dict[str, bytes], tmp_path: Path, name: str
) -> None:
    change, words = FORGED[name]
    store = MemoryEventStore()
    with pytest.raises(LogCorrupt, match=words):
        await import_run(store, MemoryBlobStore(), packed(tmp_path / "x.tar.gz", resealed(exported, change)))
    assert await store.streams() == []


async def test_c155_events_that_are_another_runs_are_refused_and_nothing_of_them_is_kept(exported: dict[str, bytes]) -> None:
    store, stranger = MemoryEventStore(), "20260101-000000-zzzz"
    events = [EVENT.validate_json(line) for line in exported["events.jsonl"].splitlines()]
    await store.append(stranger, [replace(unseal(events[-1]), data={})], expected_version=0)
    with pytest.raises(CommandRefused, match="those of another run"):
        await import_run(store, MemoryBlobStore(), FILE)
    assert await store.streams() == [stranger]


def all_with(**fields: str) -> Callable[[Drafts], Drafts]:
    return lambda drafts: [replace(draft, **fields) for draft in drafts]


def in_a_circle(drafts: Drafts) -> Drafts:
    ids = [draft.event_id for draft in drafts]
    return [replace(draft, causation_id=cause) for draft, cause in zip(drafts, [*ids[1:], ids[0]], strict=True)]


def with_data_at_the_end(**data: Any) -> Callable[[Drafts], Drafts]:
    """Return what adds fields to the first event, which an older program leaves out."""
    return lambda drafts: [replace(drafts[0], data={**drafts[0].data, **data}), *drafts[1:]]


ODD: dict[str, Callable[[Drafts], Drafts]] = {
    "C151-a-field-of-the-future": with_data_at_the_end(colour="red"),
    "C159-10-mb-in-one-event": with_data_at_the_end(padding="x" * 10 * 1024**2),
    "C161-recorded-in-the-future": all_with(recorded_at="9999-12-31T23:59:59.999999Z"),
    "C161-recorded-in-1970": all_with(recorded_at="1970-01-01T00:00:00.000000Z"),
    "C162-causes-in-a-circle": in_a_circle,
    "C163-an-unknown-cause": all_with(causation_id="01a20000-0000-7000-8000-00000000dead"),
}


@pytest.mark.parametrize("name", ODD)
async def test_what_is_odd_and_whole_is_taken_in_as_it_is(exported: dict[str, bytes], tmp_path: Path, name: str) -> None:
    forged = resealed(exported, ODD[name])
    store = MemoryEventStore()
    taken = await import_run(store, MemoryBlobStore(), packed(tmp_path / "x.tar.gz", forged))
    kept = [event.hash for event in await store.read(taken.run_id)]
    assert kept == [json.loads(line)["hash"] for line in forged["events.jsonl"].splitlines()]
    assert (await view_run(store, taken.run_id)).status == "verified"
