from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from codecompanion.ports import EventStore
from codecompanion.storage.memory import MemoryEventStore
from codecompanion.storage.sqlite import open_sqlite


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.sqlite3"


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, path: Path) -> AsyncGenerator[EventStore]:
    if request.param == "memory":
        yield MemoryEventStore()
    else:
        async with open_sqlite(path) as (opened, _):
            yield opened
