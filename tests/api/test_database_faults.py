"""A server whose log is away for a while: it says so, refuses with the word to come again, and goes on when the log is back."""

import resource
import signal
import time
from collections.abc import Callable, Generator
from pathlib import Path

import httpx2
import pytest

from api_server import ENDED, api_server, begin, key, wait_for
from fault_matrix import FULL
from postgres_server import PrivatePostgres, execute, private_postgres
from projects import repository
from waiting import wait_until

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """A repository without tests: a run in it ends soon."""
    return repository(tmp_path / "plain", {"greeting.py": "print('hello')\n"})


@pytest.fixture(scope="module")
def postgres() -> Generator[PrivatePostgres]:
    with private_postgres() as server:
        server.initialise()
        server.start()
        yield server


STOPS = [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL] if FULL else [signal.SIGKILL]


def ready(client: httpx2.Client) -> int:
    return client.get("/readyz").status_code


def comes_again(refused: httpx2.Response) -> None:
    """Check that a request was refused for the log's sake, and told when to come again."""
    assert (refused.status_code, refused.json()["code"]) == (503, "CC-6300"), refused.text
    assert refused.json()["fix"]
    assert int(refused.headers["Retry-After"]) > 0


@pytest.mark.parametrize("how", STOPS, ids=lambda how: how.name)
def test_f17_a_server_whose_postgresql_is_stopped_refuses_with_a_word_and_goes_on_when_it_is_back(
    environ: dict[str, str], plain: Path, postgres: PrivatePostgres, how: signal.Signals, record_property: Callable[..., None]
) -> None:
    environ = {**environ, "CODECOMPANION_DATABASE_URL": postgres.url}
    with api_server(environ, plain) as server, server.client() as client:
        run_id = begin(client)
        postgres.stop(how)
        assert ready(client) == 503
        if FULL:  # it is waited for quite a while
            comes_again(client.get("/v1/runs"))
        postgres.start()
        back = time.monotonic()
        wait_until(lambda: ready(client) == 200, "ready", limit_s=10)
        took_s = time.monotonic() - back
        assert wait_for(client, run_id, *ENDED)
        assert wait_for(client, begin(client), *ENDED)
        assert server.process.poll() is None
    record_property("figure", f"{how.name}: ready {took_s:.1f} s after PostgreSQL")


def test_f21_a_server_whose_disk_is_full_refuses_and_goes_on_by_itself_when_there_is_room(
    environ: dict[str, str], plain: Path, record_property: Callable[..., None]
) -> None:
    environ = {
        **environ,
        "CODECOMPANION_WORKER_LEASE_S": "3",
        "PYTHONHASHSEED": "0",
    }  # no fork: it has to be the process itself
    with api_server(environ, plain) as server, server.client() as client:
        pid = server.process.pid
        _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, most))  # no file grows beyond: the write-ahead log is larger
        comes_again(client.post("/v1/runs", json={"objective": "fix the failing tests"}, headers=key()))
        wait_until(lambda: ready(client) == 503, "not ready", limit_s=10)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))
        room = time.monotonic()
        run_id = begin(client)
        wait_until(lambda: ready(client) == 200, "ready", limit_s=10)
        took_s = time.monotonic() - room
        assert wait_for(client, run_id, *ENDED)
    record_property("figure", f"a server takes runs {took_s:.1f} s after there is room")


OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


def test_a_server_behind_whose_address_a_database_without_the_newest_events_appears_is_not_ready_and_takes_nothing(
    environ: dict[str, str], plain: Path, postgres_url: str
) -> None:
    environ = {**environ, "CODECOMPANION_DATABASE_URL": postgres_url}
    with api_server(environ, plain, "--workers", "0") as server, server.client() as client:
        begin(client)
        assert ready(client) == 200
        execute(
            postgres_url,
            "ALTER TABLE events DISABLE TRIGGER events_do_not_vanish",
            "DELETE FROM events WHERE position > 1",
            "UPDATE log_end SET position = 1",
            OTHERS,
        )
        wait_until(lambda: ready(client) == 503, "noticed")
        assert client.get("/readyz").json()["code"] == "CC-1220"
        refused = client.post("/v1/runs", json={"objective": "fix the failing tests"}, headers=key())
        assert (refused.status_code, refused.json()["code"]) == (503, "CC-1220")
        assert client.get("/v1/runs").status_code == 200
