"""What a model can do wrong in an answer that arrived whole, and what becomes of it: rows F36 to F40 of the fault matrix."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from codecompanion.agents.answer_room import MOST_OUTPUT_TOKENS, RAISED_OUTPUT_TOKENS
from codecompanion.agents.call_rules import MOST_CALLS, TOO_MANY
from codecompanion.domain.errors import OverBudget, PolicyRefused
from codecompanion.domain.events import (
    BudgetReserved,
    BudgetSettled,
    HandoffMade,
    ModelCallCompleted,
    ModelCallFailed,
    ModelCallReserved,
    ToolCompleted,
    decode,
)
from codecompanion.ports import Sandbox
from codecompanion.workspace.sandboxes.choose import choose_sandbox
from untested_runs import AN_EDIT, THE_END, Finished, run_alone

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

BAD_CALLS = [
    pytest.param("read_file", '{"path": ', "JSON", id="C196 arguments that are no JSON"),
    pytest.param("delete_everything", {}, "delete_everything", id="C202 a tool that there is not"),
    pytest.param("read_file", {"pth": "greeting.txt"}, "path", id="C200 arguments of another shape"),
]


@pytest.fixture
async def sandbox() -> Sandbox:
    return await choose_sandbox(allow_weak=False, wanted=None)


def used(run: Finished) -> list[str]:
    """Return the tools that were carried out."""
    return [fact.tool for fact in run.facts(ToolCompleted) if fact.tool != "context"]


@pytest.mark.parametrize(("tool", "args", "told"), BAD_CALLS)
async def test_f36_a_bad_call_is_not_carried_out_and_the_model_is_told_why(
    tmp_path: Path, sandbox: Sandbox, tool: str, args: Any, told: str
) -> None:
    bad = {"tools": [{"name": tool, "args": args}]}
    run = await run_alone(tmp_path, [bad, THE_END, AN_EDIT], sandbox)
    assert run.result["status"] == "unverified"
    assert told in run.bodies[1]
    assert used(run) == ["edit", "run_tests"]


@pytest.mark.parametrize(("tool", "args", "told"), BAD_CALLS)
async def test_f36_a_model_that_repeats_a_bad_call_may_mend_it_twice_then_its_attempt_fails(
    tmp_path: Path, sandbox: Sandbox, tool: str, args: Any, told: str
) -> None:
    del told
    run = await run_alone(tmp_path, [{"tools": [{"name": tool, "args": args}], "repeat": True}], sandbox)
    handoffs = run.facts(HandoffMade)
    assert [one.accepted for one in handoffs] == [False] * 3
    assert all("its answers could not be used" in one.reason for one in handoffs)
    assert run.sent == 3 * len(handoffs)  # the call and two repairs
    assert used(run) == []
    assert run.result["status"] == "failed"


async def test_f36_c207_of_200_calls_in_one_answer_twenty_are_carried_out(tmp_path: Path, sandbox: Sandbox) -> None:
    many = [{"name": "search", "args": {"pattern": f"word{number}"}} for number in range(200)]
    run = await run_alone(tmp_path, [{"tools": many}, THE_END, AN_EDIT], sandbox)
    assert run.result["status"] == "unverified"
    assert used(run).count("search") == MOST_CALLS
    assert run.bodies[1].count(TOO_MANY) == 200 - MOST_CALLS


@pytest.mark.parametrize("model", ["openai-chat:gpt-6.1-sol", "openai:gpt-6.1-sol", "anthropic:claude-sonnet-5-5"])
async def test_f36_c205_calls_with_the_same_id_get_an_answer_each(tmp_path: Path, sandbox: Sandbox, model: str) -> None:
    twins = [{"name": "search", "args": {"pattern": word}, "id": "call_same"} for word in ("Hello", "Nobody")]
    run = await run_alone(tmp_path, [{"tools": twins}, THE_END, AN_EDIT], sandbox, model=model)
    assert run.result["status"] == "unverified"
    assert used(run).count("search") == 2
    assert run.bodies[1].count("call_same_1") == 2  # the second call, and its answer


async def test_f37_c209_an_answer_cut_at_its_length_is_told_of_and_nothing_of_it_is_carried_out(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    cut = {**AN_EDIT, "finish": "length"}
    run = await run_alone(tmp_path, [cut, cut, THE_END, AN_EDIT], sandbox)
    assert run.result["status"] == "unverified"
    assert "cut off at its length limit" in run.bodies[2]
    assert used(run).count("edit") == 1


def rooms(run: Finished) -> list[int]:
    """Return how many tokens each answer might have."""
    return [json.loads(body)["max_completion_tokens"] for body in run.bodies]


CUT: dict[str, Any] = {**AN_EDIT, "finish": "length", "usage": {"input": 1000, "output": 1000}}


async def test_f37_a_cut_answer_is_asked_for_once_more_with_more_room_which_is_reserved_and_paid(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    run = await run_alone(tmp_path, [CUT, THE_END, AN_EDIT], sandbox)
    assert run.result["status"] == "unverified"
    assert rooms(run) == [MOST_OUTPUT_TOKENS, RAISED_OUTPUT_TOKENS, MOST_OUTPUT_TOKENS]
    first, raised, _ = run.facts(ModelCallReserved)
    assert Decimal(raised.worst_usd or 0) > Decimal(first.worst_usd or 0)
    (cut,) = run.facts(ModelCallFailed)
    assert (cut.category, cut.send, Decimal(cut.cost_usd or 0) > 0) == ("length", 1, True)
    models = run.result["models"]
    assert (models["calls"], models["requests"], models["unsettled"]["requests"]) == (2, 3, 0)
    assert models["wasted_usd"] > 0
    settled = [fact for fact in map(decode, run.ledger) if isinstance(fact, BudgetSettled)]
    assert [fact.wasted for fact in settled] == [True, False, False]
    assert float(sum(fact.cost_usd for fact in settled)) == pytest.approx(models["cost_usd"])


async def test_f37_without_the_money_for_more_room_smaller_parts_are_asked_for(tmp_path: Path, sandbox: Sandbox) -> None:
    rich = await run_alone(tmp_path, [CUT, THE_END, AN_EDIT], sandbox)
    worsts = [Decimal(fact.worst_usd or 0) for fact in rich.facts(ModelCallReserved)]
    limit = worsts[1] + Decimal("0.001")  # enough for each request alone, not for more room after the first answer
    run = await run_alone(tmp_path / "poor", [CUT, THE_END, AN_EDIT], sandbox, max_budget_usd=str(limit))
    assert run.result["status"] == "unverified", run.error
    assert set(rooms(run)) == {MOST_OUTPUT_TOKENS}
    assert "send it again in smaller parts" in run.bodies[1]
    assert run.result["models"]["requests"] == run.sent


async def test_f37_a_model_that_cannot_write_more_is_asked_for_smaller_parts(tmp_path: Path, sandbox: Sandbox) -> None:
    no = {"when": str(RAISED_OUTPUT_TOKENS), "text": "x", "repeat": True, "fault": {"kind": "status", "status": 400}}
    run = await run_alone(tmp_path, [no, CUT, THE_END, AN_EDIT], sandbox)
    assert run.result["status"] == "unverified", run.error
    assert "send it again in smaller parts" in run.bodies[2]
    assert run.result["models"]["unsettled"]["requests"] == 0


async def test_f37_a_model_that_never_comes_to_an_end_fails_its_attempts(tmp_path: Path, sandbox: Sandbox) -> None:
    run = await run_alone(tmp_path, [{"text": "And then", "finish": "length", "repeat": True}], sandbox)
    assert run.result["status"] == "failed"
    assert run.sent == 3 * 4  # three answers for each attempt, and more room for one of them
    assert all("could not be used" in one.reason for one in run.facts(HandoffMade))


async def test_f37_c211_a_provider_that_filters_the_answer_fails_the_attempt_and_the_reason_says_so(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    run = await run_alone(tmp_path, [{"text": "", "finish": "content_filter", "repeat": True}], sandbox)
    assert run.result["status"] == "failed"
    assert used(run) == []
    assert all("content filter" in one.reason.lower() for one in run.facts(HandoffMade))


@pytest.mark.parametrize(
    "usage",
    [
        pytest.param(None, id="C213 missing"),
        pytest.param({"input": 0, "output": 0}, id="C213 zero"),
        pytest.param({"input": -1000, "output": -5}, id="C213 negative"),
        pytest.param({"input": 10**12, "output": 10**12}, id="C213 absurd"),
    ],
)
async def test_f38_usage_that_cannot_be_is_counted_here_and_flagged(tmp_path: Path, sandbox: Sandbox, usage: Any) -> None:
    run = await run_alone(tmp_path, [{**AN_EDIT, "usage": usage}, {**THE_END, "usage": usage}], sandbox)
    calls = run.facts(ModelCallCompleted)
    assert [one.usage_estimated for one in calls] == [True, True]
    assert all(0 < one.input_tokens < 100_000 and 0 <= one.output_tokens < 10_000 for one in calls)
    assert 0 < run.result["models"]["cost_usd"] < 1
    assert run.result["models"]["estimated_usage"] == 2


async def test_f32_a_request_that_nobody_answers_in_time_is_charged_at_its_worst_and_the_budget_holds(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    silent = {"text": "x", "repeat": True, "fault": {"kind": "slow", "seconds": 30.0}}
    impatient: dict[str, Any] = {"first_byte_timeout_s": 1, "first_wait_s": 0.01, "model_attempts": 3}
    run = await run_alone(tmp_path, [silent], sandbox, **impatient)
    worst = run.result["models"]["unsettled"]["worst_usd"] / run.sent
    assert (run.sent, run.result["models"]["unsettled"]["requests"]) == (3, 3)
    assert [fact.unsettled for fact in run.facts(ModelCallFailed)] == [True] * 3
    assert [type(fact) for fact in map(decode, run.ledger)] == [BudgetReserved] * 3
    poor = await run_alone(tmp_path / "poor", [silent], sandbox, max_budget_usd=f"{worst * 1.5:.6f}", **impatient)
    assert poor.sent == 1
    assert isinstance(poor.error, OverBudget)


async def test_f34_what_is_no_answer_can_be_looked_at_in_the_result(tmp_path: Path, sandbox: Sandbox) -> None:
    page = {"text": "x", "fault": {"kind": "not_json"}}
    run = await run_alone(tmp_path, [page, AN_EDIT, THE_END], sandbox, model_attempts=2, first_wait_s=0.01)
    (failure,) = run.result["models"]["failures"]
    assert failure["body"] == "<!doctype html><title>Bad gateway</title>"
    assert "doctype" not in failure["what"]
    assert run.result["models"]["unsettled"]["requests"] == 0


UNLISTED = "openai-chat:a-model-that-no-list-has"


async def test_f39_a_model_of_unknown_price_is_refused_when_prices_are_strict(tmp_path: Path, sandbox: Sandbox) -> None:
    run = await run_alone(tmp_path, [AN_EDIT, THE_END], sandbox, model=UNLISTED, strict_prices=True)
    assert run.sent == 0
    assert run.result["error"]["code"] == PolicyRefused.code
    assert run.result["exit_code"] == 7


async def test_f39_otherwise_it_is_reserved_at_the_dearest_price_that_is_known(tmp_path: Path, sandbox: Sandbox) -> None:
    run = await run_alone(tmp_path, [AN_EDIT, THE_END], sandbox, model=UNLISTED)
    assert run.result["models"]["unknown_prices"] == 2
    refused = await run_alone(tmp_path / "poor", [AN_EDIT], sandbox, model=UNLISTED, max_budget_usd="0.10")
    assert refused.sent == 0
    assert refused.error is not None
    assert refused.error.exit_code == 4


async def test_f40_an_answer_of_another_model_is_recorded_and_priced_as_such_with_a_warning(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    dear = "claude-opus-5-5"
    usage = {"input": 1000, "output": 1000}
    turns = [{**AN_EDIT, "model": dear, "usage": usage}, {**THE_END, "usage": usage}]
    run = await run_alone(tmp_path, turns, sandbox, model="anthropic:claude-haiku-5-5")
    first, second = run.facts(ModelCallCompleted)
    assert (first.asked, first.model) == ("anthropic:claude-haiku-5-5", f"anthropic:{dear}")
    assert float(first.cost_usd or 0) > float(second.cost_usd or 0) > 0
    assert run.result["models"]["answered_by_others"] == [{"asked": first.asked, "answered": first.model, "calls": 1}]
