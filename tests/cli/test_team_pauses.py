"""What stops a team's run without ending it: money, an absent model, an interruption, time. Nothing is paid twice."""

import re
import signal
import subprocess
from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal

from codecompanion.providers.dev_server.server import DevServer, serve
from codecompanion.providers.prices import worst_cost
from codecompanion.wiring.team import full_name
from command_line import Cli, Done, Golden, command_line, environment, installed
from projects import repository
from providers_bench import environ_for, script
from shop_team import EDIT, FINISH, OBJECTIVE, said
from untested_runs import AN_EDIT, FILES, THE_END
from waiting import wait_until

pytestmark = pytest.mark.timeout(300)

MODEL, OTHER = "openai-chat:gpt-6.1-sol", "anthropic:claude-sonnet-5-5"
ANSWERS = (said("step-two", "", ("finish", FINISH)), said("You are a careful software engineer", EDIT))
"""An edit, after which the tests run, and the end: two calls."""
AWAY = {"text": "x", "repeat": True, "fault": {"kind": "status", "status": 503}}
SILENT = {"text": "x", "repeat": True, "fault": {"kind": "stall", "after": None}}


@dataclass
class Bench:
    """The command, a repository, and the server that answers for every model."""

    cli: Cli
    environ: dict[str, str]
    shop: Path
    server: DevServer

    def answers(self, *turns: dict[str, Any]) -> None:
        """Let the server answer like this from now on."""
        self.server.script = script(turns)

    def args(self, *more: str) -> tuple[str, ...]:
        return ("run", OBJECTIVE, "-C", str(self.shop), "--model", MODEL, "--team", "solo", "--json", *more)

    def run(self, *more: str) -> Done:
        return self.cli(*self.args(*more))

    def resume(self, *more: str) -> dict[str, Any]:
        """Resume the run to its verified end and return the result."""
        done = self.cli("resume", "last", "--json", *more)
        assert done.exit_code == 0, done.stderr
        assert done.json["status"] == "verified"
        return done.json

    def status(self) -> str:
        return self.cli("show", "last", "--json").json["status"]

    @property
    def asked(self) -> list[str]:
        """The protocol of each request that arrived."""
        return [request.path.rpartition("/")[2] for request in self.server.requests]


@pytest.fixture
def bench(tmp_path: Path, venv_with_pytest: Path) -> Generator[Bench]:
    shop = repository(tmp_path / "shop")
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(serve(script(ANSWERS))) as server:
        environ = {
            **environment(tmp_path, venv_with_pytest / "bin/python"),
            **environ_for(server.port),
            "CODECOMPANION_MODEL_ATTEMPTS": "1",  # no waits before a request is sent again
        }
        yield Bench(command_line(environ, shop), environ, shop, server)


def test_a_budget_that_is_too_small_pauses_the_run_which_goes_on_with_a_larger_one(bench: Bench) -> None:
    bench.answers(*({**turn, "usage": {"input": 10_000, "output": 16_384}} for turn in ANSWERS))
    worst = worst_cost(full_name(MODEL), 20_000, 16_384, datetime.now(UTC))
    assert worst is not None
    stopped = bench.run("--max-budget-usd", f"{worst * Decimal('1.2'):.4f}")
    assert stopped.exit_code == 4, stopped.stderr
    assert "per run does not leave enough" in stopped.stderr
    assert "--max-budget-usd" in stopped.stderr
    assert bench.status() == "paused"
    sent = len(bench.asked)
    assert sent == 1
    result = bench.resume("--max-budget-usd", "2")
    assert len(bench.asked) == 2  # what was answered before is not asked again
    assert result["models"]["calls"] == 2
    assert result["models"]["unsettled"]["requests"] == 0


def test_a_model_that_is_away_pauses_the_run_which_goes_on_when_it_is_back(bench: Bench) -> None:
    bench.answers(AWAY)
    stopped = bench.run()
    assert stopped.exit_code == 5, stopped.stderr
    assert bench.status() == "paused"
    assert bench.cli("resume", "last", env={"OPENAI_API_KEY": ""}).exit_code == 5  # and waits on, for the key
    bench.answers(*ANSWERS)
    result = bench.resume()
    assert [one["category"] for one in result["models"]["failures"]] == ["connection"]
    assert result["models"]["requests"] == 3


def test_another_vendor_answers_when_one_is_away_and_the_report_says_so(bench: Bench) -> None:
    bench.answers({**AWAY, "when": '"model":"gpt-6.1-sol"'}, *ANSWERS)
    done = bench.run("--fallback", OTHER)
    assert done.exit_code == 0, done.stderr
    models = done.json["models"]
    assert models["switches"] == [{"role": "solo", "from": MODEL, "to": OTHER, "category": "connection"}]
    assert [(one["model"], one["calls"]) for one in models["by_role"]] == [(OTHER, 2)]
    assert bench.asked == ["completions", "messages", "messages"]  # it stays with the other for the rest of the attempt
    text = bench.cli("show", "last").stdout
    assert f"{MODEL} did not answer (connection); {OTHER} was asked instead" in text
    assert f"{MODEL} does not answer (connection); {OTHER} is asked instead" in done.stderr
    replayed = bench.cli("replay", "last", "--offline")
    assert replayed.exit_code == 0, replayed.stderr


