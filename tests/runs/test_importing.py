"""A run that was exported can be taken into another log: whole, with its hashes, or not at all."""

import io
import tarfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecompanion.domain.envelope import GENESIS_HASH, seal, unseal
from codecompanion.domain.errors import BadInput, CommandRefused, LogCorrupt
from codecompanion.runs.audit import export_run, verify_events
from codecompanion.runs.importing import import_run, read_export
from codecompanion.storage.memory import MemoryBlobStore, MemoryEventStore
from golden_run import FILE

pytestmark = pytest.mark.anyio

WHOLE = read_export(FILE)
RUN = WHOLE.verified.run_id


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


async def test_an_import_that_was_broken_off_goes_on() -> None:
    exported, begun, blobs = read_export(FILE), MemoryEventStore(), MemoryBlobStore()
    key = next(key for key, span in exported.keys.items() if span == (1, 1))
    await begun.append(RUN, [unseal(exported.events[0])], expected_version=0, idempotency_key=key)
    assert await import_run(begun, blobs, FILE) == exported.verified
    assert await begun.keys(RUN) == {key: range(first, last + 1) for key, (first, last) in exported.keys.items()}


@pytest.mark.attack("A100")
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


def renamed() -> bytes:
    return members(FILE)["manifest.json"].replace(RUN.encode(), b"another")


@pytest.mark.parametrize(
    ("change", "refusal", "words"),
    [
        ({"manifest.json": b"[" * 100_000}, BadInput, "is no export of a run"),
        ({"events.jsonl": b'{"data":' + b"[" * 100_000}, BadInput, "is no export of a run"),
        ({"events.jsonl": b"no json"}, BadInput, "is no export of a run"),
        ({"events.jsonl": b""}, BadInput, "is no export of a run"),
        ({"keys.json": b'{"start": [1, 9999]}'}, BadInput, "is no export of a run"),
        ({"manifest.json": b'{"run_id": "spending"}'}, BadInput, "is no export of a run"),
        ({"manifest.json": renamed()}, LogCorrupt, "belongs to"),
    ],
)
@pytest.mark.attack("A100")
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


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


@pytest.mark.attack("A100")
@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_crafted_log_whose_hashes_are_right_verifies_or_is_refused(data: st.DataObject) -> None:
    """Nothing in it makes the judge stumble, whatever types of events hold."""
    drafts = [unseal(event) for event in WHOLE.events]
    at = data.draw(st.integers(0, len(drafts) - 1))
    content = dict(drafts[at].data)
    for key in data.draw(st.lists(st.sampled_from([*content, "sha256", "odd"]), max_size=3)):
        content[key] = data.draw(JSON)
    drafts[at] = replace(drafts[at], data=content, type=data.draw(st.sampled_from([drafts[at].type, "NoSuchType", ""])))
    crafted = seal(drafts, RUN, after_version=0, prev_hash=GENESIS_HASH, after_position=0)
    with suppress(LogCorrupt):
        assert verify_events(RUN, crafted).events == len(crafted)
