"""A person answers for the model, turn by turn: what a team says when there is little or nothing to do."""

import json
from pathlib import Path

import pytest

from command_line import Cli
from projects import SHOP, repository

FIXED = SHOP["shop.py"].replace("count > 10", "count >= 10")
SOLVED = {**SHOP, "shop.py": FIXED}


def answers(*texts: str) -> bytes:
    return "".join(f"{text}\n.\n" for text in texts).encode()


SOLO = ("--model", "copy-paste", "--team", "solo", "--json")
STANDARD = ("--model", "copy-paste", "--team", "standard", "--json")


def use(name: str, **args: object) -> str:
    return f"```tool\n{json.dumps({'name': name, 'args': args})}\n```"


SAYS_SO = use("finish", summary="total is there", nothing_to_do="shop.py defines total")
PLAN = {"title": "Add total", "requirements": ["total exists"], "acceptance_criteria": ["it is tested"]}


@pytest.fixture
def done_shop(tmp_path: Path) -> Path:
    return repository(tmp_path / "done", SOLVED)


def test_an_agent_that_ends_without_a_change_is_asked_and_may_say_that_nothing_is_to_be_done(cli: Cli, done_shop: Path) -> None:
    hasty = use("finish", summary="it is there")
    said = answers(hasty, SAYS_SO)
    done = cli("run", "add a function total", "-C", str(done_shop), *SOLO, stdin=said)
    assert "You changed nothing yet" in done.stderr
    assert (done.exit_code, done.json["status"], done.json["branch"]) == (0, "nothing_to_do", None)
    claims = {claim["text"]: bool(claim["evidence"]) for claim in done.json["report"]["claims"]}
    assert claims["nothing is to be done: shop.py defines total"] is False
    assert claims["4 tests pass, none fails"] is True


def test_a_plan_may_say_that_nothing_is_to_be_done(cli: Cli, done_shop: Path) -> None:
    plan = use("hand_over_plan", **PLAN, items=[], nothing_to_do="shop.py defines total")
    done = cli("run", "add a function total", "-C", str(done_shop), *STANDARD, stdin=answers(plan))
    assert (done.exit_code, done.json["status"], done.json["model_calls"]) == (0, "nothing_to_do", 1)
    assert any("shop.py defines total" in claim["text"] for claim in done.json["report"]["claims"])


def test_tests_that_fail_refute_that_nothing_is_to_be_done(cli: Cli, shop: Path) -> None:
    said = answers(SAYS_SO, SAYS_SO, SAYS_SO)
    done = cli("run", "fix the failing tests", "-C", str(shop), *SOLO, stdin=said)
    assert (done.exit_code, done.json["status"], done.json["diff"]) == (1, "failed", "")


def test_an_agent_that_cannot_do_it_fails_with_that(cli: Cli, done_shop: Path) -> None:
    said = answers(*[use("finish", summary="I cannot do it")] * 6)
    done = cli("run", "add a function vat", "-C", str(done_shop), *SOLO, stdin=said)
    assert (done.exit_code, done.json["status"], done.json["summary"]) == (1, "failed", "not solved: nothing was changed")
