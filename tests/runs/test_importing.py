"""A run that was exported can be taken into another log: whole, with its hashes, or not at all."""

import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from codecompanion.domain.envelope import unseal
from codecompanion.domain.errors import BadInput, CommandRefused, LogCorrupt
from codecompanion.runs.audit import export_run
from codecompanion.runs.importing import import_run, read_export
from codecompanion.storage.memory import MemoryBlobStore, MemoryEventStore
from golden_run import FILE

pytestmark = pytest.mark.anyio


def members(file: Path) -> dict[str, bytes]:
    with tarfile.open(file) as tar:
        return {entry.name: content.read() for entry in tar if (content := tar.extractfile(entry)) is not None}


def packed(file: Path, content: Mapping[str, bytes]) -> Path:
    with tarfile.open(file, "w:gz") as tar:
        for name, text in content.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text))
    return file


async def test_an_imported_run_is_the_exported_one_and_can_be_exported_again(tmp_path: Path) -> None:
    store, blobs = MemoryEventStore(), MemoryBlobStore()
    taken = await import_run(store, blobs, FILE)
    assert await import_run(store, blobs, FILE) == taken, "what is there already is left as it is"
    await export_run(store, blobs, taken.run_id, tmp_path / "again.tar.gz")
    first, again = read_export(FILE), read_export(tmp_path / "again.tar.gz")
    assert [event.hash for event in again.events] == [event.hash for event in first.events]
    assert (again.keys, again.blobs) == (first.keys, first.blobs)


async def test_an_import_that_was_broken_off_goes_on(tmp_path: Path) -> None:
    store, blobs = MemoryEventStore(), MemoryBlobStore()
    exported = members(FILE)
    whole = await import_run(store, blobs, FILE)
    begun = MemoryEventStore()
    lines = exported["events.jsonl"].splitlines()[:3]
    keys = {key: span for key, span in json.loads(exported["keys.json"]).items() if span[1] <= 3}
    part = {**exported, "events.jsonl": b"\n".join(lines), "keys.json": json.dumps(keys).encode()}
    assert (await import_run(begun, blobs, packed(tmp_path / "part.tar.gz", part))).events == 3
    assert await import_run(begun, blobs, FILE) == whole


async def test_another_run_of_the_same_name_is_not_overwritten() -> None:
    store, first = MemoryEventStore(), read_export(FILE).events[0]
    other = replace(unseal(first), data={**first.data, "objective": "something else"})
    await store.append(first.stream_id, [other], expected_version=0)
    with pytest.raises(CommandRefused, match="another run"):
        await import_run(store, MemoryBlobStore(), FILE)
    assert len(await store.read(first.stream_id)) == 1


async def test_an_event_that_was_changed_is_found_out(tmp_path: Path) -> None:
    exported = members(FILE)
    forged = {**exported, "events.jsonl": exported["events.jsonl"].replace(b'"verified"', b'"perfect!"', 1)}
    assert forged != exported
    with pytest.raises(LogCorrupt, match="does not match its hash"):
        await import_run(MemoryEventStore(), MemoryBlobStore(), packed(tmp_path / "forged.tar.gz", forged))


@pytest.mark.parametrize(
    ("change", "refusal", "words"),
    [
        ({"events.jsonl": b"no json"}, BadInput, "is no export of a run"),
        ({"events.jsonl": b""}, BadInput, "is no export of a run"),
        ({"keys.json": b'{"start": [1, 9999]}'}, BadInput, "is no export of a run"),
        ({"manifest.json": b'{"run_id": "spending"}'}, BadInput, "is no export of a run"),
        ({"manifest.json": b'{"run_id": "another"}'}, LogCorrupt, "belongs to"),
    ],
)
async def test_what_is_no_export_is_refused_and_nothing_is_kept(
    tmp_path: Path, change: Mapping[str, bytes], refusal: type[Exception], words: str
) -> None:
    store = MemoryEventStore()
    with pytest.raises(refusal, match=words):
        await import_run(store, MemoryBlobStore(), packed(tmp_path / "x.tar.gz", {**members(FILE), **change}))
    assert await store.streams() == []


async def test_a_missing_blob_and_a_file_that_is_none_are_named(tmp_path: Path) -> None:
    without = {name: content for name, content in members(FILE).items() if not name.startswith("blobs/")}
    with pytest.raises(LogCorrupt, match="missing"):
        await import_run(MemoryEventStore(), MemoryBlobStore(), packed(tmp_path / "x.tar.gz", without))
    with pytest.raises(BadInput, match="cannot be read"):
        await import_run(MemoryEventStore(), MemoryBlobStore(), tmp_path / "none.tar.gz")
    (tmp_path / "text").write_text("x")
    with pytest.raises(BadInput, match="cannot be read"):
        await import_run(MemoryEventStore(), MemoryBlobStore(), tmp_path / "text")
