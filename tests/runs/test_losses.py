"""A database without the newest events: who begins to work with it afterwards is told, and goes on when a person says so."""

import signal
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import pytest
from anyio import to_thread

from codecompanion.bus.told_heads import told_heads
from codecompanion.domain.commands import PauseRun, Record, ResumeRun, StartRun
from codecompanion.domain.errors import CommandRefused, HistoryRegressed
from codecompanion.domain.events import LossAccepted, decode
from codecompanion.domain.state import Running
from codecompanion.domain.streams import LOSSES
from codecompanion.runs.archiving import archive_runs, old_runs
from codecompanion.runs.importing import import_run
from codecompanion.runs.losses import accept_loss, lost_heads
from codecompanion.settings import Settings
from codecompanion.wiring import App, open_app
from command_line import Cli, command_line, environment
from golden_run import FILE
from histories import BASE, EXECUTED, PROFILE, REQUEST
from nats_server import shared_nats
from postgres_server import execute, private_postgres
from redis_server import shared_redis
from tcp_proxy import proxy

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]


@pytest.fixture(params=["redis", "nats"])
async def bus_url(request: pytest.FixtureRequest) -> AsyncGenerator[str]:
    """A bus with which machines know of each other's appends."""
    if request.param == "redis":
        with shared_redis() as url:
            yield url
    else:
        async with shared_nats() as url:
            yield url


@asynccontextmanager
async def machine(url: str, state: Path, bus_url: str = "") -> AsyncGenerator[App]:
    """Open what a process of a machine works with; its state folder is what the machine remembers."""
    async with open_app(Settings(state_dir=state, database_url=url, bus_url=bus_url), {}) as app:
        yield app


async def name(app: App) -> str:
    assert app.acknowledged is not None
    return await app.acknowledged.log.identity()


async def begin(app: App, run_id: str = "run-1") -> None:
    await app.orchestrator.handle(run_id, StartRun(REQUEST), actor="user")
    for fact in (BASE, PROFILE, EXECUTED):
        await app.orchestrator.handle(run_id, Record(fact), actor="engine")


async def lose(url: str, *, after: int) -> None:
    """Make a database what a copy of it was when the log ended at a position."""
    await to_thread.run_sync(
        execute,
        url,
        "ALTER TABLE events DISABLE TRIGGER events_do_not_vanish",
        f"DELETE FROM events WHERE position > {after}",
        f"UPDATE log_end SET position = {after}",
    )


async def test_f20_a_process_that_begins_after_the_failover_on_a_machine_that_saw_what_is_lost_is_told(
    postgres_url: str, tmp_path: Path
) -> None:
    async with machine(postgres_url, tmp_path / "one") as app:
        await begin(app)
    await lose(postgres_url, after=2)
    async with machine(postgres_url, tmp_path / "one") as app:
        with pytest.raises(HistoryRegressed, match="'run-1': event 4, at position 4 of the log, was seen and is gone") as told:
            await app.orchestrator.handle("run-1", Record(PROFILE), actor="engine")
        assert "db accept-loss" in told.value.fix
        with pytest.raises(HistoryRegressed):
            await app.orchestrator.handle("run-2", StartRun(REQUEST), actor="user")
        assert [event.type for event in await app.store.read_all()] == ["RunStarted", "TreeSnapshotted"]


async def test_f20_a_machine_that_saw_nothing_is_told_by_the_bus_whose_memory_stays(
    postgres_url: str, bus_url: str, tmp_path: Path
) -> None:
    async with machine(postgres_url, tmp_path / "one", bus_url) as app:
        await begin(app)
    await lose(postgres_url, after=2)
    for _ in range(2):
        async with machine(postgres_url, tmp_path / "two", bus_url) as app:
            await anyio.sleep(1.2)  # longer than the log waits to be published unasked
            with pytest.raises(HistoryRegressed, match="at position 4"):
                await app.orchestrator.handle("run-1", Record(PROFILE), actor="engine")
            assert max(head.position for head in await told_heads(app.bus, await name(app))) == 4


async def test_f20_a_machine_that_saw_nothing_and_has_no_bus_cannot_know(postgres_url: str, tmp_path: Path) -> None:
    async with machine(postgres_url, tmp_path / "one") as app:
        await begin(app)
    await lose(postgres_url, after=2)
    async with machine(postgres_url, tmp_path / "two") as app:
        await app.orchestrator.handle("run-1", Record(PROFILE), actor="engine")
        assert await lost_heads(app) == []


