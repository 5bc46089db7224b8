"""Edits that a model writes as plain text are carried out as if it had called the tool `edit`: code stays out of JSON."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic_ai.capabilities import AbstractCapability, ValidatedToolArgs
from pydantic_ai.exceptions import ModelRetry, ToolFailed
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models import ModelRequestContext
from pydantic_ai.tools import RunContext, ToolDefinition

from codecompanion.tools.desk import Desk

EDIT, TESTS = "edit", "run_tests"
AFTER_EDIT = "tests_of_step_"
MARKS = re.compile(r"^(<{5,9} ?SEARCH|\*\*\* Begin Patch|diff --git a/|--- (a/|/dev/null).*\n\+\+\+ )", re.MULTILINE)
"""What no prose has by chance: the beginnings of the forms in which edits are asked for, and of unified diffs."""

CUT = "your answer was cut off at its length limit, and nothing of it was carried out; send it again in smaller parts"


@dataclass
class EditsInText(AbstractCapability[Desk]):
    """Looks for edits in the text of each answer, and has the tests run after those that changed something.

    `trees` counts the states of the worktree that were recorded: one more after an edit means that it was carried out.
    `turn` is part of the ids of the calls, so that they differ from those of earlier turns of a conversation.
    """

    trees: Callable[[], int]
    turn: str = ""
    _before_edit: int = field(default=0, init=False)

    async def after_model_request(
        self, ctx: RunContext[Any], *, request_context: ModelRequestContext, response: ModelResponse
    ) -> ModelResponse:
        """Return the answer with a call of `edit` in the place of its edits; the call comes before the answer's others.

        Raises:
            ModelRetry: The answer was cut off at its length limit.
        """
        del request_context
        if response.finish_reason == "length":
            raise ModelRetry(CUT)
        return with_edit_call(response, f"{self.turn}{ctx.run_step}")

    async def before_tool_execute(
        self, ctx: RunContext[Any], *, call: ToolCallPart, tool_def: ToolDefinition, args: ValidatedToolArgs
    ) -> ValidatedToolArgs:
        """Let a call pass; the tests after an edit that changed nothing are not run.

        Raises:
            ToolFailed: They are not.
        """
        del ctx, tool_def
        if call.tool_name == EDIT:
            self._before_edit = self.trees()
        elif call.tool_call_id.startswith(AFTER_EDIT) and self.trees() == self._before_edit:
            raise ToolFailed("not run: the edits changed nothing")
        return args


def with_edit_call(response: ModelResponse, step: int | str) -> ModelResponse:
    """Return an answer whose text has edits with the calls that carry them out and test them; others as they are."""
    texts = [part for part in response.parts if isinstance(part, TextPart) and MARKS.search(part.content)]
    if not texts:
        return response
    blocks = "\n\n".join(part.content for part in texts)
    edit = ToolCallPart(EDIT, {"blocks": blocks}, tool_call_id=f"edits_of_step_{step}")
    tests = ToolCallPart(TESTS, {"which": "impacted"}, tool_call_id=f"{AFTER_EDIT}{step}")
    first = next((i for i, part in enumerate(response.parts) if isinstance(part, ToolCallPart)), len(response.parts))
    parts = [part for part in response.parts[:first] if part not in texts]
    rest = [part for part in response.parts[first:] if part not in texts]
    return replace(response, parts=[*parts, edit, tests, *rest])
