"""Several workers and one log: each run is done once, whatever befalls the workers."""

import re
import signal
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest

from codecompanion.domain.envelope import Event
from codecompanion.domain.promises import broken_promises
from codecompanion.storage.postgres import open_postgres
from codecompanion.storage.sqlite import open_sqlite
from command_line import Cli, command_line, environment
from fault_matrix import FULL
from histories_checked import ended, is_sound
from projects import SHOP, git, repository
from waiting import wait_until
from worker_process import LEASE_S, WorkerProcess, worker_process

pytestmark = pytest.mark.timeout(300)

FIX = ("run", "fix the failing tests", "--timeout", "60", "--detach")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return repository(tmp_path / "shop", SHOP)


@pytest.fixture(params=["sqlite", "postgresql"] if FULL else ["postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """Return the address of the database, "" for a file."""
    return request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""


@pytest.fixture
def environ(tmp_path: Path, venv_with_pytest: Path, url: str) -> dict[str, str]:
    places = {"CODECOMPANION_DATABASE_URL": url, "CODECOMPANION_WORKER_LEASE_S": str(LEASE_S)}
    return {**environment(tmp_path, venv_with_pytest / "bin/python"), **places}


@pytest.fixture
def cli(environ: dict[str, str], shop: Path) -> Cli:
    return command_line(environ, shop)


@pytest.fixture
def events(url: str, tmp_path: Path) -> Callable[[str], list[Event]]:
    """Return the events of a run."""

    async def read(run_id: str) -> list[Event]:
        async with open_postgres(url) if url else open_sqlite(tmp_path / "state/log.sqlite3") as (store, _blobs):
            return await store.read(run_id)

    return lambda run_id: anyio.run(partial(read, run_id))


def test_a_run_is_left_to_a_worker_watched_and_brought_home(
    cli: Cli, environ: dict[str, str], shop: Path, tmp_path: Path, events: Callable[[str], list[Event]]
) -> None:
    left = cli(*FIX)
    assert left.exit_code == 0, left.stderr
    run_id = left.stdout.strip()
    [waiting] = cli("status", "--json").json["runs"]
    assert (waiting["run_id"], waiting["state"], waiting["worker"]) == (run_id, "queued", None)
    assert cli("list", "--json").json["runs"][0]["status"] == "queued"
    with worker_process(environ, tmp_path / "worker.log", "--metrics-port", "0") as worker:
        seen = cli("attach", run_id, "--json")
        assert seen.exit_code == 0, seen.stderr + worker.says()
        (figures,) = re.findall(r"figures at (\S+)", worker.says())
        assert 'codecompanion_runs_total{status="verified"} 1.0' in httpx2.get(figures).text
        assert (seen.json["status"], seen.json["files_changed"]) == ("verified", ["shop.py"])
        assert "waiting for a worker" in seen.stderr
        [at_work] = cli("status", "--json").json["workers"]
        assert (at_work["worker"], at_work["state"], at_work["runs"]) == (worker.worker, "working", [])
        assert worker.stop() == 0
    assert cli("status").stdout == "no workers and no runs that wait for one\n"
    assert cli("apply", run_id).stdout == "shop.py\n"
    assert cli("replay", run_id, "--offline").exit_code == 0
    is_sound(run_id, events(run_id))
    assert len(git(shop, "for-each-ref", "refs/heads").splitlines()) == 2
    assert "state/workers" not in git(shop, "worktree", "list")


def claimed_by(events: Callable[[str], list[Event]], run_id: str) -> list[str]:
    return [event.data["worker"] for event in events(run_id) if event.type == "RunClaimed"]


def begun(cli: Cli, events: Callable[[str], list[Event]], types: str = "ToolIntended") -> str:
    """Leave a run to the workers and return its id once it is under way."""
    run_id = cli(*FIX).stdout.strip()
    wait_until(lambda: any(event.type == types for event in events(run_id)), f"{types} of {run_id}")
    return run_id


def is_over(cli: Cli, run_id: str) -> None:
    seen = cli("attach", run_id, "--json")
    assert seen.exit_code == 0, seen.stderr
    assert seen.json["status"] == "verified"


def other_of(two: tuple[WorkerProcess, WorkerProcess], worker: str) -> tuple[WorkerProcess, WorkerProcess]:
    """Return the one with this id, then the other."""
    first, second = two
    return (first, second) if first.worker == worker else (second, first)


def test_f01_f28_what_a_killed_worker_had_under_way_another_one_ends(
    cli: Cli, environ: dict[str, str], tmp_path: Path, events: Callable[[str], list[Event]]
) -> None:
    with (
        worker_process(environ, tmp_path / "a.log") as a,
        worker_process(environ, tmp_path / "b.log") as b,
    ):
        run_id = begun(cli, events)
        [holder] = claimed_by(events, run_id)
        killed, other = other_of((a, b), holder)
        killed.kill()
        is_over(cli, run_id)
        assert claimed_by(events, run_id) == [killed.worker, other.worker]
        is_sound(run_id, events(run_id))
        uninterrupted = begun(cli, events)
        is_over(cli, uninterrupted)
    same = [ended(events(one)).run for one in (run_id, uninterrupted)]
    assert same[0].proof == same[1].proof
    assert same[0].progress == same[1].progress
    assert same[0].artifacts == same[1].artifacts


def test_f11_a_worker_that_was_stopped_and_comes_back_is_refused(
    cli: Cli, environ: dict[str, str], tmp_path: Path, events: Callable[[str], list[Event]]
) -> None:
    with worker_process(environ, tmp_path / "a.log") as a, worker_process(environ, tmp_path / "b.log") as b:
        run_id = begun(cli, events)
        [holder] = claimed_by(events, run_id)
        stopped, other = other_of((a, b), holder)
        stopped.signal(signal.SIGSTOP)
        is_over(cli, run_id)
        before = events(run_id)
        assert claimed_by(events, run_id) == [stopped.worker, other.worker]
        stopped.signal(signal.SIGCONT)
        wait_until(lambda: f"lets go of run {run_id}" in stopped.says(), "lets go")
        assert events(run_id) == before
        is_sound(run_id, before)
        is_over(cli, begun(cli, events))  # and it is of use again, or the other is
        assert stopped.process.poll() is None


def test_f09_a_worker_that_is_told_to_stop_leaves_its_run_to_the_next(
    cli: Cli, environ: dict[str, str], tmp_path: Path, events: Callable[[str], list[Event]]
) -> None:
    with worker_process(environ, tmp_path / "a.log") as first:
        run_id = begun(cli, events)
        assert first.stop() == 0
    assert events(run_id)[-1].type == "RunReleased"
    assert cli("list", "--json").json["runs"][0]["status"] == "queued"
    with worker_process(environ, tmp_path / "b.log"):
        is_over(cli, run_id)
    is_sound(run_id, events(run_id))


def test_f44_a_run_is_cancelled_while_a_worker_is_at_it(
    cli: Cli, environ: dict[str, str], tmp_path: Path, events: Callable[[str], list[Event]]
) -> None:
    with worker_process(environ, tmp_path / "a.log") as worker:
        run_id = begun(cli, events)
        assert cli("cancel", run_id).exit_code == 0
        wait_until(lambda: f"lets go of run {run_id}" in worker.says(), "lets go")
        assert events(run_id)[-1].type == "RunCancelled"
        assert cli("attach", run_id).exit_code == 1
        assert worker.process.poll() is None
    assert not list((tmp_path / "state/workers").glob("*"))


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_run_at_which_its_workers_die_is_paused_and_a_person_lets_it_go_on(
    cli: Cli, environ: dict[str, str], shop: Path, tmp_path: Path, events: Callable[[str], list[Event]]
) -> None:
    slow = "import time\n\n\ndef test_that_takes_long():\n    time.sleep(50)\n"
    (shop / "test_slow.py").write_text(slow)
    git(shop, "add", "test_slow.py")
    git(shop, "commit", "-q", "-m", "the base takes so long to be measured that no worker gets there")
    environ = {**environ, "CODECOMPANION_MAX_LOST_CLAIMS": "2"}
    run_id = cli(*FIX).stdout.strip()

    def killed_at_it(number: int) -> str:
        """Let a worker take the run, kill it and return its id."""
        with worker_process(environ, tmp_path / f"{number}.log") as worker:
            wait_until(lambda: len(claimed_by(events, run_id)) == number, f"claim {number}")
            wait_until(lambda: any(event.type == "RepoProfiled" for event in events(run_id)), "at the measurement")
            worker.kill()
        return worker.worker

    lost = [killed_at_it(1), killed_at_it(2)]
    with worker_process(environ, tmp_path / "3.log") as worker:
        wait_until(lambda: events(run_id)[-1].type == "RunPaused", "paused")
        assert claimed_by(events, run_id) == lost
        assert events(run_id)[-1].data["code"] == "CC-2120"
        [row] = cli("status", "--json").json["runs"]
        assert (row["state"], row["code"], row["lost_claims"]) == ("held", "CC-2120", 1)
        assert f"CC-2120); codecompanion resume {run_id}" in cli("status").stdout
        seen = cli("attach", run_id)
        assert seen.exit_code == 130
        assert "error[CC-2120]: 2 workers in a row were lost at this run" in seen.stderr
        with ThreadPoolExecutor(1) as thread:
            resumed = thread.submit(cli, "resume", run_id)
            wait_until(lambda: claimed_by(events, run_id) == [*lost, worker.worker], "taken again")
            assert cli("cancel", run_id).exit_code == 0
        assert resumed.result().exit_code == 1
    assert broken_promises(events(run_id)) == []


def test_f29_two_workers_race_for_many_runs_and_each_is_done_once(
    environ: dict[str, str], tmp_path: Path, cli: Cli, events: Callable[[str], list[Event]], shop: Path
) -> None:
    git(shop, "rm", "-r", "-q", *(name for name in SHOP if "test" in name))
    git(shop, "commit", "-q", "-m", "no tests: each run ends at once")
    environ = {**environ, "CODECOMPANION_WORKER_LEASE_S": "30"}  # nobody is taken for dead because the machine is busy
    with (
        worker_process(environ, tmp_path / "a.log", "-n", "3") as a,
        worker_process(environ, tmp_path / "b.log", "-n", "3") as b,
    ):
        for worker in (a, b):
            worker.signal(signal.SIGSTOP)
        runs = [cli(*FIX).stdout.strip() for _ in range(12)]
        for worker in (a, b):
            worker.signal(signal.SIGCONT)  # now both see all of them at once
        wait_until(lambda: not cli("status", "--json").json["runs"], "all are over")
    claims = Counter[str]()
    for run_id in runs:
        found: Any = Counter(event.type for event in events(run_id))
        assert (found["RunClaimed"], found["RunFailed"] + found["RunCompleted"]) == (1, 1)
        claims.update(claimed_by(events, run_id))
    assert len(claims) == 2


def test_a_worker_without_a_sandbox_refuses_to_work(environ: dict[str, str], tmp_path: Path) -> None:
    bare = tmp_path / "bin"
    bare.mkdir()
    environ = {**environ, "CODECOMPANION_SANDBOX": "bubblewrap", "PATH": str(bare)}
    done = command_line(environ, tmp_path)("worker")
    assert done.exit_code == 6
    assert "error[CC-6100]" in done.stderr
