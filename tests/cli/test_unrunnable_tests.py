"""A team is not paid for what nothing could prove: where tests cannot be run, nothing is sent and the user hears why."""

import subprocess
import sys
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal

from codecompanion.providers.dev_server.server import DevServer, serve
from command_line import Cli, Done, command_line, environment
from projects import SHOP, repository
from providers_bench import environ_for, script
from shop_team import OBJECTIVE, SOLO
from untested_runs import AN_EDIT, FILES, THE_END

USES_PYTEST = '[tool.pytest.ini_options]\ntestpaths = ["tests"]\n'


@dataclass
class Bench:
    """The command, and the server that answers."""

    cli: Cli
    server: DevServer
    folder: Path

    def run(self, *more: str, objective: str = OBJECTIVE) -> Done:
        args = ("-C", str(self.folder / "project"), "--model", "openai-chat:gpt-6.1-sol", "--team", "solo", "--json")
        return self.cli("run", objective, *args, *more)


@pytest.fixture
def bench(tmp_path: Path, venv_with_pytest: Path) -> Generator[Bench]:
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(serve(script(SOLO))) as server:
        environ = {**environment(tmp_path, venv_with_pytest / "bin/python"), **environ_for(server.port)}
        yield Bench(command_line(environ, tmp_path), server, tmp_path)


@pytest.fixture
def bare(tmp_path: Path) -> str:
    """A Python that has nothing but its own library."""
    subprocess.run([sys.executable, "-m", "venv", "--symlinks", "--without-pip", tmp_path / "bare"], check=True)
    return str(tmp_path / "bare/bin/python")


@pytest.mark.parametrize("objective", [OBJECTIVE, "fix the failing tests"])
def test_a_python_without_pytest_stops_a_team_before_it_is_paid(bench: Bench, bare: str, objective: str) -> None:
    repository(bench.folder / "project")
    done = bench.run("--python", bare, objective=objective)
    assert (done.exit_code, bench.server.requests) == (6, []), done.stderr
    error = done.json["error"]
    assert (error["code"], error["what"]) == ("CC-6050", "the project's tests cannot be run")
    assert error["cause"] == f"pytest is missing in {bare}; pytest was tried because conftest.py"
    assert f"{bare} -m pip install pytest" in error["fix"]
    assert ("--allow-no-tests" in error["fix"]) == (objective == OBJECTIVE)
    assert bench.run("--python", bare, "--dry-run", objective=objective).json["error"] == error


def test_a_configuration_of_tests_without_any_stops_it(bench: Bench) -> None:
    repository(
        bench.folder / "project", {**FILES, "shop.py": SHOP["shop.py"], "pyproject.toml": USES_PYTEST, "tests/.keep": ""}
    )
    done = bench.run()
    assert (done.exit_code, bench.server.requests) == (6, []), done.stderr
    assert done.json["error"]["what"] == "no test of the project was found"
    assert (
        "-m pytest' ran and found no test; pytest was tried because pyproject.toml has [tool.pytest]"
        in (done.json["error"]["cause"])
    )


def test_a_command_that_is_not_there_stops_it(bench: Bench) -> None:
    repository(bench.folder / "project", {"go.mod": "module shop\n", "shop.go": "package shop\n"})
    done = bench.run("--test-command", "no-such-runner ./...")
    assert (done.exit_code, bench.server.requests) == (6, []), done.stderr
    assert done.json["error"]["cause"].startswith("'no-such-runner ./...' cannot be run here: ")


def test_who_allows_it_has_the_work_done_without_proof(bench: Bench, bare: str) -> None:
    repository(bench.folder / "project")
    done = bench.run("--python", bare, "--allow-no-tests")
    assert (done.exit_code, done.json["status"]) == (1, "unverified"), done.stderr
    claims = [claim["text"] for claim in done.json["report"]["claims"]]
    assert "the project's tests cannot be run here: none can prove that behaviour is kept" in claims


def test_a_project_that_has_no_tests_at_all_needs_no_leave(bench: Bench) -> None:
    repository(bench.folder / "project", FILES)
    bench.server.script = script((THE_END, AN_EDIT))
    done = bench.run(objective="Greet the world")
    assert (done.exit_code, done.json["status"]) == (1, "unverified"), done.stderr
    assert "the project has no tests: nothing can prove the change, and it will be unverified" in done.stderr
    claims = [claim["text"] for claim in done.json["report"]["claims"]]
    assert "the project has no tests: none can prove that behaviour is kept" in claims
