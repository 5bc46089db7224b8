from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from codecompanion.storage.sqlite import open_sqlite
from memory_place import Place, memory_in


@pytest.fixture
async def place(tmp_path: Path) -> AsyncGenerator[Place]:
    async with open_sqlite(tmp_path / "log.sqlite3") as (store, _):
        yield Place(tmp_path, store, memory_in(tmp_path, store))
