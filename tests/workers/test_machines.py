"""A run is asked for on one machine, done on another and watched from a third; a machine is cut off, another one dies."""

from collections.abc import Generator
from functools import partial
from pathlib import Path

import anyio
import pytest

from codecompanion.domain.envelope import Event
from codecompanion.storage.postgres import open_postgres
from fault_matrix import FULL
from histories_checked import is_sound
from machines import Machine, can_make_namespaces, machines
from projects import SHOP, git, repository
from waiting import wait_until
from worker_process import worker_process

pytestmark = pytest.mark.timeout(300)

FIX = ("run", "fix the failing tests", "--timeout", "60", "--detach")


@pytest.fixture(params=["namespaces"] if can_make_namespaces() and not FULL else ["proxies", "namespaces"])
def three(
    request: pytest.FixtureRequest, tmp_path: Path, venv_with_pytest: Path, postgres_url: str
) -> Generator[list[Machine]]:
    namespaces = request.param == "namespaces"
    if namespaces and not can_make_namespaces():
        pytest.skip("network namespaces take root's rights and `ip`: sudo apt-get install iproute2")
    with machines("abc", tmp_path, venv_with_pytest / "bin/python", postgres_url, namespaces=namespaces) as made:
        yield made


@pytest.fixture
def shop(three: list[Machine]) -> Path:
    """The user's repository, on the first machine."""
    return repository(three[0].folder / "shop", SHOP)


def events_of(url: str, run_id: str) -> list[Event]:
    async def read() -> list[Event]:
        async with open_postgres(url) as (store, _blobs):
            return await store.read(run_id)

    return anyio.run(read)


def claims(events: list[Event]) -> list[str]:
    return [event.data["worker"] for event in events if event.type == "RunClaimed"]


def test_asked_for_here_done_there_and_watched_from_elsewhere(
    three: list[Machine], shop: Path, postgres_url: str, tmp_path: Path
) -> None:
    here, there, elsewhere = three
    (shop / "notes.txt").write_text("mine\n")
    run_id = here.cli(shop)(*FIX, "--include-uncommitted").stdout.strip()
    away = shop.rename(tmp_path / "away")  # the other machines have no such folder
    with worker_process(there.environ, there.folder / "log", before=there.before) as worker:
        watched = elsewhere.cli(elsewhere.folder)("attach", run_id, "--json")
        assert watched.exit_code == 0, watched.stderr + worker.says()
        assert watched.json["status"] == "verified"
        assert "when you attach there" in watched.stderr
        wait_until(lambda: not [*there.folder.glob("state/workers/*/repositories/*")], "cleared up")
    away.rename(shop)
    assert len(git(shop, "for-each-ref", "refs/heads").splitlines()) == 1
    attached = here.cli(shop)("attach", run_id, "--json")
    assert attached.exit_code == 0, attached.stderr
    branch = attached.json["branch"]
    assert git(shop, "rev-parse", branch).strip() == attached.json["commit"]
    assert git(shop, "show", f"{branch}:notes.txt") == "mine\n"
    assert here.cli(shop)("apply", run_id).stdout == "shop.py\n"
    assert here.cli(shop)("replay", run_id, "--offline").exit_code == 0
    is_sound(run_id, events_of(postgres_url, run_id))


def test_f11_f28_one_worker_is_cut_off_and_one_dies_and_the_run_ends_right(
    three: list[Machine], shop: Path, postgres_url: str
) -> None:
    here, there, elsewhere = three
    with (
        worker_process(there.environ, there.folder / "log", before=there.before) as b,
        worker_process(elsewhere.environ, elsewhere.folder / "log", before=elsewhere.before) as c,
    ):
        run_id = here.cli(shop)(*FIX).stdout.strip()
        events = partial(events_of, postgres_url, run_id)
        wait_until(lambda: bool(claims(events())), "claimed")
        wait_until(lambda: any(event.type == "TreeSnapshotted" for event in events()), "under way")
        first, second = (there, elsewhere) if claims(events()) == [b.worker] else (elsewhere, there)
        dying = c if first is there else b
        first.cut()
        wait_until(lambda: len(claims(events())) == 2, "taken from the one that was cut off")
        dying.kill()
        first.mend()
        seen = here.cli(shop)("attach", run_id, "--json")
        assert seen.exit_code == 0, seen.stderr
        assert seen.json["status"] == "verified"
        assert len(claims(events())) == 3
        assert second.name != first.name
        is_sound(run_id, events())
