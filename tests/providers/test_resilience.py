"""Waiting, retrying, resting: what one call does when the provider does not do its part."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import anyio
import pytest
from pydantic_ai import Agent
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse
from pydantic_ai.models import ModelRequestParameters

from codecompanion.domain.errors import FailureCategory, LimitReached, ModelCallFailed
from codecompanion.providers.answers import ESTIMATED
from codecompanion.providers.dev_server.server import serve
from codecompanion.providers.resilience import ResilientModel
from providers_bench import WIRES, MakeBench, ask, script

pytestmark = pytest.mark.anyio

OK = {"text": "Fine now."}


def status(code: int, *, repeat: bool = False, **headers: str) -> dict[str, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"text": "x", "repeat": repeat, "fault": {"kind": "status", "status": code, "headers": named}}


async def read_stream(model: ResilientModel) -> tuple[ModelResponse, int]:
    """Return what a stream came to, and how many events it had."""
    prompt: list[ModelMessage] = [ModelRequest.user_text_prompt("Count.")]
    async with model.request_stream(prompt, None, ModelRequestParameters()) as stream:
        events = [event async for event in stream]
    return stream.get(), len(events)


@pytest.mark.parametrize("provider", WIRES)
async def test_f31_a_passing_fault_is_survived_and_every_request_is_told_of(bench: MakeBench, provider: str) -> None:
    async with bench(status(503), status(529), OK) as here:
        response = await here.ask(provider)
    assert response.text == "Fine now."
    assert here.notes.heard == [
        *("sending 1", "failed 1 connection", "waiting after 1 for connection"),
        *("sending 2", "failed 2 connection", "waiting after 2 for connection"),
        *("sending 3", "answered 3 15"),
    ]
    assert here.notes.waits == [1.0, 2.0]  # the draw of 0.5 is the middle of the jitter


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        pytest.param("1", 1.1, id="a second"),
        pytest.param("60", 66.0, id="the longest"),
        pytest.param("soon", 1.0, id="not readable"),
        pytest.param("-5", 1.0, id="negative"),
        pytest.param("0", 1.0, id="none at all"),
    ],
)
@pytest.mark.parametrize("provider", ["openai", "anthropic", "google"])
async def test_f30_retry_after_is_obeyed_and_nonsense_in_it_is_not(
    bench: MakeBench, provider: str, asked: str, waited: float
) -> None:
    async with bench(status(429, retry_after=asked), OK) as here:
        await here.ask(provider)
    assert here.notes.waits == [pytest.approx(waited)]


async def test_f30_retry_after_may_be_a_date(bench: MakeBench) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    async with bench(status(429, retry_after=date), OK) as here:
        await here.ask("anthropic")
    assert 25 < here.notes.waits[0] < 34


@pytest.mark.parametrize("provider", WIRES)
async def test_f30_who_asks_for_more_than_a_minute_is_not_waited_for(bench: MakeBench, provider: str) -> None:
    async with bench(status(429, retry_after="3600", repeat=True)) as here:
        with pytest.raises(ModelCallFailed) as caught:
            await here.ask(provider)
    assert (caught.value.category, caught.value.retry_after_s, here.sent) == (FailureCategory.RATE_LIMIT, 3600, 1)
    assert here.notes.waits == []


async def test_f31_five_failures_in_a_row_open_the_circuit_which_half_opens_and_closes(bench: MakeBench) -> None:
    now = 0.0
    async with bench(*[status(500)] * 7, OK, OK, now=lambda: now) as here:
        for _ in range(2):
            with pytest.raises(ModelCallFailed):
                await here.ask("openai-chat")
        assert here.sent == 5
        with pytest.raises(ModelCallFailed) as caught:  # open: nothing is sent
            await here.ask("openai-chat")
        assert (caught.value.category, caught.value.attempts, here.sent) == (FailureCategory.CIRCUIT_OPEN, 0, 5)
        now = 31.0
        with pytest.raises(ModelCallFailed):  # half-open: one may try, and opens it again
            await here.ask("openai-chat")
        assert here.sent == 6
        now = 62.0
        with pytest.raises(ModelCallFailed):
            await here.ask("openai-chat")
        now = 93.0
        assert (await here.ask("openai-chat")).text == "Fine now."
        assert (await here.ask("openai-chat")).text == "Fine now."
        assert here.sent == 9


async def test_a_provider_that_says_no_is_not_away(bench: MakeBench) -> None:
    now = 0.0
    async with bench(*[status(500)] * 5, status(401), OK, now=lambda: now) as here:
        for _ in range(2):
            with pytest.raises(ModelCallFailed):
                await here.ask("openai")
        now = 31.0
        with pytest.raises(ModelCallFailed, match="auth"):
            await here.ask("openai")
        assert (await here.ask("openai")).text == "Fine now."


async def test_another_model_has_a_circuit_of_its_own(bench: MakeBench) -> None:
    async with bench(*[status(500)] * 5, OK) as here:
        for _ in range(2):
            with pytest.raises(ModelCallFailed):
                await here.ask("openai")
        assert (await here.ask("anthropic")).text == "Fine now."


async def test_f41_a_key_is_never_sent_to_where_a_redirect_points(bench: MakeBench) -> None:
    for provider in WIRES:
        async with serve(script([OK])) as elsewhere:
            location = f"http://127.0.0.1:{elsewhere.port}/stolen"
            async with bench({"text": "x", "fault": {"kind": "redirect", "location": location}}) as here:
                with pytest.raises(ModelCallFailed, match="redirects"):
                    await here.ask(provider)
            assert elsewhere.requests == []


async def test_f33_what_came_before_a_break_is_told_so_that_it_can_be_paid(bench: MakeBench) -> None:
    broken = {"text": "One two three.", "usage": {"input": 40}, "fault": {"kind": "truncate", "after": 4}, "repeat": True}
    async with bench(broken, attempts=1) as here:
        with pytest.raises(ModelCallFailed):
            await here.ask("anthropic")
    partial = here.notes.remains[0].partial
    assert partial is not None
    assert partial.usage.input_tokens == 40
    assert partial.text == "One two "


@pytest.mark.parametrize("provider", WIRES)
async def test_what_came_before_a_break_is_paid_though_the_provider_did_not_say_yet_what_it_used(
    bench: MakeBench, provider: str
) -> None:
    broken = {"text": "one two three " * 100, "fault": {"kind": "truncate", "after": 100}, "repeat": True}
    async with bench(broken, attempts=1) as here:
        with pytest.raises(ModelCallFailed):
            await here.ask(provider, "Count. " * 100)
    partial = here.notes.remains[0].partial
    assert partial is not None
    assert partial.usage.input_tokens >= 10
    assert partial.usage.output_tokens > 100
    assert partial.metadata == {ESTIMATED: True}


@pytest.mark.parametrize("provider", WIRES)
async def test_signs_of_life_in_a_stream_are_no_part_of_the_answer(bench: MakeBench, provider: str) -> None:
    async with bench({"text": "Ok.", "fault": {"kind": "junk"}} if provider != "google" else OK) as here:
        assert (await here.ask(provider)).finish_reason == "stop"


@pytest.mark.parametrize("provider", WIRES)
async def test_f37_an_answer_cut_by_its_length_or_refused_is_returned_and_says_so(bench: MakeBench, provider: str) -> None:
    async with bench({"text": "Half an ans", "finish": "length"}, {"text": "No.", "finish": "content_filter"}) as here:
        assert (await here.ask(provider)).finish_reason == "length"
        assert (await here.ask(provider)).finish_reason == "content_filter"
    assert here.sent == 2


@pytest.mark.parametrize("provider", WIRES)
async def test_f34_an_empty_answer_is_asked_for_again(bench: MakeBench, provider: str) -> None:
    async with bench({"text": " "}, OK) as here:
        assert (await here.ask(provider)).text == "Fine now."
    assert here.sent == 2


@pytest.mark.filterwarnings("ignore::pydantic_ai.exceptions.UsageExtractionFailedWarning")
@pytest.mark.parametrize("provider", WIRES)
@pytest.mark.parametrize("usage", [None, {"input": -5, "output": 3}, {"input": 10**12, "output": 1}], ids=str)
async def test_f38_a_usage_that_cannot_be_is_estimated_and_marked(bench: MakeBench, provider: str, usage: Any) -> None:
    async with bench({**OK, "usage": usage}) as here:
        response = await here.ask(provider)
    assert 1 <= response.usage.input_tokens < 100
    assert 1 <= response.usage.output_tokens < 100
    assert (response.metadata or {}).get(ESTIMATED) is True


@pytest.mark.parametrize("provider", WIRES)
async def test_f40_the_model_that_answered_is_known_by_the_name_it_gives(bench: MakeBench, provider: str) -> None:
    async with bench({**OK, "model": "another-model-2"}) as here:
        assert (await here.ask(provider)).model_name == "another-model-2"


@pytest.mark.parametrize("provider", ["openai", "openai-chat", "anthropic"])
async def test_a_model_is_told_of_a_malformed_tool_call_and_mends_it(bench: MakeBench, provider: str) -> None:
    bad, good = ({"tools": [{"name": "add", "args": args}]} for args in ('{"a": 2, "b', {"a": 2, "b": 3}))
    async with bench(bad, good, {"text": "Five."}) as here, here.open(provider) as model:
        agent = Agent(model)
        added: list[int] = []

        @agent.tool_plain(retries=2)
        def add(a: int, b: int) -> int:
            added.append(a + b)
            return a + b

        result = await agent.run("What is 2 + 3?")
    assert result.output == "Five."
    assert added == [5]
    assert here.sent == 3


@pytest.mark.parametrize("provider", WIRES)
async def test_a_stream_can_be_read_as_it_comes(bench: MakeBench, provider: str) -> None:
    async with bench({"text": "One two three."}) as here, here.open(provider) as model:
        prompt: list[Any] = [ModelRequest.user_text_prompt("Count.")]
        async with model.request_stream(prompt, None, ModelRequestParameters()) as stream:
            events = [event async for event in stream]
        assert stream.get().text == "One two three."
    assert len(events) > 3
    assert here.notes.heard == ["sending 1", "answered 1 15"]


@pytest.mark.parametrize("provider", WIRES)
async def test_f33_a_stream_that_ends_early_is_an_error_for_its_reader(bench: MakeBench, provider: str) -> None:
    broken = {"text": "One two three four.", "fault": {"kind": "truncate", "after": 3}}
    async with bench(broken) as here, here.open(provider) as model:
        with pytest.raises(ModelCallFailed) as caught:
            await read_stream(model)
    assert caught.value.category is FailureCategory.UNKNOWN
    assert here.sent == 1


async def test_a_stream_that_cannot_begin_is_begun_again(bench: MakeBench) -> None:
    async with bench(status(503), OK) as here, here.open("anthropic") as model:
        assert (await read_stream(model))[0].text == "Fine now."
    assert here.notes.waits == [1.0]


async def test_an_observer_can_keep_a_request_from_being_sent(bench: MakeBench) -> None:
    async with bench(OK) as here:
        here.notes.refusal = LimitReached("the budget is used up")
        with pytest.raises(LimitReached):
            await here.ask("openai")
    assert here.sent == 0


async def test_a_prompt_that_is_too_long_is_said_to_be(bench: MakeBench) -> None:
    bodies = {
        "openai-chat": '{"error": {"message": "maximum context length is 8192 tokens", "type": "invalid_request_error", '
        '"param": "messages", "code": "context_length_exceeded"}}',
        "anthropic": '{"type": "error", "error": {"type": "invalid_request_error", '
        '"message": "prompt is too long: 208310 tokens > 200000 maximum"}}',
    }
    for provider, body in bodies.items():
        async with bench({"text": "x", "fault": {"kind": "status", "status": 400, "body": body}}) as here:
            with pytest.raises(ModelCallFailed, match="cannot read a prompt this long"):
                await here.ask(provider)


async def test_a_models_connections_are_opened_anew_after_it_was_left(bench: MakeBench) -> None:
    async with bench(OK, OK) as here:
        model = here.open("openai")
        assert [(await ask(model)).text for _ in range(2)] == ["Fine now.", "Fine now."]


async def test_who_leaves_a_model_does_not_hang_up_on_others(bench: MakeBench) -> None:
    slowly = {"text": "One two three.", "fault": {"kind": "drip", "seconds": 0.05}}
    async with bench(slowly, OK) as here:
        model = here.open("anthropic")
        answers: list[str | None] = []

        async def one() -> None:
            answers.append((await ask(model)).text)

        async with anyio.create_task_group() as both:
            both.start_soon(one)
            await anyio.sleep(0.1)
            both.start_soon(one)
    assert sorted(map(str, answers)) == ["Fine now.", "One two three."]
