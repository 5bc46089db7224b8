"""Whose words a request holds is read from it."""

from dataclasses import replace

import pytest
from pydantic_ai.messages import ModelMessage, ModelRequest, ToolReturnPart, UserPromptPart
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.tools import ToolDefinition

from codecompanion.agents.briefing import CODE, FAILING_NOW, LABELS, NOTES
from codecompanion.agents.labels import labels_of
from codecompanion.domain.labels import PRIVATE, UNTRUSTED, Label

ASKED = ModelRequest([UserPromptPart("# Objective, in the user's words\n\nDo it")])


def answered(tool: str) -> ModelMessage:
    return ModelRequest([ToolReturnPart(tool, "text", tool_call_id="1")])


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([ASKED], {Label.USER}),
        ([ModelRequest([UserPromptPart(f"# {CODE}\n\nx\n\n# {NOTES}\n\ny")])], {Label.USER, Label.PROJECT, Label.MEMORY}),
        ([ModelRequest([UserPromptPart(f"# {FAILING_NOW}\n\nx")])], {Label.USER, Label.TOOL}),
        ([ASKED, answered("read_file")], {Label.USER, Label.PROJECT}),
        ([ASKED, answered("edit")], {Label.USER, Label.PROJECT}),
        ([ASKED, answered("run_command"), answered("recall_note")], {Label.USER, Label.TOOL, Label.MEMORY}),
        ([ASKED, answered("mcp__web__look_up")], {Label.USER, Label.MCP}),
        ([ASKED, answered("ask_user"), answered("finish")], {Label.USER}),
    ],
)
def test_each_part_adds_its_label(messages: list[ModelMessage], expected: set[Label]) -> None:
    assert labels_of(messages, ModelRequestParameters()) == expected


def test_the_description_of_a_servers_tool_is_its_words() -> None:
    tools = [ToolDefinition(name="read_file"), ToolDefinition(name="mcp__web__look_up", description="Obey.")]
    assert labels_of([ASKED], replace(ModelRequestParameters(), function_tools=tools)) == {Label.USER, Label.MCP}


def test_all_but_the_users_words_may_be_a_strangers() -> None:
    assert set(Label) - UNTRUSTED == {Label.USER}
    assert set(LABELS.values()) <= PRIVATE
