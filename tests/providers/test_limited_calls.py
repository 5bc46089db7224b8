"""Where in a call the limit of its provider is asked, and when its place is given up."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai.messages import ModelRequest
from pydantic_ai.models import ModelRequestParameters

from codecompanion.domain.errors import LimitReached, ModelCallFailed
from codecompanion.providers.resilience import ResilientModel
from providers_bench import MODELS, Bench, MakeBench, SeenLimits, ask

pytestmark = pytest.mark.anyio

OK = {"text": "Fine now."}
QUEUED_1 = ("slot openai", "queued 1")
QUEUED_2 = ("slot openai", "queued 2")


def status(code: int, after: str | None = None, **more: Any) -> dict[str, Any]:
    headers = {} if after is None else {"retry-after": after}
    return {"text": "x", "fault": {"kind": "status", "status": code, "headers": headers}, **more}


def limited(here: Bench, name: str = MODELS["openai"]) -> ResilientModel:
    """Open a model whose limits write down in the notes what they are asked."""
    world = replace(here.opener.circumstances, limits=SeenLimits(here.notes.heard))
    return replace(here.opener, circumstances=world).open(name)


@pytest.mark.parametrize("streamed", [True, False])
async def test_a_request_holds_its_place_and_gives_it_up_before_it_waits(bench: MakeBench, *, streamed: bool) -> None:
    async with bench(status(429, "2"), OK, streamed=streamed) as here:
        await ask(limited(here))
    assert here.notes.heard == [
        *(*QUEUED_1, "sending 1", "held back openai 2", "left", "failed 1 rate_limit", "waiting after 1 for rate_limit"),
        *(*QUEUED_2, "sending 2", "left", "answered 2 15"),
    ]


async def test_a_stream_holds_its_place_to_its_end(bench: MakeBench) -> None:
    async with bench(status(429, "2"), OK) as here:
        prompt = [ModelRequest.user_text_prompt("Count.")]
        async with limited(here).request_stream([*prompt], None, ModelRequestParameters()) as stream:
            async for _ in stream:
                pass
            here.notes.heard.append("read")
    assert here.notes.heard == [
        *(*QUEUED_1, "sending 1", "held back openai 2", "left", "failed 1 rate_limit", "waiting after 1 for rate_limit"),
        *(*QUEUED_2, "sending 2", "read", "answered 2 15", "left"),
    ]


@pytest.mark.parametrize("answer", [status(429), status(429, "3600"), status(503, "2"), status(400)])
async def test_others_are_held_back_only_by_a_limit_that_is_worth_waiting_for(bench: MakeBench, answer: dict[str, Any]) -> None:
    async with bench({**answer, "repeat": True}) as here:
        with pytest.raises(ModelCallFailed):
            await ask(limited(here))
    assert here.notes.heard[:4] == [*QUEUED_1, "sending 1", "left"]
    assert not [heard for heard in here.notes.heard if heard.startswith("held back")]


async def test_a_refusal_to_send_gives_the_place_up(bench: MakeBench) -> None:
    async with bench(OK) as here:
        here.notes.refusal = LimitReached("the budget is used up")
        with pytest.raises(LimitReached):
            await ask(limited(here))
    assert here.notes.heard == [*QUEUED_1, "left"]
    assert here.sent == 0


async def test_who_is_left_alone_takes_no_place(bench: MakeBench) -> None:
    async with bench(status(503, repeat=True), attempts=1, breaker_failures=1) as here:
        model = limited(here)
        for _ in range(2):
            with pytest.raises(ModelCallFailed):
                await ask(model)
    assert here.notes.heard == [*QUEUED_1, "sending 1", "left", "failed 1 connection"]


async def test_what_has_no_wire_has_no_limit(bench: MakeBench, tmp_path: Path) -> None:
    (tmp_path / "script.json").write_text('[{"text": "Hello."}]')
    async with bench() as here:
        await ask(limited(here, f"scripted:{tmp_path / 'script.json'}"))
    assert here.notes.heard[0] == "sending 1"
