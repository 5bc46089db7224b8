from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from codecompanion.clock import FixedClock
from codecompanion.domain.envelope import Draft
from codecompanion.ports import BlobStore, EventStore
from codecompanion.storage.memory import MemoryBlobStore, MemoryEventStore
from codecompanion.storage.postgres import open_postgres
from codecompanion.storage.sqlite import open_sqlite


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 1, 2, tzinfo=UTC))


@pytest.fixture
def draft(clock: FixedClock) -> Callable[..., Draft]:
    """A factory of drafts with fresh ids; its arguments are their data."""

    def make(**data: Any) -> Draft:
        return Draft(clock.new_id(), "StepTaken", 1, "2026-01-02T00:00:00.000000Z", data, "orchestrator", "run-1")

    return make


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "log.db"


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def url(kind: str, request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue("postgres_url") if kind == "postgresql" else ""


@pytest.fixture
async def stores(kind: str, url: str, path: Path) -> AsyncGenerator[tuple[EventStore, BlobStore]]:
    match kind:
        case "memory":
            yield MemoryEventStore(), MemoryBlobStore()
        case "sqlite":
            async with open_sqlite(path) as opened:
                yield opened
        case _:
            async with open_postgres(url) as opened:
                yield opened


@pytest.fixture
def store(stores: tuple[EventStore, BlobStore]) -> EventStore:
    return stores[0]


@pytest.fixture
def blobs(stores: tuple[EventStore, BlobStore]) -> BlobStore:
    return stores[1]
