"""The tables go from revision to revision and back, keep what they hold, and a killed migration leaves no half."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import asyncpg
import pytest

from codecompanion.domain.envelope import Draft
from codecompanion.ports import BlobStore, EventStore, Schema
from codecompanion.storage.migrations.plain_sql import newest, revisions, whole
from codecompanion.storage.migrations.plan import plan
from codecompanion.storage.postgres import open_postgres
from codecompanion.storage.postgres_database import SCHEMA
from codecompanion.storage.postgres_schema import PostgresSchema
from codecompanion.storage.sqlite import open_sqlite
from codecompanion.storage.sqlite_schema import SqliteSchema, statements
from command_line import COMMAND
from postgres_server import answer, execute

pytestmark = pytest.mark.anyio

DraftFactory = Callable[..., Draft]
PROCESS = Path(__file__).with_name("migrating_process.py")
V1_TABLES = Path(__file__).with_name("sqlite_v1.sql")
"""The tables as they were laid out before there were migrations."""


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def schema(dialect: str, path: Path, request: pytest.FixtureRequest) -> Schema:
    return SqliteSchema(path) if dialect == "sqlite" else PostgresSchema(request.getfixturevalue("postgres_url"))


@pytest.fixture
def kind(dialect: str) -> str:
    """Also for the fixture `stores`."""
    return dialect


def layout(schema: Schema) -> list[Any]:
    """Return everything that the tables are made of, as the database tells it."""
    if isinstance(schema, SqliteSchema):
        with closing(sqlite3.connect(schema.path)) as connection:
            return connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall()
    assert isinstance(schema, PostgresSchema)
    relations = f"SELECT array_agg(relname::text ORDER BY relname) FROM pg_class WHERE relnamespace = '{SCHEMA}'::regnamespace"
    functions = f"SELECT array_agg(prosrc ORDER BY proname) FROM pg_proc WHERE pronamespace = '{SCHEMA}'::regnamespace"
    triggers = "SELECT array_agg(pg_get_triggerdef(oid) ORDER BY tgname) FROM pg_trigger"
    return [answer(schema.url, question) for question in (relations, functions, triggers)]


def test_alembic_finds_the_same_way_as_a_new_database_takes() -> None:
    for dialect in ("sqlite", "postgresql"):
        assert plan(dialect, 0, newest()).split() == whole(dialect).split()


def test_every_revision_leads_back_to_the_one_before(schema: Schema) -> None:
    layouts: list[Any] = []
    for revision in revisions():
        anyio.run(schema.migrate, revision)
        layouts.append(layout(schema))
    assert anyio.run(schema.revision) == newest()
    for revision in reversed(revisions()):
        assert layout(schema) == layouts[revision - 1]
        anyio.run(schema.migrate, revision - 1)
    assert anyio.run(schema.revision) == 0


async def test_what_is_stored_stays_through_all_revisions(
    schema: Schema, stores: tuple[EventStore, BlobStore], draft: DraftFactory
) -> None:
    store, blobs = stores
    events = await store.append("run-1", [draft(n=1), draft(n=2)], expected_version=0, idempotency_key="k")
    sha256 = await blobs.put(b"prompt")
    assert await schema.migrate(1) == newest()
    assert await schema.migrate(newest()) == 1
    assert await store.find("run-1", "k") == events
    assert await blobs.get(sha256) == b"prompt"


async def test_a_file_of_before_the_migrations_is_adopted_without_loss(path: Path, draft: DraftFactory) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(V1_TABLES.read_text(encoding="utf-8"))
        connection.execute("PRAGMA journal_mode = WAL")
    rows = [("run-1", 1, draft().event_id), ("run-1", 2, draft().event_id)]
    with closing(sqlite3.connect(path)) as connection, connection:
        for stream_id, version, event_id in rows:
            values = (version, stream_id, version, event_id, "StepTaken", 1, "2026-01-02", "", "", "", "user", "{}", "0", "0")
            connection.execute(f"INSERT INTO events VALUES ({', '.join('?' * 14)})", values)
    assert await SqliteSchema(path).revision() == 1
    async with open_sqlite(path) as (store, _):
        assert [(event.stream_id, event.version, event.event_id) for event in await store.read("run-1")] == rows
        await store.append("run-2", [draft()], expected_version=0)
    assert await SqliteSchema(path).revision() == newest()
    async with open_sqlite(path.with_name("new.db")):
        pass
    assert layout(SqliteSchema(path)) == layout(SqliteSchema(path.with_name("new.db")))


def migrate_file(path: Path, target: int, fatal: int) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, str(PROCESS), str(path), str(target), str(fatal)]
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)


async def test_f47_a_migration_of_a_file_that_is_killed_before_any_statement_leaves_what_was_there(
    path: Path, draft: DraftFactory
) -> None:
    schema = SqliteSchema(path)
    async with open_sqlite(path) as (store, _):
        events = await store.append("run-1", [draft()], expected_version=0)
    await schema.migrate(1)
    before = layout(schema)
    fatal = 1
    while (done := await anyio.to_thread.run_sync(migrate_file, path, newest(), fatal)).returncode == -signal.SIGKILL:
        assert (await schema.revision(), layout(schema)) == (1, before), fatal
        fatal += 1
    assert done.returncode == 0, done.stderr
    assert fatal == int(done.stdout) + 1 >= len(list(statements(plan("sqlite", 1, newest()))))
    assert await schema.revision() == newest()
    async with open_sqlite(path) as (store, _):
        assert await store.read("run-1") == events


def test_f47_a_migration_of_postgresql_that_is_killed_half_way_leaves_what_was_there(postgres_url: str, tmp_path: Path) -> None:
    schema = PostgresSchema(postgres_url)
    anyio.run(schema.migrate, 1)
    before = layout(schema)
    environ = {**os.environ, "CODECOMPANION_DATABASE_URL": postgres_url, "CODECOMPANION_STATE_DIR": str(tmp_path)}

    async def kill_it_at_the_lock() -> None:
        # A function is made first; then the trigger of a table is changed, which somebody holds.
        connection: asyncpg.Connection[Any] = await asyncpg.connect(postgres_url, server_settings={"search_path": SCHEMA})
        async with connection.transaction():
            await connection.execute("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
            async with await anyio.open_process([COMMAND, "db", "migrate"], env=environ, stderr=None) as process:
                waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'events'::regclass"
                ends_at = time.monotonic() + 60
                while not await connection.fetchval(waits):
                    assert process.returncode is None
                    assert time.monotonic() < ends_at
                    await anyio.sleep(0.05)
                process.kill()
        await connection.close()

    anyio.run(kill_it_at_the_lock)
    assert (anyio.run(schema.revision), layout(schema)) == (1, before)
    done = subprocess.run([COMMAND, "db", "migrate"], env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, f"revision 1 -> {newest()}\n")
    assert subprocess.run([COMMAND, "db", "check"], env=environ, capture_output=True, timeout=60, check=False).returncode == 0


async def test_a_new_log_and_one_that_is_up_to_date_are_opened_without_alembic(path: Path, postgres_url: str) -> None:
    program = (
        "import sys, anyio\nfrom pathlib import Path\n"
        "from codecompanion.storage.sqlite import open_sqlite\nfrom codecompanion.storage.postgres import open_postgres\n"
        "async def main():\n"
        "    async with open_sqlite(Path(sys.argv[1])), open_postgres(sys.argv[2]): pass\n"
        "for _ in range(2): anyio.run(main)\n"
        "assert 'alembic' not in sys.modules and 'sqlalchemy' not in sys.modules\n"
    )
    done = await anyio.run_process([sys.executable, "-c", program, str(path), postgres_url], check=False)
    assert done.returncode == 0, done.stderr.decode()


async def test_the_size_of_a_log_grows(schema: Schema, stores: tuple[EventStore, BlobStore], draft: DraftFactory) -> None:
    before = await schema.size_bytes()
    await stores[0].append("run-1", [draft(text="x" * 1000) for _ in range(500)], expected_version=0)
    assert await schema.size_bytes() > before + 200_000


async def test_programs_that_migrate_together_do_it_once(postgres_url: str) -> None:
    async with open_postgres(postgres_url):
        pass
    schema = PostgresSchema(postgres_url)
    await schema.migrate(1)
    found: list[int] = []

    async def migrate() -> None:
        found.append(await schema.migrate(newest()))

    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(migrate)
    assert sorted(found) == [1, *[newest()] * 3]


def test_tables_that_were_made_by_hand_without_a_revision_are_not_overwritten(postgres_url: str) -> None:
    execute(postgres_url, f"CREATE SCHEMA {SCHEMA}", f"CREATE TABLE {SCHEMA}.events (x int)")
    with pytest.raises(Exception, match="already exists"):
        anyio.run(PostgresSchema(postgres_url).lay_out)
    assert answer(postgres_url, "SELECT count(*) FROM events") == 0
