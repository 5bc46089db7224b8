"""Whatever byte of an exported run is changed, removed, doubled, swapped or cut off: `audit verify` finds it.

A bundle has no signature. Who writes all of it anew, hashes and manifest with it, is found only by a hash that was kept
elsewhere.
"""

import gzip
import io
import json
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecompanion.domain.envelope import GENESIS_HASH, seal, unseal
from codecompanion.domain.errors import BadInput, LogCorrupt
from codecompanion.runs import bundles
from codecompanion.runs.audit import cited_blobs, export_run, manifest, verify_events
from codecompanion.runs.bundles import BLOBS, EVENTS, KEYS, MANIFEST, read_bundle, write_bundle
from codecompanion.runs.importing import import_run, read_export
from codecompanion.storage.memory import MemoryBlobStore, MemoryEventStore
from golden_run import FILE

Span = tuple[int, int]

WHOLE = read_export(FILE)
RUN = WHOLE.verified.run_id
MOST_EVENTS = 25
"""The beginning of the golden run; each example reads all of it."""


def bundle() -> bytes:
    """Return that beginning as it is exported."""
    events, members = WHOLE.events[:MOST_EVENTS], read_bundle(FILE)
    keys = {key: span for key, span in WHOLE.keys.items() if span[1] <= MOST_EVENTS}
    cited = {f"{BLOBS}{sha256}" for event in events for sha256 in cited_blobs(event.data)}
    lines = members[EVENTS].splitlines(keepends=True)[:MOST_EVENTS]
    made = {EVENTS: b"".join(lines), KEYS: json.dumps(keys).encode(), **{name: members[name] for name in sorted(cited)}}
    made[MANIFEST] = manifest(verify_events(RUN, events), made)
    with TemporaryDirectory() as folder:
        write_bundle(Path(folder) / "run.tar.gz", made)
        return (Path(folder) / "run.tar.gz").read_bytes()


HONEST = bundle()
TAR = gzip.decompress(HONEST)
BLOCK = tarfile.BLOCKSIZE
REFUSALS = (BadInput, LogCorrupt)


def entries() -> list[tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(TAR)) as tar:
        return tar.getmembers()


def contents(name: str) -> list[Span]:
    return [(one.offset_data, one.offset_data + one.size) for one in entries() if one.name.startswith(name)]


