"""No statement of the stores reads more of a table than it needs: each finds its rows, in their order, by an index."""

import json
import re
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from codecompanion.domain.envelope import Draft
from codecompanion.domain.turns import TURNS
from codecompanion.ports import BlobStore, EventStore, Snapshot
from codecompanion.storage.migrations.plain_sql import Dialect, sql
from codecompanion.storage.postgres import open_postgres
from codecompanion.storage.sqlite import open_sqlite

pytestmark = pytest.mark.anyio
Make = Callable[..., Draft]


def _may_sort(statement: str) -> bool:
    return "FROM append_keys" in statement  # all keys of one stream are wanted, whatever their order


async def _use(events: EventStore, blobs: BlobStore, draft: Make) -> None:
    """Ask everything that a store can be asked."""
    for number in range(3):
        first = await events.append(f"run-{number}", [draft(), draft()], expected_version=0, idempotency_key="k")
        await events.append(f"run-{number}", [draft()], expected_version=len(first))
    await events.append("run-1", [draft()], expected_version=0, idempotency_key="k")  # answered with the first
    await events.read("run-1", after_version=1, up_to_version=2)
    await events.read_all(after_position=1, limit=2)
    await events.read_turns(after_position=1, limit=2)
    await events.find("run-1", "k")
    await events.keys("run-1")
    await events.streams()
    await events.save_snapshot(Snapshot("run-1", 1, "s", "{}"))
    await events.load_snapshot("run-1", schema="s")
    await blobs.get(await blobs.put(b"content"))


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_the_index_of_turns_holds_what_is_read_by_it(dialect: Dialect) -> None:
    assert re.findall(r"'(\w+)'", sql(dialect, 6, "up").partition(";")[0]) == sorted(TURNS)


async def test_statements_of_sqlite_search_by_an_index(tmp_path: Path, draft: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[str] = set()
    really_connect = sqlite3.connect

    def connect(*args: Any, **named: Any) -> sqlite3.Connection:
        connection = really_connect(*args, **named)
        connection.set_trace_callback(asked.add)
        return connection

    monkeypatch.setattr(sqlite3, "connect", connect)
    async with open_sqlite(tmp_path / "log.db") as (events, blobs):
        asked.clear()
        await _use(events, blobs, draft)
    selects = sorted(statement for statement in asked if statement.startswith("SELECT"))
    assert len(selects) >= 8
    connection = really_connect(tmp_path / "log.db")
    for statement in selects:
        steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
        # The starts of streams are all wanted: they are read from the index that holds nothing else.
        assert not [step for step in steps if step.startswith("SCAN") and "stream_starts" not in step], (statement, steps)
        assert _may_sort(statement) or not [step for step in steps if "TEMP B-TREE" in step], (statement, steps)
    connection.close()


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for inner in plan.get("Plans", []) for node in _nodes(inner))]


async def _asked_of_postgres(url: str, draft: Make, monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[Any, ...]]:
    asked: dict[str, tuple[Any, ...]] = {}
    really_create: Callable[..., Any] = asyncpg.create_pool

    def hear(logged: Any) -> None:
        asked.setdefault(logged.query, logged.args)

    def create(*args: Any, init: Callable[[Any], Awaitable[None]], **named: Any) -> Any:
        async def listen(connection: Any) -> None:
            await init(connection)
            connection.add_query_logger(hear)

        return really_create(*args, init=listen, **named)

    monkeypatch.setattr(asyncpg, "create_pool", create)
    async with open_postgres(url) as (events, blobs):
        asked.clear()
        await _use(events, blobs, draft)
    return {query: args for query, args in asked.items() if query.startswith("SELECT") and "append_events" not in query}


async def test_statements_of_postgresql_search_by_an_index(
    postgres_url: str, draft: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = await _asked_of_postgres(postgres_url, draft, monkeypatch)
    assert len(asked) >= 7
    connection: asyncpg.Connection[Any] = await asyncpg.connect(
        postgres_url, server_settings={"search_path": "codecompanion", "enable_seqscan": "off"}
    )
    try:
        for query, args in asked.items():
            plan = json.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON) {query}", *args))[0]["Plan"]
            kinds = [node["Node Type"] for node in _nodes(plan)]
            assert "Seq Scan" not in kinds, query
            indexes = [node.get("Index Name") for node in _nodes(plan)]
            assert "turns" in indexes or "RunClaimed" not in query, (query, indexes)
            assert _may_sort(query) or "Sort" not in kinds, query
    finally:
        await connection.close()
