"""What is left of a request that failed: what it may cost, and the beginning of what the server sent (row F34)."""

from typing import Any

import pytest
from pydantic_ai.messages import InstructionPart, ModelRequest
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.tools import ToolDefinition

from codecompanion.domain.errors import ModelCallFailed
from codecompanion.providers.billing import Bill
from codecompanion.providers.heard import KEPT_BYTES, Heard
from codecompanion.providers.observing import Remains
from providers_bench import KEY, WIRES, MakeBench

pytestmark = pytest.mark.anyio

TEXT = "One two three four five six."
IMPATIENT = {"first_byte_s": 0.3, "idle_s": 0.3}


async def remains_of(bench: MakeBench, provider: str, fault: dict[str, Any], **limits: Any) -> Remains:
    turn = {"text": TEXT, "fault": {"seconds": 30.0, **fault}}
    async with bench(turn, attempts=1, max_response_bytes=256 * 1024, **limits) as here:
        with pytest.raises(ModelCallFailed):
            await here.ask(provider)
        (remains,) = here.notes.remains
        return remains


@pytest.mark.parametrize("provider", WIRES)
@pytest.mark.parametrize(
    ("fault", "limits", "bill"),
    [
        pytest.param({"kind": "status", "status": 503}, {}, Bill.NOTHING, id="turned down"),
        pytest.param({"kind": "status", "status": 504}, {}, Bill.UNKNOWN, id="a gateway that did not wait"),
        pytest.param({"kind": "redirect"}, {}, Bill.NOTHING, id="sent elsewhere"),
        pytest.param({"kind": "not_json"}, {}, Bill.NOTHING, id="a page"),
        pytest.param({"kind": "slow"}, IMPATIENT, Bill.UNKNOWN, id="no head in time"),
        pytest.param({"kind": "stall", "after": 4}, IMPATIENT, Bill.UNKNOWN, id="a stall midway"),
        pytest.param({"kind": "huge_body", "size": 2_000_000}, {}, Bill.UNKNOWN, id="too much"),
        pytest.param({"kind": "reset"}, {}, Bill.UNKNOWN, id="reset before the head"),
        pytest.param({"kind": "packed"}, {}, Bill.UNKNOWN, id="packed"),
        pytest.param({"kind": "truncate", "after": 5}, {}, Bill.WHAT_CAME, id="broken off midway"),
        pytest.param({"kind": "truncate", "after": 0}, {}, Bill.UNKNOWN, id="a head and nothing else"),
    ],
)
async def test_a_request_may_cost_what_nobody_can_rule_out(
    bench: MakeBench, provider: str, fault: dict[str, Any], limits: dict[str, Any], bill: Bill
) -> None:
    assert (await remains_of(bench, provider, fault, **limits)).bill is bill


async def test_a_request_that_never_left_costs_nothing(bench: MakeBench) -> None:
    async with bench(attempts=1) as here:
        here.environ["OPENAI_BASE_URL"] = "http://127.0.0.1:9/v1"
        with pytest.raises(ModelCallFailed):
            await here.ask("openai")
        assert [one.bill for one in here.notes.remains] == [Bill.NOTHING]


@pytest.mark.parametrize("provider", WIRES)
@pytest.mark.parametrize(
    ("fault", "streamed", "sent"),
    [
        pytest.param({"kind": "not_json"}, True, "<!doctype html><title>Bad gateway</title>", id="HTML"),
        pytest.param({"kind": "bad_json"}, True, "data: ", id="bad JSON in a stream"),
        pytest.param({"kind": "bad_json"}, False, "{", id="half an answer"),
        pytest.param({"kind": "bad_utf8"}, True, "\\xff", id="no UTF-8"),
        pytest.param({"kind": "packed"}, True, "\\x8b", id="packed"),
        pytest.param({"kind": "short_body"}, False, "{", id="cut short"),
        pytest.param({"kind": "status", "status": 500, "body": "<h1>Oops</h1>"}, True, "<h1>Oops</h1>", id="an error's page"),
        pytest.param({"kind": "truncate", "after": 3}, True, "data: ", id="no end"),
    ],
)
async def test_f34_the_beginning_of_what_was_sent_is_kept(
    bench: MakeBench, provider: str, fault: dict[str, Any], *, streamed: bool, sent: str
) -> None:
    body = (await remains_of(bench, provider, fault, streamed=streamed)).body
    assert sent in body
    assert len(body.encode()) <= KEPT_BYTES


@pytest.mark.parametrize("provider", WIRES)
async def test_f34_no_more_than_4_kib_are_kept_and_no_key(bench: MakeBench, provider: str) -> None:
    echoed = f"<p>{KEY}</p>" * 1000
    fault = {"kind": "status", "status": 500, "body": echoed}
    body = (await remains_of(bench, provider, fault)).body
    assert body.startswith("<p>[redacted]</p>")
    assert 1000 < len(body.encode()) <= KEPT_BYTES
    assert KEY[:4] not in body


def test_f34_a_key_across_the_end_of_what_is_kept_is_masked_whole() -> None:
    heard = Heard()
    for piece in (b"x" * (KEPT_BYTES - 5), KEY.encode(), b"y" * 10_000):
        heard.add(piece)
    kept = heard.text(lambda text: text.replace(KEY, "[redacted]"))
    assert len(kept) > KEPT_BYTES - 20
    assert set(kept.removesuffix("[reda")) == {"x"}


@pytest.mark.filterwarnings("ignore::pydantic_ai.exceptions.UsageExtractionFailedWarning")
async def test_f38_an_estimate_counts_the_instructions_and_the_tools(bench: MakeBench) -> None:
    schema = {"type": "object", "properties": {"path": {"type": "string", "description": "where " * 100}}}
    asked = ModelRequestParameters(
        function_tools=[ToolDefinition(name="read", description="Reads.", parameters_json_schema=schema)],
        instruction_parts=[InstructionPart(content="Be careful. " * 100)],
    )
    async with bench(*[{"text": "Fine.", "usage": None}] * 2) as here, here.open("openai-chat") as model:
        messages: list[Any] = [ModelRequest.user_text_prompt("Look.")]
        bare = await model.request(messages, None, ModelRequestParameters())
        whole = await model.request(messages, None, asked)
    assert whole.usage.input_tokens - bare.usage.input_tokens >= (1200 + 600) // 3
