"""The real SDKs read what the server speaks, and the server reads what they write."""

import pytest
from pydantic_ai import Agent

from providers_bench import MODELS, MakeBench

pytestmark = pytest.mark.anyio

HELLO = {"text": "Hello from the script.", "usage": {"input": 12, "output": 7}}


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("provider", MODELS)
async def test_an_answer_arrives_whole_with_its_usage(bench: MakeBench, provider: str, *, streamed: bool) -> None:
    async with bench(HELLO, streamed=streamed) as here:
        response = await here.ask(provider)
    assert response.text == "Hello from the script."
    assert (response.usage.input_tokens, response.usage.output_tokens) == (12, 7)
    assert response.finish_reason == "stop"
    assert here.notes.heard == ["sending 1", "answered 1 19"]
    (first_token_s,) = here.notes.first_tokens
    assert (first_token_s is not None and first_token_s > 0) == streamed


@pytest.mark.parametrize("provider", MODELS)
async def test_a_tool_is_used_and_its_result_goes_back(bench: MakeBench, provider: str) -> None:
    turns = ({"tools": [{"name": "add", "args": {"a": 2, "b": 3}}]}, {"when": "Five!", "text": "It is five."})
    async with bench(*turns) as here, here.open(provider) as model:
        agent = Agent(model)

        @agent.tool_plain
        def add(a: int, b: int) -> str:
            return {5: "Five!"}[a + b]

        result = await agent.run("What is 2 + 3?")
    assert result.output == "It is five."
    assert here.sent == 2
