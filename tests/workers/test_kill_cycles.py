"""Server and worker are killed again and again while runs go on: nobody repairs anything, and every run ends right."""

import random
import time
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from api_server import api_server, begin
from codecompanion.domain.envelope import Event
from codecompanion.storage.postgres import open_postgres
from codecompanion.storage.sqlite import open_sqlite
from command_line import command_line, environment
from fault_matrix import FULL
from histories_checked import is_sound
from projects import SHOP, repository
from worker_process import LEASE_S, worker_process

pytestmark = pytest.mark.timeout(1800 if FULL else 300)

CYCLES = 50 if FULL else 2
CYCLES_A_RUN = 5
LONGEST_LIFE_S = 2.0
LONGEST_FAREWELL_S = 0.5


@pytest.fixture(params=["sqlite", "postgresql"] if FULL else ["sqlite"])
def url(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""


def test_f07_f10_server_and_worker_are_killed_again_and_again_also_while_they_stop(
    tmp_path: Path, venv_with_pytest: Path, url: str, record_property: Callable[[str, object], None]
) -> None:
    own = {"CODECOMPANION_DATABASE_URL": url, "CODECOMPANION_WORKER_LEASE_S": str(LEASE_S)}
    environ = {**environment(tmp_path, venv_with_pytest / "bin/python"), **own}
    shop = repository(tmp_path / "shop", SHOP)
    chance, runs = random.Random(7), list[str]()
    for cycle in range(CYCLES):
        with api_server(environ, shop) as server, worker_process(environ, tmp_path / "worker.log") as worker:
            if cycle % CYCLES_A_RUN == 0:
                with server.client() as client:
                    runs.append(begin(client))
            time.sleep(chance.uniform(0, LONGEST_LIFE_S))  # any moment of their lives
            first, second = chance.sample([server, worker], 2)
            if cycle % 2:
                first.process.terminate()
                time.sleep(chance.uniform(0, LONGEST_FAREWELL_S))
            first.kill()
            second.kill()
    begun = time.monotonic()
    with worker_process(environ, tmp_path / "worker.log", "-n", "2"):
        cli = command_line(environ, shop)
        for run_id in runs:
            assert cli("attach", run_id, "--json").json["status"] == "verified"
    took_s = time.monotonic() - begun
    found = anyio.run(events, url, tmp_path, runs)
    for run_id in runs:
        is_sound(run_id, found[run_id])
    assert cli("audit", "verify").exit_code == 0
    claims = sum(event.type == "RunClaimed" for run_id in runs for event in found[run_id])
    kills = f"{'PostgreSQL' if url else 'SQLite'}: {2 * CYCLES} kills, {CYCLES // 2} of them after a SIGTERM"
    record_property("figure", f"{kills}, {claims} claims of {len(runs)} runs, the rest done in {took_s:.0f} s")


async def events(url: str, folder: Path, runs: list[str]) -> dict[str, list[Event]]:
    async with open_postgres(url) if url else open_sqlite(folder / "state/log.sqlite3") as (store, _):
        return {run_id: await store.read(run_id) for run_id in runs}