def within(*fields: str) -> list[Span]:
    """Return where the values of some fields of events stand."""
    (start, end), found = contents(EVENTS)[0], list[Span]()
    place = start
    for line in TAR[start:end].splitlines(keepends=True):
        for field in fields:
            value = json.dumps(json.loads(line)[field], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
            at = line.index(b'"' + field.encode() + b'":' + value) + len(field) + 3
            found.append((place + at, place + at + len(value)))
        place += len(line)
    return found


def padding() -> list[Span]:
    ends = [one.offset_data + one.size for one in entries()]
    return [(end, end + -end % BLOCK) for end in ends if end % BLOCK] + [(ends[-1] + -ends[-1] % BLOCK, len(TAR))]


PLACES: dict[str, list[Span]] = {
    "the manifest": contents(MANIFEST),
    "the payload of an event": within("data"),
    "what stands around a payload": within(
        "actor", "event_id", "recorded_at", "schema_version", "stream_id", "type", "version"
    ),
    "the number in the store": within("position"),
    "the chain of hashes": within("hash", "prev_hash"),
    "the keys of a replay": contents(KEYS),
    "a blob": [span for span in contents(BLOBS) if span[0] < span[1]],
    "a header of the archive": [(one.offset, one.offset_data) for one in entries()],
    "the padding of the archive": padding(),
}


def changed(tar: bytes, at: int, byte: int) -> bytes:
    return tar[:at] + bytes([tar[at] ^ byte]) + tar[at + 1 :]


def swapped(tar: bytes, at: int, byte: int) -> bytes:
    other = at + byte
    return tar[:at] + tar[other : other + 1] + tar[at + 1 : other] + tar[at : at + 1] + tar[other + 1 :]


DEEDS: dict[str, Callable[[bytes, int, int], bytes]] = {
    "changed": changed,
    "removed": lambda tar, at, _: tar[:at] + tar[at + 1 :],
    "put in": lambda tar, at, byte: tar[:at] + bytes([byte]) + tar[at:],
    "swapped": swapped,
    "cut off": lambda tar, at, _: tar[:at],
}


def refused(file: Path, raw: bytes) -> None:
    file.write_bytes(raw)
    with pytest.raises(REFUSALS):
        read_export(file)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bundles") / "run.tar.gz"


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.attack("A93", "A100")
def test_a_byte_that_is_not_the_written_one_is_found(file: Path, place: str, deed: str) -> None:
    @settings(max_examples=12, deadline=None, database=None)
    @given(st.sampled_from(PLACES[place]), st.randoms(use_true_random=False), st.integers(1, 255))
    def found(span: Span, random: Random, byte: int) -> None:
        tampered = DEEDS[deed](TAR, random.randrange(*span), byte)
        if tampered != TAR:
            refused(file, gzip.compress(tampered, compresslevel=0))

    found()


@settings(max_examples=60, deadline=None, database=None)
@given(st.integers(0, 2**20), st.integers(1, 255), st.booleans())
def test_a_byte_of_the_compressed_file_is_found_unless_it_unpacks_to_the_same(
    file: Path,
    at: int,
    byte: int,
    cut: bool,  # noqa: FBT001 - hypothesis gives it
) -> None:
    """Such bytes there are: a time, a name and the bits that fill the last byte."""
    at %= len(HONEST)
    file.write_bytes(HONEST)
    honest = read_bundle(file)
    file.write_bytes(HONEST[:at] if cut else changed(HONEST, at, byte))
    try:
        assert read_bundle(file) == honest
    except BadInput:
        return
    assert not cut


def rewritten(file: Path, order: Callable[[list[bytes]], list[bytes]]) -> None:
    """Write the bundle with the lines of the events in another order, and a manifest that has the hash of them."""
    file.write_bytes(HONEST)
    members, verified = read_bundle(file), read_export(file).verified
    lines = order(members[EVENTS].splitlines(keepends=True))
    members[EVENTS] = b"".join(lines)
    members[MANIFEST] = manifest(replace(verified, events=len(lines)), members)
    file.unlink()
    write_bundle(file, members)


@settings(max_examples=40, deadline=None, database=None)
@given(st.data())
@pytest.mark.attack("A93")
def test_events_that_are_swapped_removed_doubled_or_cut_off_are_found(file: Path, data: st.DataObject) -> None:
    """Also when the manifest was made to fit: the chain binds each event to the one before, and the end to the head's hash."""
    first, second = sorted(data.draw(st.lists(st.integers(0, MOST_EVENTS - 1), min_size=2, max_size=2, unique=True)))
    order = data.draw(st.sampled_from(["swapped", "removed", "doubled", "cut off"]))

    def ordered(lines: list[bytes]) -> list[bytes]:
        ways = {
            "swapped": [*lines[:first], lines[second], *lines[first + 1 : second], lines[first], *lines[second + 1 :]],
            "removed": [*lines[:first], *lines[first + 1 :]],
            "doubled": [*lines[:first], lines[first], *lines[first:]],
            "cut off": lines[:second],
        }
        return ways[order]

    rewritten(file, ordered)
    with pytest.raises(REFUSALS):
        read_export(file)


@pytest.mark.attack("A93")
@pytest.mark.anyio
async def test_a_bundle_that_was_written_anew_as_a_whole_is_found_by_the_hash_that_was_kept(tmp_path: Path) -> None:
    drafts = [unseal(event) for event in WHOLE.events]
    drafts[-1] = replace(drafts[-1], data={**drafts[-1].data, "summary": "solved, believe me"})
    forged = seal(drafts, RUN, after_version=0, prev_hash=GENESIS_HASH, after_position=0)
    store, blobs = MemoryEventStore(), MemoryBlobStore()
    for content in WHOLE.blobs.values():
        await blobs.put(content)
    await store.append(RUN, [unseal(event) for event in forged], expected_version=0)
    await export_run(store, blobs, RUN, tmp_path / "forged.tar.gz")
    assert read_export(tmp_path / "forged.tar.gz").verified.head_hash != WHOLE.verified.head_hash, "it verifies by itself"
    with pytest.raises(LogCorrupt, match="that you knew"):
        read_export(tmp_path / "forged.tar.gz", kept_head=WHOLE.verified.head_hash)
    shorter = WHOLE.events[:-1]
    with pytest.raises(LogCorrupt, match="that you knew"):
        verify_events(RUN, shorter, kept_head=WHOLE.verified.head_hash)
    assert verify_events(RUN, WHOLE.events, kept_head=shorter[-1].hash) == WHOLE.verified, "it has grown"


def tar_of(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for entry, content in members:
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return made.getvalue()


def odd(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, link
    return entry


def claiming(size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    """Return a header that promises more than there is."""
    entry = odd(EVENTS, kind)
    entry.size = size
    return entry.tobuf(tarfile.GNU_FORMAT)


def archives() -> Iterator[tuple[str, bytes]]:
    first = (odd(KEYS), b"{}")
    yield "a name that leads out", tar_of((odd("../keys.json"), b"{}"))
    yield "an absolute name", tar_of((odd("/etc/cron.d/x"), b"x"))
    yield "a symlink", tar_of(first, (odd(EVENTS, tarfile.SYMTYPE, "/etc/passwd"), b""))
    yield "a hard link", tar_of(first, (odd(EVENTS, tarfile.LNKTYPE, KEYS), b""))
    yield "a device", tar_of(first, (odd(EVENTS, tarfile.CHRTYPE), b""))
    yield "a member twice", tar_of(first, first)
    yield "a header of another tar", tar_of((odd("x" * 300), b"x"))
    yield "a terabyte promised", claiming(2**40)
    yield "a header of a terabyte promised", claiming(2**40, tarfile.XHDTYPE)
    yield "less than nothing promised", claiming(-512)
    yield "a sparse file", claiming(512, tarfile.GNUTYPE_SPARSE) + bytes(1024)
    yield "members without end", b"".join(odd(f"{BLOBS}{number:064x}").tobuf() for number in range(5000))
    yield "zeros without end", tar_of(first) + bytes(2**20)


BOMBS = dict(archives())


@pytest.mark.attack("A73")
@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.anyio
async def test_an_archive_that_is_a_bomb_or_leads_elsewhere_is_refused_before_anything_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(bundles, "MOST_MEMBERS", 4000)
    store, blobs = MemoryEventStore(), MemoryBlobStore()
    file = tmp_path / "bomb.tar.gz"
    file.write_bytes(gzip.compress(BOMBS[name]))
    with pytest.raises(BadInput):
        await import_run(store, blobs, file)
    assert await store.streams() == []


@pytest.mark.attack("A73")
def test_what_unpacks_to_much_more_than_it_is_is_left_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "LARGEST", 10 * BLOCK)
    file = tmp_path / "bomb.tar.gz"
    write_bundle(file, {EVENTS: bytes(10_000_000)})
    assert file.stat().st_size < 100_000
    with pytest.raises(BadInput, match="no export") as refusal:
        read_bundle(file)
    assert "unpacks to more than" in refusal.value.cause
