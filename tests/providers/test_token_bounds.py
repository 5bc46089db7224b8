import pytest
from pydantic_ai.messages import ModelRequest, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.tools import ToolDefinition

from codecompanion.providers.answers import estimated_usage
from codecompanion.providers.token_bounds import ADDED_TOKENS, input_tokens_at_most

NO_TOOLS = ModelRequestParameters()


@pytest.mark.parametrize(
    "text", ["", "fix the tests", "1234567890" * 50, "\U0001f600" * 30, "修复失败的测试", "a\n\t\"'\\" * 9]
)
def test_no_text_has_more_tokens_than_bytes(text: str) -> None:
    asked = ModelRequest.user_text_prompt(text, instructions=text)
    at_most = input_tokens_at_most([asked], NO_TOOLS)
    assert at_most >= 2 * len(text.encode()) + ADDED_TOKENS
    assert at_most >= estimated_usage([asked], NO_TOOLS, ModelResponse(parts=[])).input_tokens


def test_everything_that_is_sent_counts() -> None:
    history = [
        ModelRequest.user_text_prompt("x"),
        ModelResponse(parts=[TextPart("a" * 100), ToolCallPart("read_file", {"path": "b" * 200})]),
        ModelRequest(parts=[ToolReturnPart("read_file", "c" * 400, "id")]),
    ]
    shorter = input_tokens_at_most(history[:1], NO_TOOLS)
    assert input_tokens_at_most(history, NO_TOOLS) >= shorter + 700
    schema = {"type": "object", "properties": {"path": {"type": "string", "description": "d" * 800}}}
    tools = ModelRequestParameters(function_tools=[ToolDefinition(name="read_file", parameters_json_schema=schema)])
    assert input_tokens_at_most(history[:1], tools) >= shorter + 800
