"""Answers that are used again are free, shown, and only those to the very same request."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from codecompanion.agents.kept_answers import AnswerKeeper
from codecompanion.agents.request_text import sha256_of
from codecompanion.domain.events import CostSaved, ModelCallCompleted, decode
from codecompanion.ports import Sandbox
from codecompanion.storage.memory_response_cache import MemoryResponseCache
from codecompanion.workspace.sandboxes.choose import choose_sandbox
from untested_runs import AN_EDIT, THE_END, Finished, run_alone

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

NOW = datetime(2026, 11, 26, tzinfo=UTC)
AGAIN = ({**THE_END, "repeat": True}, {**AN_EDIT, "repeat": True})


@pytest.fixture
async def sandbox() -> Sandbox:
    return await choose_sandbox(allow_weak=False, wanted=None)


def untouched(_project: Path) -> None:
    pass


def from_cache(run: Finished) -> list[bool]:
    calls = run.facts(ModelCallCompleted)
    assert [one.first_token_s is None for one in calls] == [one.from_cache for one in calls]
    return [one.from_cache for one in calls]


async def test_the_same_run_again_asks_nobody_costs_nothing_and_says_what_was_saved(tmp_path: Path, sandbox: Sandbox) -> None:
    run = await run_alone(tmp_path, AGAIN, sandbox, between=untouched, response_cache="always")
    assert run.result["status"] == "unverified"
    assert (run.sent, from_cache(run)) == (2, [True, True])
    assert (run.result["models"]["from_cache"], run.result["models"]["cost_usd"]) == (2, 0)
    saved = [fact.saved_usd for fact in map(decode, run.ledger) if isinstance(fact, CostSaved)]
    assert len(saved) == 2
    assert sum(saved, Decimal(0)) > 0


@pytest.mark.parametrize("setting", ["auto", "off"])
async def test_without_being_asked_no_answer_is_used_again_in_which_chance_has_a_part(
    tmp_path: Path, sandbox: Sandbox, setting: str
) -> None:
    run = await run_alone(tmp_path, AGAIN, sandbox, between=untouched, response_cache=setting)
    assert (run.sent, from_cache(run)) == (4, [False, False])


async def test_another_prompt_is_another_request(tmp_path: Path, sandbox: Sandbox) -> None:
    def change_the_prompt(project: Path) -> None:
        prompt = project / ".codecompanion" / "agents" / "solo.md"
        prompt.parent.mkdir(parents=True)
        prompt.write_text("You greet.")

    run = await run_alone(tmp_path, AGAIN, sandbox, between=change_the_prompt, response_cache="always")
    assert (run.sent, from_cache(run)) == (4, [False, False])
    (about_the_file,) = [one["text"] for one in run.result["report"]["claims"] if "solo.md" in one["text"]]
    assert about_the_file.endswith("with the change in them it merges, and no test says whether it holds")


def request(**settings: Any) -> str:
    return json.dumps({"messages": [], "settings": settings, "parameters": {}})


def answer(finish_reason: str = "stop") -> str:
    part = {"part_kind": "text", "content": "Hello."}
    return json.dumps({"kind": "response", "parts": [part], "finish_reason": finish_reason})


@pytest.mark.parametrize(
    ("asked", "finish", "every", "kept"),
    [
        pytest.param(request(temperature=0), "stop", False, True, id="no chance in it"),
        pytest.param(request(temperature=0.2), "stop", False, False, id="chance in it"),
        pytest.param(request(), "stop", False, False, id="the model's own temperature"),
        pytest.param(request(temperature=1), "stop", True, True, id="chance in it, and asked for"),
        pytest.param(request(temperature=0), "length", True, False, id="cut off"),
        pytest.param(request(temperature=0), "content_filter", True, False, id="refused"),
    ],
)
async def test_what_is_kept(asked: str, finish: str, every: bool, kept: bool) -> None:  # noqa: FBT001 - a row of the table
    keeper = AnswerKeeper(MemoryResponseCache(), every=every)
    await keeper.put(sha256_of(asked), asked, answer(finish), NOW)
    assert (await keeper.get(sha256_of(asked), asked) is not None) is kept


async def test_another_server_is_not_answered_for() -> None:
    cache, asked = MemoryResponseCache(), request(temperature=0)
    await AnswerKeeper(cache, addresses="OPENAI_BASE_URL=a").put(sha256_of(asked), asked, answer(), NOW)
    assert await AnswerKeeper(cache, addresses="OPENAI_BASE_URL=b").get(sha256_of(asked), asked) is None
