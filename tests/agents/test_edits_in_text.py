"""Edits in the text of an answer become calls of the tool, before whatever else the answer asks for."""

from typing import Any

import pytest
from pydantic_ai import RunContext
from pydantic_ai.exceptions import ModelRetry, ToolFailed
from pydantic_ai.messages import FinishReason, ModelResponse, ModelResponsePart, TextPart, ToolCallPart
from pydantic_ai.models import ModelRequestContext, ModelRequestParameters
from pydantic_ai.models.test import TestModel
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.usage import RunUsage

from codecompanion.agents.edits_in_text import AFTER_EDIT, EditsInText, with_edit_call

pytestmark = pytest.mark.anyio

BLOCK = "a.py\n<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE"
PATCH = "*** Begin Patch\n*** Update File: a.py\n@@\n-x = 1\n+x = 2\n*** End Patch"
DIFF = "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x = 1\n+x = 2\n"


def answer(*parts: ModelResponsePart, finish: FinishReason = "stop") -> ModelResponse:
    return ModelResponse(parts=list(parts), finish_reason=finish)


def context() -> RunContext[Any]:
    return RunContext(deps=None, model=TestModel(), usage=RunUsage(), run_step=3)


@pytest.mark.parametrize("text", [f"I change x:\n\n{BLOCK}", PATCH, DIFF, f"diff --git a/a.py b/a.py\n{DIFF}"])
def test_edits_become_a_call_of_edit_and_a_run_of_the_tests(text: str) -> None:
    edit, tests = with_edit_call(answer(TextPart(text)), 3).parts
    assert isinstance(edit, ToolCallPart)
    assert isinstance(tests, ToolCallPart)
    assert (edit.tool_name, edit.args_as_dict()) == ("edit", {"blocks": text})
    assert (tests.tool_name, tests.args_as_dict()) == ("run_tests", {"which": "impacted"})
    assert tests.tool_call_id == f"{AFTER_EDIT}3"


@pytest.mark.parametrize(
    "text",
    [
        "Done: x is 2 now.",
        "Use <<<<<<< in the text",
        "a -- b\n--- c\n",
        "The line `--- a/x` begins a diff.",
        "diff of a and b",
        "",
    ],
)
def test_prose_stays_prose(text: str) -> None:
    response = answer(TextPart(text), ToolCallPart("read_file", {"path": "a.py"}))
    assert with_edit_call(response, 1) is response


def test_the_edits_of_an_answer_come_together_before_its_other_calls_and_prose_is_kept() -> None:
    look = ToolCallPart("read_file", {"path": "a.py"})
    response = answer(TextPart("First, why."), TextPart(BLOCK), look, TextPart(PATCH))
    parts = with_edit_call(response, 1).parts
    assert [part.content for part in parts if isinstance(part, TextPart)] == ["First, why."]
    calls = [part for part in parts if isinstance(part, ToolCallPart)]
    assert [call.tool_name for call in calls] == ["edit", "run_tests", "read_file"]
    assert calls[0].args_as_dict() == {"blocks": f"{BLOCK}\n\n{PATCH}"}
    assert len(response.parts) == 4, "the answer itself is left as it came"


async def test_an_answer_that_was_cut_off_is_sent_back_and_nothing_of_it_is_carried_out() -> None:
    asked = ModelRequestContext(
        model=TestModel(), messages=[], model_settings=None, model_request_parameters=ModelRequestParameters()
    )
    edits = EditsInText(lambda: 0)
    cut = answer(TextPart(BLOCK), finish="length")
    with pytest.raises(ModelRetry, match="cut off at its length limit"):
        await edits.after_model_request(context(), request_context=asked, response=cut)
    whole = await edits.after_model_request(context(), request_context=asked, response=answer(TextPart(BLOCK)))
    assert [part.part_kind for part in whole.parts] == ["tool-call", "tool-call"]


@pytest.mark.parametrize(
    ("changed", "called", "runs"), [(0, f"{AFTER_EDIT}3", False), (1, f"{AFTER_EDIT}3", True), (0, "own", True)]
)
async def test_the_tests_that_follow_edits_run_only_when_something_changed(changed: int, called: str, *, runs: bool) -> None:
    trees = 5
    edits = EditsInText(lambda: trees)
    tool = ToolDefinition(name="x")
    await edits.before_tool_execute(context(), call=ToolCallPart("edit", {}), tool_def=tool, args={})
    trees += changed
    tests = ToolCallPart("run_tests", {}, tool_call_id=called)
    if runs:
        assert await edits.before_tool_execute(context(), call=tests, tool_def=tool, args={"a": 1}) == {"a": 1}
    else:
        with pytest.raises(ToolFailed, match="changed nothing"):
            await edits.before_tool_execute(context(), call=tests, tool_def=tool, args={})
