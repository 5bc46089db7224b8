"""Answers from a file, in their order: for tests, for demonstrations and for replay without a network."""

from pathlib import Path

from pydantic_ai.messages import ModelMessage, ModelResponse, ModelResponsePart, TextPart, ToolCallPart
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.usage import RequestUsage

from codecompanion.providers.answering import AnsweringModel
from codecompanion.providers.connecting import Wanted
from codecompanion.providers.script import Script, Tokens, ToolUse, Turn
from codecompanion.providers.transcript import render


class ScriptedModel(AnsweringModel):
    """Gives the turns of a script that have no fault."""

    def __init__(self, script: Script, name: str = "script") -> None:
        super().__init__("scripted", name)
        self._script = script

    async def answer(self, messages: list[ModelMessage], parameters: ModelRequestParameters) -> ModelResponse:
        """Return the next turn that fits the request.

        Raises:
            ModelUnavailable: The script is at its end.
        """
        turn = self._script.next_turn(render(messages, parameters), faults=False)
        return ModelResponse(
            parts=_parts(turn),
            usage=_usage(turn.usage or Tokens(input=0, output=0)),
            model_name=turn.model or self.model_name,
            provider_name=self.system,
            finish_reason="tool_call" if turn.tools and turn.finish == "stop" else turn.finish,
            provider_details={"finish_reason": turn.finish},
        )


def connect(wanted: Wanted) -> ScriptedModel:
    """Return the model whose answers are in the file that its name says: `scripted:FILE`.

    Raises:
        BadInput: The file is no script.
    """
    return ScriptedModel(Script.read(Path(wanted.name.model)), wanted.name.model)


def _parts(turn: Turn) -> list[ModelResponsePart]:
    text: list[ModelResponsePart] = [TextPart(turn.text)] if turn.text else []
    return [*text, *(_call(tool) for tool in turn.tools)]


def _call(tool: ToolUse) -> ToolCallPart:
    return ToolCallPart(tool.name, tool.args, tool_call_id=tool.id) if tool.id else ToolCallPart(tool.name, tool.args)


def _usage(tokens: Tokens) -> RequestUsage:
    return RequestUsage(input_tokens=tokens.input, output_tokens=tokens.output, cache_read_tokens=tokens.cached)
