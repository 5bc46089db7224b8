"""A request as a text that a person can read, with the tools and how to use them."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, cast

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequestPart,
    ModelResponsePart,
    SystemPromptPart,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import ModelRequestParameters

HOW_TO_USE_TOOLS = """To use a tool, write a block like this into your answer, one for each use:

```tool
{"name": "NAME", "args": {}}
```"""
_TOOL_BLOCK = re.compile(r"^```tool[ \t]*\r?\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)


def render(messages: Sequence[ModelMessage], parameters: ModelRequestParameters) -> str:
    """Return the whole request: instructions, what was said, and the tools."""
    return joined([*said_in(messages, parameters), tools_text(parameters)])


def said_in(messages: Sequence[ModelMessage], parameters: ModelRequestParameters | None = None) -> list[str]:
    """Return the instructions and what was said, each as a text of its own."""
    instructions = [part.content for part in (parameters.instruction_parts if parameters else None) or ()]
    said = [_part_text(part) for message in messages for part in message.parts]
    return [text for text in (*instructions, *said) if text]


def joined(texts: Iterable[str]) -> str:
    """Return texts as one, a blank line between them."""
    return "\n\n".join(filter(None, texts)) + "\n"


def parse(answer: str) -> list[ModelResponsePart]:
    """Return the parts of a pasted answer: its text, without its tool blocks, and those.

    A block that is no tool use becomes a use with what was written as its arguments, so that the model is told.
    """
    uses = [_tool_use(block) for block in _TOOL_BLOCK.findall(answer)]
    text = _TOOL_BLOCK.sub("", answer).strip()
    return [*([TextPart(text)] if text or not uses else []), *uses]


def _tool_use(block: str) -> ToolCallPart:
    try:
        written: Any = json.loads(block)
        return ToolCallPart(str(written["name"]), cast("dict[str, Any]", written.get("args") or {}))
    except (ValueError, TypeError, KeyError, AttributeError):
        return ToolCallPart("unreadable", block.strip())


def _part_text(part: ModelRequestPart | ModelResponsePart) -> str:
    heading, text = "", ""
    match part:
        case SystemPromptPart():
            text = part.content
        case UserPromptPart():
            heading, text = "User", part.content if isinstance(part.content, str) else _list_text(part.content)
        case TextPart():
            heading, text = "You", part.content
        case ToolCallPart():
            heading, text = f"You used {part.tool_name}", part.args_as_json_str()
        case ToolReturnPart():
            heading, text = f"{part.tool_name} returned", part.model_response_str()
        case _:
            pass  # thoughts and notes of other providers
    return f"# {heading}\n\n{text}" if heading else text


def _list_text(content: Iterable[object]) -> str:
    return "\n".join(item if isinstance(item, str) else f"({type(item).__name__} cannot be shown)" for item in content)


def tools_text(parameters: ModelRequestParameters) -> str:
    """Return what describes the tools and how to use them, "" when there are none."""
    tools = [*parameters.function_tools, *parameters.output_tools]
    if not tools:
        return ""
    listed = "\n\n".join(
        f"## {tool.name}\n\n{tool.description or ''}\n\nArguments: {json.dumps(tool.parameters_json_schema)}" for tool in tools
    )
    return f"# Tools\n\n{HOW_TO_USE_TOOLS}\n\n{listed}"
