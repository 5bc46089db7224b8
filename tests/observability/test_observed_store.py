import logging
from typing import Any

import pytest

from codecompanion.domain.envelope import Draft, Event
from codecompanion.observability.observed_store import ObservedBlobs, ObservedStore, SlowQueries
from codecompanion.observability.watching import Watchers
from codecompanion.ports import Snapshot
from codecompanion.storage.memory import MemoryBlobStore, MemoryEventStore

pytestmark = pytest.mark.anyio


class _Seen:
    def __init__(self) -> None:
        self.types: list[str] = []

    def appended(self, events: list[Event], seconds: float) -> None:
        assert seconds >= 0
        self.types += [event.type for event in events]


def _draft(event_id: str) -> Draft:
    return Draft(event_id, "RunStarted", 1, "2026-01-01T00:00:00.000000Z", {}, "user")


def _store(slow_ms: float | None = None) -> tuple[ObservedStore, _Seen]:
    watchers, seen = Watchers(), _Seen()
    watchers.add(seen)  # pyright: ignore[reportArgumentType] # only appends are made here
    return ObservedStore(MemoryEventStore(), watchers, SlowQueries(slow_ms)), seen


async def test_what_is_recorded_is_told_once_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    store, seen = _store()
    with caplog.at_level(logging.INFO):
        await store.append("s", [_draft("a")], expected_version=0, idempotency_key="k")
        await store.append("s", [_draft("b")], expected_version=0, idempotency_key="k")  # answered with the first
    assert seen.types == ["RunStarted"]
    assert [record.getMessage() for record in caplog.records] == ["RunStarted"]


async def test_slow_statements_are_logged_by_name(caplog: pytest.LogCaptureFixture) -> None:
    store, _ = _store(slow_ms=0)
    blobs = ObservedBlobs(MemoryBlobStore(), SlowQueries(0))
    await store.append("s", [_draft("a")], expected_version=0)
    await store.read("s")
    await store.read_all()
    await store.find("s", "k")
    await store.keys("s")
    await store.streams()
    await store.last_position()
    await store.save_snapshot(Snapshot("s", 1, "x", "{}"))
    await store.load_snapshot("s", schema="x")
    await blobs.get(await blobs.put(b"x"))
    lines: list[dict[str, Any]] = [vars(record) for record in caplog.records if record.getMessage() == "slow statement"]
    assert [line["statement"] for line in lines] == [
        *(
            "append",
            "read",
            "read_all",
            "find",
            "keys",
            "streams",
            "last_position",
            "save_snapshot",
            "load_snapshot",
            "put_blob",
            "get_blob",
        )
    ]
    assert all(line["levelname"] == "WARNING" and line["ms"] >= 0 for line in lines)


async def test_quick_statements_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    store, _ = _store(slow_ms=60_000)
    await store.read("s")
    assert not caplog.records
