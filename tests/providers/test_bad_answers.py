"""Answers of providers that no provider should send: a failure with its category, or an answer that can be kept as it is.

The ids are those of docs/INPUTS.md.
"""

import json
from typing import Any

import pytest
from pydantic_ai import Agent
from pydantic_ai.messages import ModelMessagesTypeAdapter

from codecompanion.agents.outputs import Review
from codecompanion.domain.errors import FailureCategory, ModelCallFailed
from providers_bench import MakeBench

pytestmark = pytest.mark.anyio

USED = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
HALF = "\ud83d"


def chat(finish: str | None = "stop", usage: Any = USED, **message: Any) -> dict[str, Any]:
    """Return a body in the form of OpenAI's chat completions."""
    said = {"role": "assistant", "content": "Hi.", **message}
    choices = [{"index": 0, "message": said, "finish_reason": finish}]
    return {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": choices, "usage": usage}


def calling(*calls: dict[str, Any]) -> dict[str, Any]:
    return chat("tool_calls", content=None, tool_calls=list(calls))


def call(**changed: Any) -> dict[str, Any]:
    return {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": "{}"}, **changed}


def with_arguments(arguments: Any) -> dict[str, Any]:
    return calling(call(function={"name": "add", "arguments": arguments}))


REFUSED: dict[str, Any] = {
    "C191-no-choice": {**chat(), "choices": []},
    "C191-null": None,
    "C192-blank": chat(content=" \n\t"),
    "C195-two-documents": json.dumps(chat()) + json.dumps(chat()),
    "C196-truncated": json.dumps(chat())[:-20],
    "C197-single-quotes": json.dumps(chat()).replace('"', "'"),
    "C198-nan": json.dumps(chat(usage={**USED, "prompt_tokens": float("nan")})),
    "C200-list": [],
    "C200-text": "text",
    "C200-content-a-number": chat(content=7),
    "C200-message-null": {**chat(), "choices": [{"index": 0, "message": None, "finish_reason": "stop"}]},
    "C204-arguments-null": with_arguments(None),
    "C204-arguments-an-object": with_arguments({"a": 1}),
    "C206-no-id": calling({key: value for key, value in call().items() if key != "id"}),
    "C206-id-null": calling(call(id=None)),
    "C206-name-null": calling(call(function={"name": None, "arguments": "{}"})),
    "C212-no-finish-reason": chat(None),
    "C213-usage-a-list": chat(usage=[]),
    "C213-usage-a-text": chat(usage={**USED, "prompt_tokens": "many"}),
    "C214-reasoning-of-unknown-type": chat(reasoning_content=[{"type": "hologram"}]),
    "C214-part-of-unknown-type": chat(content=[{"type": "hologram"}]),
    "C216-half-a-character": chat(content=f"a{HALF}b"),
    "C216-half-a-character-in-arguments": with_arguments(f'{{"a": "{HALF}"}}'),
    "C216-half-a-character-in-a-name": {**chat(), "model": f"m{HALF}"},
}


def raw(body: Any) -> dict[str, Any]:
    """Return a turn whose body is this, as JSON unless it is a text that stands for itself."""
    text = body if isinstance(body, str) and body != "text" else json.dumps(body)
    return {"text": "x", "repeat": True, "fault": {"kind": "status", "status": 200, "body": text}}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_no_answer_is_a_failure_with_its_category(bench: MakeBench, name: str) -> None:
    async with bench(raw(REFUSED[name]), attempts=1, streamed=False) as here:
        with pytest.raises(ModelCallFailed) as caught:
            await here.ask("openai-chat")
    assert caught.value.category is FailureCategory.UNKNOWN
    assert f"{caught.value}{caught.value.cause}".encode()


KEPT: dict[str, tuple[Any, str | None]] = {
    "C199-key-twice": (json.dumps(chat()).replace('"content": "Hi."', '"content": "No.", "content": "Hi."'), "Hi."),
    "C201-extra-fields": ({**chat(mood="bright"), "more": [1]}, "Hi."),
    "C203-text-in-a-text": (with_arguments('"{\\"a\\": 1}"'), None),
    "C204-arguments-a-list": (with_arguments("[1]"), None),
    "C205-same-id": (calling(call(), call()), None),
    "C208-text-and-call": (chat("tool_calls", tool_calls=[call()]), "Hi."),
    "C210-refusal": (chat(content=None, refusal="I will not."), None),
    "C211-filtered": (chat("content_filter", content=""), None),
    "C212-unknown-finish-reason": (chat("banana"), "Hi."),
    "C213-no-usage": (chat(usage=None), "Hi."),
    "C213-usage-beyond-64-bits": (chat(usage={**USED, "prompt_tokens": 10**400}), "Hi."),
    "C215-1-mb-on-a-line": (chat(content="x" * 1_000_000), "x" * 1_000_000),
    "C216-escape-codes": (chat(content="\x1b]52;c;eA==\x07\x00\x9b31m"), "\x1b]52;c;eA==\x07\x00\x9b31m"),
}


@pytest.mark.parametrize("name", KEPT)
async def test_an_odd_answer_is_kept_as_it_is(bench: MakeBench, name: str) -> None:
    body, text = KEPT[name]
    async with bench(raw(body), attempts=1, streamed=False) as here:
        response = await here.ask("openai-chat")
    assert response.text == text
    assert 1 <= response.usage.input_tokens < 400_000
    kept = ModelMessagesTypeAdapter.dump_json([response])
    assert ModelMessagesTypeAdapter.dump_json(ModelMessagesTypeAdapter.validate_json(kept)) == kept


GOOD: dict[str, Any] = {"score": 90, "summary": "Good."}
BAD_REVIEWS: dict[str, dict[str, Any] | str] = {
    "C193-prose-round-it": f"Here it is: {json.dumps(GOOD)} - my review.",
    "C195-two": json.dumps(GOOD) * 2,
    "C196-truncated": json.dumps(GOOD)[:-4],
    "C197-single-quotes": str(GOOD),
    "C198-nan": '{"score": NaN, "summary": "Good."}',
    "C198-infinity": '{"score": Infinity, "summary": "Good."}',
    "C200-wrong-type": {**GOOD, "score": "very good"},
    "C200-out-of-range": {**GOOD, "score": 101},
    "C200-missing": {"score": 90},
    "C201-extra": {**GOOD, "approved": True},
    "C203-text-in-a-text": json.dumps(json.dumps(GOOD)),
    "C204-null": "null",
    "C204-list": "[90]",
}


@pytest.mark.parametrize("name", BAD_REVIEWS)
async def test_a_document_that_is_none_is_sent_back_and_the_next_one_counts(bench: MakeBench, name: str) -> None:
    bad, good = ({"tools": [{"name": "final_result", "args": args}]} for args in (BAD_REVIEWS[name], GOOD))
    async with bench(bad, good) as here, here.open("openai-chat") as model:
        result = await Agent(model, output_type=Review).run("Review it.")
        assert here.sent == 2
    assert result.output == Review.model_validate(GOOD)


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(f"```json\n{json.dumps(GOOD)}\n```", id="C194 fenced"),
        pytest.param('{"score": 10, "summary": "Good.", "score": 90}', id="C199 of a key twice the last one counts"),
    ],
)
async def test_a_document_whose_meaning_is_plain_is_read(bench: MakeBench, written: str) -> None:
    async with bench({"tools": [{"name": "final_result", "args": written}]}) as here, here.open("openai-chat") as model:
        assert (await Agent(model, output_type=Review).run("Review it.")).output == Review.model_validate(GOOD)
