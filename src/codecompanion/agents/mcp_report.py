"""What is said in the end of a project's MCP servers: what was offered, what was not and why, and which failed."""

from codecompanion.agents.mcp_tools import KEY
from codecompanion.domain.artifacts import Claim
from codecompanion.domain.events import McpServerFailed, McpServersSeen, NetworkRefused, decode
from codecompanion.execution.toolbox import Toolbox

McpTrouble = McpServerFailed | NetworkRefused
"""What is recorded with an agent's tools when a server of the project is in trouble."""


async def about_mcp(tools: Toolbox) -> list[Claim]:
    """Return a claim for each server that was seen; none for a run whose agents had none."""
    try:
        event = (await tools.journal.recall(KEY))[0]
    except KeyError:
        return []
    seen = decode(event)
    assert isinstance(seen, McpServersSeen)
    said = [seen.trouble] if seen.trouble else []
    for row in seen.servers:
        if row.tools:
            said.append(f"{row.tools} {'tool' if row.tools == 1 else 'tools'} of the MCP server {row.server!r} were offered")
        if row.said:
            said.append(row.said)
    return [Claim(text=text, evidence=(event.event_id,)) for text in said]


def about_a_failure(fact: McpTrouble) -> str:
    """Return what is said of a server that did not answer a call, or asked for a host that it may not reach."""
    if isinstance(fact, NetworkRefused):
        return f"the MCP server {fact.server!r} did not reach {fact.host}:{fact.port}, which {fact.why}"
    return f"an MCP server failed and its tool was answered without it: {fact.said}"