async def test_a_database_that_is_made_anew_is_not_held_against_what_is_remembered_of_the_old_one(
    postgres_url: str, bus_url: str, tmp_path: Path
) -> None:
    async with machine(postgres_url, tmp_path / "one", bus_url) as app:
        await begin(app)
        old = await name(app)
    await to_thread.run_sync(execute, postgres_url, "DROP SCHEMA codecompanion CASCADE")
    async with machine(postgres_url, tmp_path / "one", bus_url) as app:
        assert await lost_heads(app) == []
        await app.orchestrator.handle("run-2", StartRun(REQUEST), actor="user")
    async with machine(postgres_url, tmp_path / "two", bus_url) as app:
        assert await lost_heads(app) == []
        assert [head.stream_id for head in await told_heads(app.bus, await name(app))] == ["run-2"]
        assert await name(app) != old


async def test_f20_another_machine_wrote_on_in_the_place_of_what_is_lost(postgres_url: str, tmp_path: Path) -> None:
    async with machine(postgres_url, tmp_path / "one") as app:
        await begin(app)
    await lose(postgres_url, after=2)
    async with machine(postgres_url, tmp_path / "two") as app:
        await begin(app, "run-2")
    async with machine(postgres_url, tmp_path / "one") as app:
        with pytest.raises(HistoryRegressed):
            await app.orchestrator.handle("run-2", PauseRun("a test"), actor="user")
        accepted = await accept_loss(app)
        assert accepted is not None
        assert accepted.fact.up_to == 4
        await app.orchestrator.handle("run-2", ResumeRun(), actor="user")


async def test_f20_a_person_accepts_a_loss_and_every_run_waits_for_one(postgres_url: str, tmp_path: Path) -> None:
    async with machine(postgres_url, tmp_path / "two") as app:
        await begin(app)
        early = (await app.store.read_all())[2]
    async with machine(postgres_url, tmp_path / "one") as app:
        await begin(app, "run-2")
        [*_, newest] = await app.store.read("run-2")
    await lose(postgres_url, after=2)
    async with machine(postgres_url, tmp_path / "one") as app:
        accepted = await accept_loss(app)
        assert accepted is not None
        assert await accept_loss(app) is None
        [event] = await app.store.read(LOSSES)
        fact = decode(event)
        assert isinstance(fact, LossAccepted)
        assert (fact.after, fact.up_to, fact.hashes, fact.paused) == (2, 8, (newest.hash,), ("run-1",))
        assert fact.by
        assert [one.position for one in await app.store.read_all(after_position=2)] == [9, 10]
        state = (await app.orchestrator.load("run-1")).state
        assert isinstance(state, Running)
        assert state.paused
        with pytest.raises(CommandRefused, match="paused"):
            await app.orchestrator.handle("run-1", Record(PROFILE), actor="engine")
        await app.orchestrator.handle("run-1", ResumeRun(), actor="user")
    async with machine(postgres_url, tmp_path / "two") as app:  # that saw an event which nobody missed by name
        assert early.position < accepted.fact.up_to
        await app.orchestrator.handle("run-1", Record(PROFILE), actor="engine")


async def test_f20_what_is_lost_after_a_loss_was_accepted_is_missed_again(postgres_url: str, tmp_path: Path) -> None:
    async with machine(postgres_url, tmp_path / "one") as app:
        await begin(app)
    await lose(postgres_url, after=2)
    async with machine(postgres_url, tmp_path / "one") as app:
        await accept_loss(app)
    await lose(postgres_url, after=2)
    async with machine(postgres_url, tmp_path / "one") as app:
        assert [head.stream_id for head in await lost_heads(app)] == [LOSSES]


async def test_f20_a_loss_is_not_accepted_when_that_was_killed_half_way(postgres_url: str, tmp_path: Path) -> None:
    async with machine(postgres_url, tmp_path / "one") as app:
        await begin(app)
    await lose(postgres_url, after=2)
    async with machine(postgres_url, tmp_path / "one") as app:
        assert app.acknowledged is not None
        await app.acknowledged.log.skip_to(4, over=4)
        [lost] = await lost_heads(app)
        assert lost.position == 4
        accepted = await accept_loss(app)
        assert accepted is not None
        assert (accepted.fact.after, accepted.fact.up_to) == (2, 4)


