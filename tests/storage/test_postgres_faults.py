"""What PostgreSQL can do to us: be away, refuse, cut a commit off, be changed behind our back."""

import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import anyio
import pytest

from codecompanion.domain.envelope import Draft, Event, verify_chain
from codecompanion.domain.errors import BadInput, DatabaseUnavailable, HistoryRegressed, LogCorrupt, SchemaMismatch
from codecompanion.ports import EventStore
from codecompanion.storage.postgres import open_postgres
from codecompanion.storage.postgres_database import open_database
from codecompanion.storage.postgres_locks import PostgresLocks
from codecompanion.storage.postgres_schema import PostgresSchema
from postgres_server import answer, execute
from tcp_proxy import proxy

pytestmark = pytest.mark.anyio

DraftFactory = Callable[..., Draft]


def through(url: str, port: int) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.username}@127.0.0.1:{port}").geturl()


async def test_f18_an_append_whose_commit_is_cut_off_is_resolved_by_its_ids_and_stored_once(
    postgres_url: str, draft: DraftFactory
) -> None:
    parts = urlsplit(postgres_url)
    assert parts.hostname is not None
    async with (
        proxy(parts.hostname, parts.port or 5432) as between,
        open_postgres(through(postgres_url, between.port)) as (store, _),
    ):
        first = await store.append("run-1", [draft()], expected_version=0)
        acknowledged: list[Event] = []

        async def append() -> None:
            acknowledged.extend(await store.append("run-1", [draft(), draft()], expected_version=1, idempotency_key="k"))

        async with anyio.create_task_group() as tasks:
            between.swallows_answers = True
            tasks.start_soon(append)
            with anyio.fail_after(30):
                await between.asked.wait()  # it has been carried out, and nobody here knows
            between.swallows_answers = False
            await between.cut()
        assert await store.read("run-1") == first + acknowledged
        assert await store.find("run-1", "k") == acknowledged
        assert verify_chain("run-1", await store.read("run-1")) == 3


async def test_f17_readers_and_writers_go_on_when_a_database_comes_back(postgres_url: str, draft: DraftFactory) -> None:
    parts = urlsplit(postgres_url)
    assert parts.hostname is not None
    async with (
        proxy(parts.hostname, parts.port or 5432) as between,
        open_postgres(through(postgres_url, between.port)) as (store, blobs),
    ):
        first = await store.append("run-1", [draft()], expected_version=0)
        between.refuses = True
        await between.cut()
        seen: list[Event] = []

        async def read() -> None:
            seen.extend(await store.read("run-1"))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read)
            tasks.start_soon(blobs.put, b"prompt")
            await anyio.sleep(0.3)
            between.refuses = False
        assert seen == first


async def test_whoever_waits_for_a_database_that_stays_away_is_told(postgres_url: str) -> None:
    async with open_database(through(postgres_url, 1)) as database:
        with pytest.raises(DatabaseUnavailable, match="cannot be reached") as away:
            await database.run(lambda connection: connection.fetchval("SELECT 1"), patience_s=0.2)
    assert "start it" in away.value.fix


@pytest.mark.parametrize(
    ("path", "user", "remedy"),
    [("/codecompanion_is_missing", "postgres", "createdb"), ("/postgres", "nobody_at_all", "check the user")],
    ids=["missing database", "unknown user"],
)
async def test_what_is_wrong_is_said_with_its_remedy(postgres_url: str, path: str, user: str, remedy: str) -> None:
    parts = urlsplit(postgres_url)
    url = parts._replace(netloc=f"{user}@{parts.hostname}:{parts.port or 5432}", path=path).geturl()
    with pytest.raises(DatabaseUnavailable) as refused:
        async with open_postgres(url):
            pass
    assert remedy in refused.value.fix
    assert refused.value.exit_code == 6


async def test_the_second_of_two_hosts_answers_when_the_first_is_away(postgres_url: str) -> None:
    async with open_postgres(postgres_url.replace("@", "@127.0.0.1:1,", 1)) as (store, _):
        assert await store.streams() == []


async def test_a_url_that_is_none_is_bad_input() -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        async with open_postgres("postgresql://127.0.0.1:notaport/x"):
            pass


@pytest.mark.parametrize(("revision", "fix"), [("0001", "codecompanion db migrate"), ("0999", "upgrade CodeCompanion")])
async def test_tables_of_another_revision_are_refused(postgres_url: str, revision: str, fix: str) -> None:
    async with open_postgres(postgres_url):
        pass
    await anyio.to_thread.run_sync(execute, postgres_url, f"UPDATE alembic_version SET version_num = '{revision}'")
    with pytest.raises(SchemaMismatch) as refused:
        async with open_postgres(postgres_url):
            pass
    assert fix in refused.value.fix
    if revision == "0999":
        with pytest.raises(SchemaMismatch, match="newer"):
            await PostgresSchema(postgres_url).migrate(1)


async def test_programs_that_open_a_new_database_together_share_it(postgres_url: str, draft: DraftFactory) -> None:
    async def begin(stream_id: str) -> None:
        async with open_postgres(postgres_url) as (store, _):
            await store.append(stream_id, [draft()], expected_version=0)

    async with anyio.create_task_group() as tasks:
        for number in range(4):
            tasks.start_soon(begin, f"run-{number}")
    assert await anyio.to_thread.run_sync(answer, postgres_url, "SELECT position FROM log_end") == 4


