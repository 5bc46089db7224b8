"""Reads from a request whose words it holds. What a stranger writes can add a label by it, and take none away."""

from collections.abc import Iterator, Sequence

from pydantic_ai.messages import ModelMessage, ModelRequest, ToolReturnPart, UserPromptPart
from pydantic_ai.models import ModelRequestParameters

from codecompanion.agents.briefing import LABELS
from codecompanion.domain.labels import Label
from codecompanion.domain.mcp_servers import PREFIX
from codecompanion.tools.catalogue import TOOLS
from codecompanion.tools.recall_note import RECALL_NOTE

OF_EFFECT = {"reads": Label.PROJECT, "edits": Label.PROJECT, "runs": Label.TOOL, "talks": Label.USER}


def labels_of(messages: Sequence[ModelMessage], parameters: ModelRequestParameters) -> frozenset[Label]:
    """Return whose words a request holds, the descriptions of tools that MCP servers bring among them."""
    offered = {Label.MCP for tool in parameters.function_tools if tool.name.startswith(PREFIX)}
    return frozenset({*offered, *_of_messages(messages)})


def _of_messages(messages: Sequence[ModelMessage]) -> Iterator[Label]:
    for message in messages:
        for part in message.parts if isinstance(message, ModelRequest) else ():
            if isinstance(part, UserPromptPart):
                yield Label.USER
                yield from (label for heading, label in LABELS.items() if f"# {heading}\n" in str(part.content))
            elif isinstance(part, ToolReturnPart):
                yield _of_tool(part.tool_name)


def _of_tool(name: str) -> Label:
    if name.startswith(PREFIX):
        return Label.MCP
    if name == RECALL_NOTE:
        return Label.MEMORY
    return OF_EFFECT[TOOLS[name].effect] if name in TOOLS else Label.USER  # else it is the end of the work, answered by us
