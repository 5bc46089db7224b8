"""Runs leave the log for files from which they come back whole; nothing else of the log changes, whenever it is killed."""

import signal
import sqlite3
import sys
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from codecompanion.domain.envelope import Draft, unseal
from codecompanion.domain.errors import BadInput, VersionConflict
from codecompanion.domain.events import PatchUndone, encode
from codecompanion.domain.streams import ARCHIVE, SPENDING
from codecompanion.runs.archiving import age, archive_runs, old_runs
from codecompanion.runs.audit import cited_blobs, export_run
from codecompanion.runs.importing import import_run, read_export
from codecompanion.settings import Settings
from codecompanion.wiring import App, open_app
from golden_run import FILE
from postgres_server import execute
from spending import RESERVED, SETTLED

pytestmark = pytest.mark.anyio

RUN = read_export(FILE).verified.run_id
LONG_AGO = "UPDATE blobs SET put_at = 0"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""


@pytest.fixture
async def app(url: str, tmp_path: Path) -> AsyncGenerator[App]:
    async with open_app(Settings(state_dir=tmp_path / "state", database_url=url), {}) as opened:
        yield opened


async def as_if_long_ago(app: App) -> None:
    """Let the blobs of a log have been put long ago."""
    if app.settings.database_url:
        await to_thread.run_sync(execute, app.settings.database_url, LONG_AGO)
    else:
        with sqlite3.connect(app.settings.state_dir / "log.sqlite3") as connection:
            connection.execute(LONG_AGO)
        connection.close()


async def archive(app: App, folder: Path) -> list[tuple[str, int]]:
    """Archive all that is over and return the runs with the number of their blobs that were removed."""
    return [(one.run_id, one.blobs_removed) async for one in archive_runs(app, await old_runs(app, timedelta()), folder)]


def blobs_of_the_run() -> set[str]:
    return {sha256 for event in read_export(FILE).events for sha256 in cited_blobs(event.data)}


async def left_of(app: App, blobs: set[str]) -> set[str]:
    """Return which blobs are still there."""
    found = set[str]()
    for sha256 in blobs:
        try:
            await app.blobs.get(sha256)
            found.add(sha256)
        except KeyError:
            pass
    return found


async def record(app: App, stream_id: str, drafts: list[Draft], version: int = 0) -> None:
    await app.store.append(stream_id, drafts, expected_version=version)


def draft(app: App, kind: str, data: dict[str, object]) -> Draft:
    return Draft(app.clock.new_id(), kind, 1, "2026-01-02T00:00:00.000000Z", data, "test")


async def test_a_run_that_is_over_leaves_the_log_and_comes_back_from_its_file(app: App, tmp_path: Path) -> None:
    taken = await import_run(app.store, app.blobs, FILE)
    spent = [draft(app, type(fact).__name__, encode(fact)) for fact in (RESERVED, SETTLED)]
    await record(app, SPENDING, spent)
    spending, end = await app.governor(None).spent(), await app.store.last_position()
    await as_if_long_ago(app)
    assert await archive(app, tmp_path / "kept") == [(RUN, len(blobs_of_the_run()))]
    assert await app.store.read(RUN) == []
    assert await app.store.keys(RUN) == {}
    assert await left_of(app, blobs_of_the_run()) == set()
    assert await app.governor(None).spent() == spending
    assert await app.store.last_position() > end, "no position is given out twice"
    assert await archive(app, tmp_path / "kept") == []
    assert await import_run(app.store, app.blobs, tmp_path / "kept" / f"{RUN}.tar.gz") == taken
    assert await archive(app, tmp_path / "kept") == [(RUN, 0)], "and leaves it again; its blobs were put just now"
    assert [event.type for event in await app.store.read(ARCHIVE)] == ["RunArchived", "RunRemoved"] * 2


