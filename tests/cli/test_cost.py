"""`cost` as a user types it, over a ledger that the governor wrote."""

import json
import re
import subprocess
from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import anyio
import pytest

from codecompanion.clock import FixedClock
from codecompanion.domain.budget import Limits
from codecompanion.domain.envelope import Draft
from codecompanion.domain.events import RunStarted, encode
from codecompanion.domain.streams import SPENDING
from codecompanion.routing.cost_governor import CostGovernor
from codecompanion.storage.sqlite import open_sqlite
from command_line import Cli, Golden, installed
from histories import REQUEST

GOLDEN = Path(__file__).parent / "golden"
RUNS = ("20260105-090000-aaaa", "20260106-090000-bbbb")
ZERO = {"calls": 0, "open_calls": 0, "cached": 0} | dict.fromkeys(
    ("spent_usd", "unsettled_usd", "wasted_usd", "retried_usd", "saved_usd"), "0"
)


@dataclass(frozen=True)
class Call:
    """A call of one of the runs; `cost` "" is unknown, None is never settled."""

    run: int
    role: str
    model: str
    worst: str
    cost: str | None
    wasted: bool = False
    retried: bool = False


CALLS = [
    Call(0, "project_manager", "openai:gpt-6.1-sol", "0.5", "0.01251"),
    Call(0, "coder", "openai:gpt-6.1-sol", "0.5", "0.25", wasted=True),
    Call(0, "coder", "openai:gpt-6.1-sol", "0.5", "0.125", retried=True),
    Call(0, "reviewer", "anthropic:claude-opus-5-5", "1.5", ""),
    Call(1, "planner", "openai:gpt-6-luna", "0.000002", "0.000001"),
    Call(1, "coder", "ollama:qwen", "0", "0"),
    Call(1, "coder", "anthropic:claude-opus-5-5", "0.75", None),
]


async def write_ledger(path: Path) -> None:
    """Two runs on two days: settled, wasted, retried, unknown, free, killed and cached calls."""
    clock = FixedClock(datetime(2026, 1, 5, 9, tzinfo=UTC))
    async with open_sqlite(path) as (store, _):
        governor = CostGovernor(store, clock, Limits(), redact=dict)
        for number, call in enumerate(CALLS):
            reservation = await governor.reserve(
                key=str(number),
                run_id=RUNS[call.run],
                project=f"/home/user/shop{call.run}",
                role=call.role,
                model=call.model,
                worst_usd=Decimal(call.worst),
                at=clock.now().replace(day=5 + call.run),
            )
            if call.cost is not None:
                usd = Decimal(call.cost) if call.cost else None
                await governor.settle(reservation.reservation_id, cost_usd=usd, wasted=call.wasted, retried=call.retried)
        await governor.save(
            key="7",
            run_id=RUNS[1],
            project="/home/user/shop1",
            role="coder",
            model="openai:gpt-6.1-sol",
            saved_usd=Decimal("0.25"),
            at=clock.now().replace(day=6),
        )
        for run, run_id in enumerate(RUNS):
            request = REQUEST.model_copy(update={"repo": f"/home/user/shop{run}", "max_budget_usd": Decimal(2)})
            await store.append(run_id, [started(clock, request)], expected_version=0, idempotency_key="start")


def started(clock: FixedClock, request: RunStarted) -> Draft:
    at = "2026-01-05T09:00:00.000000Z"
    return Draft(clock.new_id(), "RunStarted", request.schema_version, at, encode(request), "user")


@pytest.fixture
def ledger(environ: dict[str, str]) -> None:
    anyio.run(write_ledger, Path(environ["CODECOMPANION_STATE_DIR"]) / "log.sqlite3")


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize(
    "words",
    [
        "cost",
        "cost --by role",
        "cost --by model",
        "cost --by day",
        "cost --by project",
        "cost --since 2026-01-06",
        "cost 20260105",
        "cost last --by model",
    ],
)
def test_costs_are_shown_as_reviewed(cli: Cli, golden: Golden, words: str) -> None:
    done = cli(*words.split(), env={"CODECOMPANION_BUDGET_PROJECT_USD": "5", "CODECOMPANION_BUDGET_DAY_USD": "1.5"})
    assert done.exit_code == 0, done.stderr
    assert done.stderr == ""
    golden(GOLDEN / f"{words}.txt", done.stdout)


@pytest.mark.usefixtures("ledger")
def test_costs_are_exact_decimals_in_json(cli: Cli) -> None:
    answer = cli("cost", RUNS[0], "--json").json
    assert answer["total"] == ZERO | {"calls": 4, "spent_usd": "1.88751", "wasted_usd": "0.25", "retried_usd": "0.125"}
    assert [group["role"] for group in answer["groups"]] == ["reviewer", "coder", "project_manager"]
    assert answer["limits"][0] == {
        "limit": "run",
        "limit_usd": "2",
        "spent_usd": "1.88751",
        "reserved_usd": "0",
        "left_usd": "0.11249",
    }
    everything = cli("cost", "--json").json
    assert everything["total"]["saved_usd"] == "0.25"
    assert [(call["run"], call["worst_usd"]) for call in everything["unsettled"]] == [(RUNS[1], "0.75")]
    assert cli("cost", RUNS[0], "--json").json["unsettled"] == []


