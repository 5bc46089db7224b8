"""Workers whose clocks are wrong by days, in both directions: leases and orders do not go by them."""

import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pytest

from codecompanion.domain.envelope import Event, verify_chain
from codecompanion.storage.postgres import open_postgres
from codecompanion.storage.sqlite import open_sqlite
from command_line import command_line, environment
from fault_matrix import FULL
from projects import repository
from redis_server import missing
from waiting import wait_until
from worker_process import LEASE_S, worker_process

pytestmark = pytest.mark.timeout(300)

RUNS = 6
WRONG = ("+10d", "-1h")
ENDS = {"RunCompleted", "RunFailed"}


@pytest.fixture(params=["sqlite", "postgresql"] if FULL else ["postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""


async def read(url: str, folder: Path, runs: list[str]) -> list[list[Event]]:
    async with open_postgres(url) if url else open_sqlite(folder / "state/log.sqlite3") as (store, _):
        return [await store.read(run_id) for run_id in runs]


def durations(event: Event) -> list[float]:
    return [value for name, value in event.data.items() if name.endswith("_s") and isinstance(value, int | float)]


def test_f26_workers_whose_clocks_are_ten_days_apart_do_each_run_once(
    tmp_path: Path, venv_with_pytest: Path, url: str, record_property: Callable[[str, object], None]
) -> None:
    if shutil.which("faketime") is None:
        missing("no faketime on the PATH; apt-get install faketime")
    own = {"CODECOMPANION_DATABASE_URL": url, "CODECOMPANION_WORKER_LEASE_S": str(LEASE_S)}
    environ = {**environment(tmp_path, venv_with_pytest / "bin/python"), **own, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    plain = repository(tmp_path / "plain", {"greeting.py": "print('hello')\n"})
    cli = command_line(environ, plain)
    # Not under `faketime` itself: it stays between us and the worker, and takes our signals.
    preload = subprocess.run(["faketime", "-f", "+0", "printenv", "LD_PRELOAD"], capture_output=True, text=True, check=True)
    one, other = ({**environ, "LD_PRELOAD": preload.stdout.strip(), "FAKETIME": wrong} for wrong in WRONG)
    with worker_process(one, tmp_path / "a.log") as a, worker_process(other, tmp_path / "b.log") as b:
        assert {found["worker"] for found in cli("status", "--json").json["workers"]} == {a.worker, b.worker}
        runs = [cli("run", "fix the failing tests", "--detach").stdout.strip() for _ in range(RUNS)]
        wait_until(lambda: not cli("status", "--json").json["runs"], "all are over")
    histories = anyio.run(read, url, tmp_path, runs)
    for run_id, events in zip(runs, histories, strict=True):
        found = Counter("end" if event.type in ENDS else event.type for event in events)
        assert (found["RunClaimed"], found["end"]) == (1, 1), found
        assert verify_chain(run_id, events) == len(events)
        assert all(duration >= 0 for event in events for duration in durations(event))
    times = [datetime.fromisoformat(event.recorded_at) for events in histories for event in events]
    assert max(times) - min(times) > timedelta(hours=1) or max(times) - datetime.now(UTC) > timedelta(days=9)
    record_property(
        "figure", f"clocks {' and '.join(WRONG)}: {RUNS} runs, one claim each, their times {max(times) - min(times)} apart"
    )