@pytest.mark.parametrize("statement", ["UPDATE events SET actor = 'somebody'", "DELETE FROM events", "TRUNCATE events"])
async def test_the_database_itself_keeps_the_log_append_only(postgres_url: str, draft: DraftFactory, statement: str) -> None:
    async with open_postgres(postgres_url) as (store, _):
        await store.append("run-1", [draft()], expected_version=0)
    with pytest.raises(Exception, match="append-only"):
        await anyio.to_thread.run_sync(execute, postgres_url, statement)


async def test_f25_an_event_or_a_blob_that_was_changed_is_named(postgres_url: str, draft: DraftFactory) -> None:
    async with open_postgres(postgres_url) as (store, blobs):
        await store.append("run-1", [draft(n=n) for n in range(3)], expected_version=0)
        sha256 = await blobs.put(b"prompt")
        changes = (
            "ALTER TABLE events DISABLE TRIGGER events_do_not_change",
            "UPDATE events SET data = '[1]' WHERE version = 2",
            "UPDATE blobs SET compressed = 'junk'",
        )
        await anyio.to_thread.run_sync(execute, postgres_url, *changes)
        with pytest.raises(LogCorrupt) as corrupt:
            await store.read("run-1")
        assert corrupt.value.version == 2
        with pytest.raises(LogCorrupt, match=sha256):
            await blobs.get(sha256)


async def test_what_postgresql_cannot_hold_is_refused_alone(postgres_url: str, draft: DraftFactory) -> None:
    outcomes: list[str] = []

    async def append(stream_id: str) -> None:
        async with anyio.create_task_group():
            try:
                await store.append(stream_id, [draft()], expected_version=0)
            except ValueError as error:
                outcomes.append(str(error)[:22])
            else:
                outcomes.append("stored")

    async with open_postgres(postgres_url) as (store, _), anyio.create_task_group() as tasks:
        for stream_id in ("run-1", "run-2", "run\0", "run-3"):
            tasks.start_soon(append, stream_id)
    assert sorted(outcomes) == ["PostgreSQL cannot hold", "stored", "stored", "stored"]


async def test_f20_whoever_saw_what_a_log_lost_is_told_before_it_appends(postgres_url: str, draft: DraftFactory) -> None:
    async with open_postgres(postgres_url) as (store, _):
        await store.append("run-1", [draft()], expected_version=0)
        lost = await store.append("run-1", [draft()], expected_version=1)
        changes = (
            "ALTER TABLE events DISABLE TRIGGER events_do_not_vanish",
            "DELETE FROM events WHERE version = 2",
            "UPDATE log_end SET position = 1",
        )
        await anyio.to_thread.run_sync(execute, postgres_url, *changes)
        async with open_postgres(postgres_url) as (other, _):
            await other.append("run-1", [draft(other=True)], expected_version=1)
        with pytest.raises(HistoryRegressed, match="event 2 is another than it was"):
            await store.append("run-1", [draft()], expected_version=2)
        [event] = await store.append("run-1", [draft()], expected_version=2)  # by who was told
        assert event.prev_hash != lost[0].hash
        assert verify_chain("run-1", await store.read("run-1")) == 3


async def test_a_run_is_held_by_one_until_it_lets_go(postgres_url: str) -> None:
    locks = PostgresLocks(postgres_url)
    async with locks.hold("run-1"), locks.hold("run-2"):
        with pytest.raises(Exception, match="another process is working on run run-1"):
            async with locks.hold("run-1"):
                pass
    async with locks.hold("run-1"):
        pass


@pytest.mark.parametrize("state", ["40P01", "40001", "53300"], ids=["deadlock", "serialization failure", "no connection left"])
async def test_f19_what_postgresql_refuses_for_a_moment_is_asked_for_again(
    postgres_url: str, draft: DraftFactory, state: str
) -> None:
    async with open_postgres(postgres_url) as (store, _):
        refusing = (
            "CREATE SEQUENCE codecompanion.refusals",  # which counts on when a transaction is undone
            f"""CREATE FUNCTION codecompanion.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                IF nextval('codecompanion.refusals') <= 3 THEN RAISE SQLSTATE '{state}'; END IF; RETURN NEW; END $$""",
            "CREATE TRIGGER refuses BEFORE INSERT ON codecompanion.events FOR EACH ROW EXECUTE FUNCTION codecompanion.refuse()",
        )
        await anyio.to_thread.run_sync(execute, postgres_url, *refusing)
        events = await store.append("run-1", [draft()], expected_version=0, idempotency_key="k")
        assert await store.read("run-1") == events
    assert await anyio.to_thread.run_sync(answer, postgres_url, "SELECT last_value FROM codecompanion.refusals") == 4


async def test_f19_more_writers_than_connections_are_all_served(
    postgres_url: str, draft: DraftFactory, record_property: Callable[[str, object], None]
) -> None:
    took_ms: list[float] = []

    async def write(store: EventStore, stream_id: str) -> None:
        for version in range(5):
            begun = time.monotonic()
            await store.append(stream_id, [draft()], expected_version=version)
            took_ms.append(1000 * (time.monotonic() - begun))

    async with AsyncExitStack() as opened, anyio.create_task_group() as tasks:
        stores = [(await opened.enter_async_context(open_postgres(postgres_url)))[0] for _ in range(4)]
        for number in range(64):
            tasks.start_soon(write, stores[number % 4], f"run-{number}")
    assert len(took_ms) == 320
    record_property("figure", f"64 writers, 4 pools: p99 of an append {sorted(took_ms)[316]:.0f} ms")
