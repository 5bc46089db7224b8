"""The scripted team takes objectives of four kinds to a verified branch, through every protocol and whatever goes wrong."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai.usage import RequestUsage

from codecompanion.cli.report import report_text
from codecompanion.orchestrator.orchestrator import state_hash
from codecompanion.providers.prices import cost_of as price_of
from codecompanion.providers.script import Tokens
from codecompanion.runs.audit import verify_run
from codecompanion.runs.cost import CostQuestion, cost_of
from codecompanion.runs.rewind import replay_offline
from codecompanion.settings import Settings
from codecompanion.wiring import App, open_app
from codecompanion.wiring.team import full_name
from projects import git
from providers_bench import MODELS, WIRES
from team_runs import OBJECTIVES, Team, team, turns

pytestmark = pytest.mark.anyio

THROUGH = [("bug", wire) for wire in WIRES] + list(zip(OBJECTIVES, WIRES, strict=True))[1:]
"""One objective through every protocol, and each of the others through another one."""


@dataclass(frozen=True)
class Expected:
    """What a script leads to: the files of the branch, a program that must run on them, and what the report must tell."""

    files: tuple[str, ...]
    program: str
    told: tuple[str, ...]


EXPECTED: Mapping[str, Expected] = {
    "bug": Expected(
        ("src/stockroom/deliveries.py", "tests/test_deliveries.py"),
        "from stockroom.deliveries import read_delivery as read; assert read('AB-123 4\\nab-123 2') == {'AB-123': 6}",
        (
            "(rate_limit)",
            "test writer (test-writer-1), attempt 1, survived: what it handed over could not be read",
            "code generator (code-generator-2), attempt 1, survived: edits were refused: block 1, src/stockroom/deliveries.py:",
            "new tests failed before the code was changed: tests/test_deliveries.py::test_the_lines_of_an_article_are_added_up",
        ),
    ),
    "feature": Expected(
        ("src/stockroom/stock.py", "tests/test_stock.py"),
        "from stockroom.stock import Stock; s = Stock(); s.receive({'ZZ-001': 1, 'AB-123': 2}); "
        "assert s.below(3) == ['AB-123', 'ZZ-001']",
        (
            "code_generator: a request to",
            "code generator (code-generator-2), attempt 1, survived: it called 'apply_diff', a tool that it does not have",
            "gives 55 of 100: src/stockroom/stock.py:44: below returns the numbers in the order in which they were delivered",
            "(1 remark is hidden, of which it is not sure)",
            "gives 93 of 100",
        ),
    ),
    "refactor": Expected(
        ("src/stockroom/inventory.py", "src/stockroom/labels.py", "src/stockroom/money.py"),
        "from stockroom.money import euros; assert euros(1234) == '12,34 EUR'; import stockroom.labels as labels; "
        "assert labels.euros is euros",
        (
            "(connection)",
            "project manager (plan), attempt 1, survived: the arguments of a call of read_file did not fit",
            "the answer was cut off at 16,384 tokens; it was asked for again with room for 32,768",
            "code generator (code-generator-1), attempt 1, survived: an answer was cut off at its length limit",
        ),
    ),
    "docs": Expected(
        ("README.md",),
        "assert '## Delivery notes' in open('README.md', encoding='utf-8').read()",
        (
            "docs_writer: a request to",
            "docs writer (docs-writer-1), attempt 1, survived: edits were refused: src/stockroom/deliveries.py: the agreed",
            "reviewer (review), attempt 1, survived: what it handed over could not be read",
        ),
    ),
}


@pytest.mark.parametrize(("script", "provider"), THROUGH)
async def test_an_objective_becomes_a_verified_branch(
    tmp_path: Path, venv_with_pytest: Path, script: str, provider: str
) -> None:
    python = venv_with_pytest / "bin/python"
    async with team(tmp_path, python, script, MODELS[provider]) as at_work:
        result = await at_work.run(OBJECTIVES[script])
        total = await spent(at_work, result["run_id"])
    assert (result["status"], result["exit_code"], result["error"]) == ("verified", 0, None)
    assert len(at_work.server.requests) == len(turns(script))
    the_report_tells(result, EXPECTED[script])
    the_cost_adds_up(total, result, script, MODELS[provider])
    the_branch_is_right(at_work.repo, result, EXPECTED[script])
    async with open_app(Settings(state_dir=tmp_path / "state"), {}) as app:
        await the_log_stands_alone(app, result)


def the_report_tells(result: Mapping[str, Any], expected: Expected) -> None:
    said = report_text(dict(result))
    for text in expected.told:
        assert text in said, said


async def spent(at_work: Team, run_id: str) -> dict[str, Any]:
    return (await cost_of(at_work.app, CostQuestion(run_id, "role", "", str(at_work.repo))))["total"]


def the_cost_adds_up(total: Mapping[str, Any], result: Mapping[str, Any], script: str, model: str) -> None:
    answered = sum((listed(model, turn.usage) for turn in turns(script) if turn.fault is None and turn.usage), Decimal(0))
    wasted = Decimal(total["wasted_usd"])
    assert Decimal(total["spent_usd"]) - (wasted if script == "feature" else 0) == answered
    assert answered > 0
    unsettled = Decimal(total["unsettled_usd"])
    assert result["cost_usd"] == pytest.approx(float(Decimal(total["spent_usd"]) + unsettled))
    assert (wasted > 0) == (script in {"feature", "refactor"}), "answers that broke off or were cut off"
    assert (unsettled > 0) == (script == "docs"), "nobody knows what the answer cost of which nothing arrived"


def listed(model: str, tokens: Tokens) -> Decimal:
    usage = RequestUsage(input_tokens=tokens.input, output_tokens=tokens.output, cache_read_tokens=tokens.cached)
    price = price_of(full_name(model), usage, datetime.now(UTC))
    assert price is not None
    return price


def the_branch_is_right(repo: Path, result: Mapping[str, Any], expected: Expected) -> None:
    assert git(repo, "status", "--porcelain", "--branch") == "## main\n", "the user's own files are left alone"
    changed = git(repo, "diff", "--name-only", "main", result["branch"]).split()
    assert (tuple(changed), tuple(result["files_changed"])) == (expected.files, expected.files)
    git(repo, "checkout", "--quiet", result["branch"])
    subprocess.run([sys.executable, "-B", "-c", expected.program], cwd=repo, env={"PYTHONPATH": "src"}, check=True)


async def the_log_stands_alone(app: App, result: Mapping[str, Any]) -> None:
    """Check a run without its server, its keys and its model: the chain verifies, and the replay comes to the same."""
    run_id = result["run_id"]
    verified = await verify_run(app.store, app.blobs, run_id)
    assert verified.events == len(await app.store.read(run_id))
    assert (await verify_run(app.store, app.blobs, "spending")).events > 0
    replayed = await replay_offline(app, run_id)
    assert replayed.state_sha256 == state_hash((await app.orchestrator.load(run_id)).state)
    assert replayed.diff == result["diff"]


@pytest.mark.parametrize("script", OBJECTIVES)
async def test_the_same_script_needs_no_server(tmp_path: Path, venv_with_pytest: Path, script: str) -> None:
    async with team(tmp_path, venv_with_pytest / "bin/python", script, "scripted:FILE") as at_work:
        result = await at_work.run(OBJECTIVES[script])
    assert result["status"] == "verified"
    cut_off_twice = script == "refactor"  # a call whose first answer was cut off and that was asked for again
    assert result["model_calls"] == sum(turn.fault is None for turn in turns(script)) - cut_off_twice
    the_branch_is_right(at_work.repo, result, EXPECTED[script])