@pytest.mark.usefixtures("ledger")
def test_the_ledger_is_no_run_and_is_verified_with_the_log(cli: Cli, environ: dict[str, str]) -> None:
    assert {run["run_id"] for run in cli("list", "--json").json["runs"]} == set(RUNS)
    for verb in ("show", "diff", "replay", "cost"):
        assert cli(verb, SPENDING).exit_code == 2
        assert cli(verb, SPENDING[:4]).exit_code == 2
    verified = {run["run_id"]: run["events"] for run in cli("audit", "verify", "--json").json["runs"]}
    assert verified == {RUNS[0]: 1, RUNS[1]: 1, SPENDING: 14}
    assert cli("audit", "verify", SPENDING).stdout.startswith("spending  ok: 14 events")
    log = next(check for check in cli("doctor", "--json").json["checks"] if check["name"] == "log")
    assert log["found"].endswith(": 2 runs, every event and blob verifies")
    exported = Path(environ["CODECOMPANION_STATE_DIR"]) / "ledger.tar.gz"
    assert cli("audit", "export", SPENDING, "-o", str(exported)).exit_code == 0


def test_an_empty_log_costs_nothing(cli: Cli, golden: Golden) -> None:
    done = cli("cost")
    assert (done.exit_code, done.stderr) == (0, "no calls of models yet\n")
    golden(GOLDEN / "cost empty.txt", done.stdout)
    answer = cli("cost", "--json").json
    assert (answer["total"], answer["groups"], answer["unsettled"]) == (ZERO, [], [])
    assert json.dumps([limit["limit"] for limit in answer["limits"]]) == '["day", "week", "month", "project"]'


@pytest.mark.parametrize("since", ["yesterday", "2026-13-01", "", "26-01-01"])
def test_a_day_that_is_none_is_refused(cli: Cli, since: str) -> None:
    done = cli("cost", "--since", since, "--json")
    assert done.exit_code == 2
    assert "is not a day" in done.json["error"]["what"]


def test_a_run_that_is_not_there_is_refused(cli: Cli) -> None:
    assert cli("cost", "last").exit_code == 2


@pytest.mark.parametrize("amount", ["-1", "inf", "much"])
@pytest.mark.parametrize("verb", ["run", "resume"])
def test_a_budget_that_is_none_is_refused(cli: Cli, verb: str, amount: str) -> None:
    done = cli(verb, "fix the failing tests", f"--max-budget-usd={amount}", "--json")
    assert done.exit_code == 2
    assert done.json["error"]["what"] == f"flag: max_budget_usd is '{amount}'"


@pytest.fixture
def provider(tmp_path: Path, environ: dict[str, str]) -> Generator[dict[str, str]]:
    """A server that speaks the providers' protocols and bills a thousand tokens for each answer; how to reach it."""
    turn = {"text": "There is nothing to do.", "model": "gpt-6.1-sol", "usage": {"input": 1000, "output": 100}, "repeat": True}
    (tmp_path / "script.json").write_text(json.dumps([turn]))
    argv = [*installed(environ), "dev-server", "--port", "0", "--script", str(tmp_path / "script.json")]
    with subprocess.Popen(argv, env=environ, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        said = "".join(server.stdout.readline() for _ in range(5))
        yield dict(re.findall(r"(OPENAI_\w+)=(\S+)", said))
        server.terminate()


def test_a_run_that_meets_its_limit_sends_nothing_is_paused_and_goes_on_with_more(
    cli: Cli, provider: dict[str, str], shop: Path
) -> None:
    asked = ("run", "explain the shop", "-C", str(shop), "-m", "sol", "--team", "solo", "--json")
    refused = cli(*asked, "--max-budget-usd", "0.01", env=provider)
    assert refused.exit_code == 4
    error = refused.json["error"]
    assert error["code"] == "CC-4100"
    assert "the limit of $0.01 per run" in error["what"]
    assert "--max-budget-usd" in error["fix"]
    run_id = refused.json["run_id"]
    assert cli("list", "--json").json["runs"][0]["status"] == "paused"
    assert cli("cost", run_id, "--json").json["total"] == ZERO

    assert cli("resume", run_id, "--max-budget-usd", "2", "--json", env=provider).exit_code != 4
    answer = cli("cost", run_id, "--json").json
    assert answer["total"]["calls"] > 0
    assert Decimal(answer["total"]["spent_usd"]) == answer["total"]["calls"] * Decimal("0.003")
    assert answer["limits"][0]["limit_usd"] == "2"
    assert answer["unsettled"] == []

    guesses = cli("cost", run_id, "--what-if", "sol", "--what-if", "ollama:qwen", "--json").json["what_if"]
    spent = answer["total"]["spent_usd"]
    assert [(guess["usd"], guess["actual_usd"]) for guess in guesses] == [(spent, spent), ("0", spent)]
    unknown = cli("cost", run_id, "--what-if", "openai:no-such-model", "--json")
    assert (unknown.exit_code, unknown.json["error"]["what"]) == (2, "the price of openai:no-such-model is unknown")
    assert cli("cost", "--what-if", "sol").exit_code == 2

    burn = cli("cost", "--json", env={"CODECOMPANION_BUDGET_MONTH_USD": "1"}).json["burn"]
    assert (burn["days"], Decimal(burn["usd_per_day"])) == (1, Decimal(spent))
    assert burn["lasts_days"] == {"month": round(float((1 - Decimal(spent)) / Decimal(spent)), 2)}
    assert f"rate:    ${Decimal(spent):.4f} a day over 1 day\n" in cli("cost").stdout
