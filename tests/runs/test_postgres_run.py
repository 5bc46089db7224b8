"""The main job with the log in PostgreSQL, from outside; the user's machine keeps nothing of it but the worktrees."""

import signal
import subprocess
from pathlib import Path

import pytest

from command_line import Cli, command_line, environment, installed
from postgres_server import answer
from projects import SHOP, git, repository

pytestmark = pytest.mark.timeout(600)

FIX = ("run", "fix the failing tests", "--timeout", "60", "--json")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return repository(tmp_path / "shop", SHOP)


@pytest.fixture
def environ(tmp_path: Path, venv_with_pytest: Path, postgres_url: str) -> dict[str, str]:
    return {**environment(tmp_path, venv_with_pytest / "bin/python"), "CODECOMPANION_DATABASE_URL": postgres_url}


@pytest.fixture
def cli(environ: dict[str, str], tmp_path: Path) -> Cli:
    return command_line(environ, tmp_path)


def test_a_run_is_made_shown_replayed_forked_applied_undone_and_verified(cli: Cli, shop: Path, tmp_path: Path) -> None:
    done = cli(*FIX, "-C", str(shop))
    assert done.exit_code == 0, done.stderr
    result = done.json
    run_id = result["run_id"]
    assert (result["status"], result["files_changed"]) == ("verified", ["shop.py"])
    assert cli("show", run_id).exit_code == 0
    replayed = cli("replay", run_id, "--offline")
    assert replayed.exit_code == 0, replayed.stderr
    assert cli("apply", run_id).stdout == "shop.py\n"
    assert cli("undo", run_id).exit_code == 0
    forked = cli("fork", run_id, "--at", "6", "--json")
    assert forked.exit_code == 0, forked.stderr
    verified = cli("audit", "verify")
    assert verified.exit_code == 0, verified.stderr
    assert verified.stdout.count("ok:") == 3
    assert not (tmp_path / "state/log.sqlite3").exists()
    assert not (tmp_path / "state/responses.sqlite3").exists()
    doctor = cli("doctor", "--json").json
    [log] = [check for check in doctor["checks"] if check["name"] == "log"]
    assert log["ok"]
    assert "PostgreSQL" in log["found"]


def test_f01_a_killed_run_goes_on_from_the_log_of_the_database(
    cli: Cli, environ: dict[str, str], shop: Path, postgres_url: str
) -> None:
    with subprocess.Popen([*installed(environ), *FIX, "-C", str(shop)], env=environ, stdout=subprocess.PIPE) as process:
        while (found := events_of(postgres_url)) < 8:
            assert process.poll() is None, "it ended before it could be killed"
        process.send_signal(signal.SIGKILL)
    run_id = answer(postgres_url, "SELECT stream_id FROM events WHERE version = 1")
    resumed = cli("resume", run_id, "--json")
    assert resumed.exit_code == 0, resumed.stderr
    assert resumed.json["status"] == "verified"
    assert events_of(postgres_url) > found
    assert cli("audit", "verify").exit_code == 0
    assert len(git(shop, "for-each-ref", "refs/heads").splitlines()) == 2
    keys = "SELECT count(*) - count(DISTINCT idempotency_key) FROM append_keys"
    assert answer(postgres_url, keys) == 0


def events_of(url: str) -> int:
    tables = answer(url, "SELECT to_regclass('codecompanion.events')")
    return answer(url, "SELECT count(*) FROM events") if tables else 0


def test_a_database_that_is_away_is_said_and_nothing_is_begun(environ: dict[str, str], shop: Path, tmp_path: Path) -> None:
    cli = command_line({**environ, "CODECOMPANION_DATABASE_URL": "postgresql://me:hush-hush@127.0.0.1:1/log"}, tmp_path)
    refused = cli(*FIX, "-C", str(shop))
    assert refused.exit_code == 6
    assert "error[CC-6300]" in refused.stderr
    assert "fix: start it" in refused.stderr
    assert git(shop, "for-each-ref").count("commit") == 1
    doctor = cli("doctor", "--json")
    assert doctor.exit_code == 6
    [log] = [check for check in doctor.json["checks"] if check["name"] == "log"]
    assert not log["ok"]
    assert "cannot be reached" in log["found"]
    shown = cli("config", "show")
    assert "postgresql://me:***@127.0.0.1:1/log" in shown.stdout
    assert "hush-hush" not in refused.stderr + doctor.stdout + shown.stdout