async def test_f20_the_bus_hears_of_the_log_again_when_the_loss_is_accepted(
    postgres_url: str, bus_url: str, tmp_path: Path
) -> None:
    async with machine(postgres_url, tmp_path / "one", bus_url) as app:
        await begin(app)
    await lose(postgres_url, after=2)
    async with machine(postgres_url, tmp_path / "two", bus_url) as app:
        await accept_loss(app)
    # What it owed, it told when it ended.
    async with machine(postgres_url, tmp_path / "three", bus_url) as app:
        assert await lost_heads(app) == []
        assert max(head.position for head in await told_heads(app.bus, await name(app))) == 6


async def test_a_run_that_was_archived_is_not_lost(postgres_url: str, tmp_path: Path) -> None:
    async with machine(postgres_url, tmp_path / "one") as app:
        run = (await import_run(app.store, app.blobs, FILE)).run_id
    async with machine(postgres_url, tmp_path / "two") as app:
        assert [one.run_id async for one in archive_runs(app, await old_runs(app, timedelta()), tmp_path / "kept")] == [run]
    async with machine(postgres_url, tmp_path / "one") as app:
        assert await lost_heads(app) == []


async def test_f20_a_process_that_lived_through_the_failover_takes_nothing_more_of_any_run(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with private_postgres() as primary, private_postgres() as copy:
        await to_thread.run_sync(primary.initialise)
        await to_thread.run_sync(primary.start)
        async with proxy("127.0.0.1", primary.port) as between:
            url = urlsplit(primary.url)._replace(netloc=f"postgres@127.0.0.1:{between.port}").geturl()
            async with machine(url, tmp_path / "one") as app, machine(url, tmp_path / "two") as other:
                await begin(app)
                await to_thread.run_sync(copy.copy_of, primary)
                await app.orchestrator.handle("run-2", StartRun(REQUEST), actor="user")
                await other.store.read_all()
                primary.stop(signal.SIGKILL)
                await to_thread.run_sync(copy.start)
                await to_thread.run_sync(copy.promote)
                between.server = ("127.0.0.1", copy.port)
                await between.cut()
                with pytest.raises(HistoryRegressed, match="'run-2'"):
                    await app.orchestrator.handle("run-1", PauseRun("a test"), actor="user")
                async with machine(url, tmp_path / "one") as later:
                    with pytest.raises(HistoryRegressed, match="'run-2'"):
                        await later.orchestrator.handle("run-3", StartRun(REQUEST), actor="user")
                async with machine(copy.url, tmp_path / "one") as elsewhere:  # the copy, by an address of its own
                    assert [head.stream_id for head in await lost_heads(elsewhere)] == ["run-2"]
    record_property("figure", "1 of 5 events lost, told to the process that ran on and to one that started afterwards")


@pytest.fixture
def environ(tmp_path: Path, venv_with_pytest: Path, postgres_url: str) -> dict[str, str]:
    return {**environment(tmp_path, venv_with_pytest / "bin/python"), "CODECOMPANION_DATABASE_URL": postgres_url}


@pytest.fixture
def cli(environ: dict[str, str], tmp_path: Path) -> Cli:
    return command_line(environ, tmp_path)


def test_f20_the_commands_tell_of_a_loss_until_it_is_accepted(cli: Cli, postgres_url: str, tmp_path: Path) -> None:
    async def before() -> None:
        async with machine(postgres_url, tmp_path / "state") as app:
            await begin(app)
        await lose(postgres_url, after=2)

    anyio.run(before)
    named = "lost: event 4 of run-1, at position 4, which was seen"
    checked = cli("db", "check")
    assert (checked.exit_code, checked.stdout.splitlines()[-1]) == (1, named)
    assert cli("db", "status", "--json").json["lost"][0]["position"] == 4
    assert "CC-1220" in cli("worker").stderr
    doctor = cli("doctor", "--json")
    [log] = [check for check in doctor.json["checks"] if check["name"] == "log"]
    assert (doctor.exit_code, log["ok"]) == (6, False)
    assert "accept-loss" in log["fix"]
    assert cli("db", "accept-loss", "--dry-run").stdout.splitlines() == [named]
    done = cli("db", "accept-loss")
    assert done.exit_code == 0, done.stderr
    assert "waits for you: codecompanion resume run-1" in done.stdout.splitlines()
    assert cli("db", "accept-loss").stdout == "nothing is known to be lost\n"
