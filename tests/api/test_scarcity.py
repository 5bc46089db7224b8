"""A server or a worker that the system gives no more of something: it says so, nothing breaks, and it goes on by itself."""

import resource
import signal
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx2
import pytest

from api_server import ENDED, api_server, begin, key, wait_for
from command_line import command_line
from control_group import control_group
from fault_matrix import FULL
from projects import repository
from waiting import wait_until
from worker_process import LEASE_S, worker_process

pytestmark = pytest.mark.timeout(300)

OBJECTIVE = {"objective": "fix the failing tests"}
SPARE = range(12) if FULL else (0, 2, 5)
"""Each is enough for another part of what a request does."""
Scarcity = Callable[[int, int], AbstractContextManager[None]]


@contextmanager
def few_files(pid: int, spare: int) -> Generator[None]:
    """Let a process open so many more files than it has open."""
    _, most = before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    opened = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (opened + spare, most))
    yield
    resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


@contextmanager
def few_processes(pid: int, spare: int) -> Generator[None]:
    """Let a process start so many more processes and threads than it has."""
    with control_group("pids", pid) as group:
        there = int((group / "pids.current").read_text(encoding="ascii"))
        (group / "pids.max").write_text(str(there + spare), encoding="ascii")
        yield
        (group / "pids.max").write_text("max", encoding="ascii")


@pytest.mark.parametrize("scarce", [few_files, few_processes], ids=["files", "processes"])
def test_f50_a_server_that_gets_no_more_files_or_processes_refuses_with_a_word_and_goes_on_when_it_does(
    environ: dict[str, str], tmp_path: Path, scarce: Scarcity, record_property: Callable[[str, object], None]
) -> None:
    environ = {**environ, "PYTHONHASHSEED": "0"}  # no fork: it has to be the process itself
    plain = repository(tmp_path / "plain", {"greeting.py": "print('hello')\n"})
    begun, refused = list[str](), 0
    with api_server(environ, plain) as server, server.client() as client:
        begun.append(begin(client))  # it is worked on meanwhile
        for spare in SPARE:
            with scarce(server.process.pid, spare):
                for answer in (client.get("/v1/system"), client.post("/v1/runs", json=OBJECTIVE, headers=key())):
                    if answer.status_code == 202:
                        begun.append(answer.json()["run_id"])
                    elif answer.status_code != 200:
                        says_that_it_is_scarce(answer)
                        refused += 1
        assert refused
        begun.append(begin(client))
        assert server.process.poll() is None
        for run_id in begun:
            ended_or_held(client, run_id)
        with server.client() as another:
            assert another.get("/readyz").status_code == 200
    assert command_line(environ, plain)("audit", "verify").exit_code == 0
    record_property("figure", f"{scarce.__name__.replace('_', ' ')}: {refused} requests refused, {len(begun)} runs begun")


def says_that_it_is_scarce(answer: httpx2.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] in ("CC-6600", "CC-6300"), answer.text
    assert answer.json()["fix"]
    assert int(answer.headers["Retry-After"]) > 0


def ended_or_held(client: httpx2.Client, run_id: str) -> None:
    """Check that a run came to its own end: one that met the scarcity waits, and goes on when it is told to."""
    run = wait_for(client, run_id, *ENDED, "paused")
    if run["status"] == "paused":
        assert client.post(f"/v1/runs/{run_id}/resume", headers=key()).status_code == 202
        run = wait_for(client, run_id, *ENDED)
    assert run["error"]["code"] == "CC-2000", run  # it has no tests, and this is all that is wrong with it


def test_f49_what_a_worker_had_under_way_that_was_killed_for_want_of_memory_another_one_ends(
    environ: dict[str, str], shop: Path, tmp_path: Path
) -> None:
    environ = {**environ, "CODECOMPANION_WORKER_LEASE_S": str(LEASE_S)}
    cli = command_line(environ, shop)
    with worker_process(environ, tmp_path / "a.log") as a:
        run_id = cli("run", OBJECTIVE["objective"], "--detach").stdout.strip()
        wait_until(lambda: f"takes run {run_id}" in a.says(), "claimed")
        with control_group("memory", a.process.pid, limit_in_bytes="4096") as group:
            assert a.process.wait(30) == -signal.SIGKILL
            assert int((group / "memory.oom_control").read_text(encoding="ascii").split()[-1]) > 0
        with worker_process(environ, tmp_path / "b.log"):
            assert cli("attach", run_id, "--json").json["status"] == "verified"
    assert cli("audit", "verify").exit_code == 0
