"""`run --model auto` and `router explain` from outside: two providers, one command after the other."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal

from auto_runs import CHEAP, STRONG, right
from codecompanion.providers.dev_server.server import DevServer, serve
from command_line import Cli
from projects import repository
from providers_bench import environ_for, script
from shop_team import OBJECTIVE


@pytest.fixture
def server() -> Generator[DevServer]:
    turns = script([dict(turn) for turn in right()])
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(serve(turns)) as served:
        yield served


def test_a_run_says_whom_it_would_ask_asks_them_and_explains_it_afterwards(cli: Cli, tmp_path: Path, server: DevServer) -> None:
    shop = repository(tmp_path / "shop")
    env = {**environ_for(server.port), "CODECOMPANION_MODELS": f"{CHEAP}, opus", "CODECOMPANION_MODEL": "auto"}
    args = ("run", OBJECTIVE, "-C", str(shop), "--team", "solo", "--profile", "frugal", "--critical")

    dry = cli(*args, "--dry-run", env=env)
    assert dry.exit_code == 0, dry.stderr
    assert "This is the first of several requests to " in dry.stderr
    assert not server.requests

    done = cli(*args, env=env)
    assert done.exit_code == 0, done.stderr
    assert "\nroute\n  solo: " in done.stdout
    told = cli("router", "explain", "last:solo", "--json").json
    (task,) = told["tasks"]
    (route,) = task["decisions"]
    assert (told["profile"], told["critical"], route["propensity"]) == ("frugal", True, 1.0)
    assert {one["model"] for one in route["candidates"]} == {CHEAP, STRONG}
    assert [(one["model"], one["accepted"]) for one in task["attempts"]] == [(route["model"], True)]
    assert f"to {route['model']}" in dry.stderr, "what was shown is what was asked"

    unknown = cli("router", "explain", "last:other")
    assert (unknown.exit_code, "fix: one of solo" in unknown.stderr) == (2, True)


def test_an_objective_that_nobody_can_serve_is_refused_with_what_to_do(cli: Cli, tmp_path: Path) -> None:
    shop = repository(tmp_path / "shop")
    env = {"CODECOMPANION_MODELS": STRONG, "PATH": os.environ["PATH"]}
    refused = cli("run", "add a feature", "-C", str(shop), "--model", "auto", env=env)
    assert refused.exit_code == 5
    assert "error[CC-5000]: no language model can be asked" in refused.stderr
    assert "fix: export the key of a provider" in refused.stderr
    wrong = cli("run", "x", "-C", str(shop), "--profile", "cheap", env=env)
    assert (wrong.exit_code, "flag: profile is 'cheap'" in wrong.stderr) == (2, True)