def test_a_request_that_every_vendor_would_refuse_is_not_passed_on(bench: Bench) -> None:
    bench.answers({"text": "x", "repeat": True, "fault": {"kind": "status", "status": 400}})
    stopped = bench.run("--fallback", OTHER)
    assert stopped.exit_code == 5
    assert bench.asked == ["completions"]


def test_f09_ctrl_c_while_a_model_is_asked_hangs_up_and_the_run_goes_on_later(bench: Bench) -> None:
    bench.answers(SILENT)
    with subprocess.Popen(
        [*installed(bench.environ), *bench.args()], env=bench.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        wait_until(lambda: len(bench.asked) == 1, "asked")
        process.send_signal(signal.SIGINT)
        _, said_to_user = process.communicate(timeout=30)
    assert process.returncode == 130, said_to_user
    assert b"paused; go on with: codecompanion resume" in said_to_user
    assert bench.status() == "paused"
    bench.answers(*ANSWERS)
    result = bench.resume()
    assert result["models"]["unsettled"]["requests"] == 1  # nobody knows what the request that was cut off costs
    assert len(bench.asked) == 3


def test_the_time_limit_cuts_a_model_off_and_says_so(bench: Bench, tmp_path: Path) -> None:
    plain = repository(tmp_path / "plain", FILES)  # no tests, which could take the time
    bench.answers(SILENT)
    stopped = bench.run("-C", str(plain), "--timeout", "8")
    assert stopped.exit_code == 4, stopped.stderr
    assert f"the time limit was reached while {MODEL} was asked" in stopped.stderr
    assert bench.status() == "paused"
    bench.answers(THE_END, AN_EDIT)
    done = bench.cli("resume", stopped.json["run_id"], "--timeout", "60", "--json")
    assert done.json["status"] == "unverified", done.stderr
    models = done.json["models"]
    (failure,) = models["failures"]
    assert (failure["category"], "time was used up" in failure["what"]) == ("timeout", True)
    assert (models["calls"], models["unsettled"]["requests"]) == (2, 1)
    assert models["unsettled"]["worst_usd"] > 0
    (unsettled,) = bench.cli("cost", stopped.json["run_id"], "--json").json["unsettled"]
    assert float(unsettled["worst_usd"]) == pytest.approx(models["unsettled"]["worst_usd"])
    assert "1 request is unsettled" in bench.cli("show", stopped.json["run_id"]).stdout


def test_a_fork_in_the_middle_of_an_attempt_goes_on_with_another_model(bench: Bench) -> None:
    done = bench.run()
    assert done.exit_code == 0, done.stderr
    log = [line.split()[:3] for line in bench.cli("replay", "last").stdout.splitlines()]
    edited = next(int(version) for version, _, kind in log if kind == "ModelCallCompleted") + 3
    for other, exit_code in (("builtin", 2), ("nobody:knows", 2)):
        assert bench.cli("fork", "last", "--at", str(edited), "--model", other).exit_code == exit_code
    fork = bench.cli("fork", "last", "--at", str(edited), "--model", OTHER, "--json")
    assert fork.exit_code == 0, fork.stderr
    done = bench.cli("resume", fork.json["run_id"], "--json")
    assert done.exit_code == 0, done.stderr
    assert {one["model"] for one in done.json["models"]["by_role"]} == {MODEL, OTHER}
    replayed = bench.cli("replay", fork.json["run_id"], "--offline")
    assert replayed.exit_code == 0, replayed.stderr


def test_off_a_terminal_each_thing_that_happens_to_a_team_is_a_line(bench: Bench, golden: Golden) -> None:
    away_once = {**AWAY, "repeat": False, "fault": {"kind": "status", "status": 529, "headers": {"retry-after": "1"}}}
    bench.answers(away_once, *ANSWERS)
    done = bench.cli(*bench.args(), env={"CODECOMPANION_MODEL_ATTEMPTS": "2"})
    assert done.exit_code == 0, done.stderr
    lines = [re.sub(r"^\[[0-9.]+ s\]|run [-0-9a-z]+$|waiting [0-9.]+ s", _steady, line) for line in done.stderr.splitlines()]
    golden(Path(__file__).parent / "golden" / "progress of a team.txt", "\n".join([*lines, ""]))


def _steady(found: "re.Match[str]") -> str:
    """Return what stands for something that differs from run to run."""
    return {"[": "[TIME]", "r": "run RUN", "w": "waiting N s"}[found[0][0]]


def test_a_paused_run_can_be_cancelled(bench: Bench) -> None:
    bench.answers(AWAY)
    assert bench.run().exit_code == 5
    assert bench.cli("cancel", "last").exit_code == 0
    assert bench.status() == "cancelled"
    assert bench.cli("resume", "last").exit_code == 2