async def test_a_run_that_is_not_over_or_not_old_stays(app: App, tmp_path: Path) -> None:
    exported = read_export(FILE)
    drafts = [unseal(event) for event in exported.events]
    await record(app, RUN, drafts[:-1])
    assert await archive(app, tmp_path) == []
    await record(app, RUN, drafts[-1:], len(drafts) - 1)
    assert await old_runs(app, timedelta(days=36_500)) == []
    assert await old_runs(app, timedelta()) == [RUN]


async def test_a_blob_that_another_stream_cites_stays_also_when_it_does_so_in_the_last_moment(app: App, tmp_path: Path) -> None:
    await import_run(app.store, app.blobs, FILE)
    early, late, *_ = sorted(blobs_of_the_run())
    await record(app, "other", [draft(app, "StepTaken", {"patch_sha256": early})])
    await as_if_long_ago(app)
    runs = [RUN]

    class Slow:
        """An archive before whose transaction somebody else appends."""

        async def remove(self, stream_id: str, *, version: int, blobs: set[str], seen: int) -> int:
            await record(app, "other", [draft(app, "StepTaken", {"tree_sha256": late})], 1)
            return await app.archive.remove(stream_id, version=version, blobs=blobs, seen=seen)

    async for _ in archive_runs(replace(app, archive=Slow()), runs, tmp_path):
        pass
    assert await left_of(app, blobs_of_the_run()) == {early, late}


async def test_a_run_that_grew_meanwhile_stays_whole(app: App) -> None:
    await import_run(app.store, app.blobs, FILE)
    with pytest.raises(VersionConflict):
        await app.archive.remove(RUN, version=3, blobs=blobs_of_the_run(), seen=0)
    assert len(await app.store.read(RUN)) == len(read_export(FILE).events)


async def test_the_log_refuses_to_lose_a_run_that_is_not_archived(app: App) -> None:
    taken = await import_run(app.store, app.blobs, FILE)
    with pytest.raises(Exception, match="append-only"):
        await app.archive.remove(RUN, version=taken.events, blobs=set(), seen=0)
    assert len(await app.store.read(RUN)) == taken.events
    assert await app.store.keys(RUN)


@pytest.mark.parametrize("at", ["blob", "remove", "removed"])
async def test_killed_on_the_way_it_goes_on(app: App, url: str, tmp_path: Path, at: str) -> None:
    taken = await import_run(app.store, app.blobs, FILE)
    await as_if_long_ago(app)
    program = [sys.executable, str(Path(__file__).with_name("archiving_process.py"))]
    done = await anyio.run_process([*program, str(tmp_path / "state"), url, str(tmp_path / "kept"), at], check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(await app.store.read(RUN)) == (0 if at == "removed" else taken.events)
    file = tmp_path / "kept" / f"{RUN}.tar.gz"
    assert file.exists() == (at != "blob")
    assert await archive(app, tmp_path / "kept") == ([] if at == "removed" else [(RUN, len(blobs_of_the_run()))])
    assert await app.store.read(RUN) == []
    assert [event.type for event in await app.store.read(ARCHIVE)] == ["RunArchived", "RunRemoved"]
    assert await import_run(app.store, app.blobs, file) == taken


async def test_another_file_of_that_name_is_not_taken_for_the_runs(app: App, tmp_path: Path) -> None:
    await import_run(app.store, app.blobs, FILE)
    await export_run(app.store, app.blobs, RUN, tmp_path / f"{RUN}.tar.gz")
    await record(app, RUN, [draft(app, "PatchUndone", encode(PatchUndone(paths=())))], len(await app.store.read(RUN)))
    with pytest.raises(BadInput, match="less of it than the log"):
        await archive(app, tmp_path)
    assert await app.store.read(RUN)


def test_an_age_has_a_unit() -> None:
    assert [age(text) for text in ("12h", "90d", "8w")] == [timedelta(hours=12), timedelta(days=90), timedelta(weeks=8)]
    with pytest.raises(BadInput, match="is no age"):
        age("90")
