"""Tools of other programs."""

from dataclasses import dataclass
from typing import Any, Protocol

from codecompanion.domain.events import McpServerFailed, McpServerSeen, NetworkRefused
from codecompanion.domain.mcp_servers import OfferedTool


@dataclass(frozen=True, slots=True)
class McpOffer:
    """What a project's MCP servers offer: how each of them stands, and the tools of the trusted ones.

    `trouble` says why none can be looked at, "" when they can.
    """

    servers: tuple[McpServerSeen, ...] = ()
    tools: tuple[OfferedTool, ...] = ()
    trouble: str = ""


class McpServers(Protocol):
    """The MCP servers of a project. None is started before it is needed, none that is not trusted."""

    async def offer(self, *, start: bool = True) -> McpOffer:
        """Return what is offered: only what is as it was trusted. `start` off: what the records say, and nothing is started."""
        ...

    async def call(self, tool: OfferedTool, arguments: dict[str, Any], timeout_s: float) -> str:
        """Return what a tool answers, as text.

        Raises:
            EnvironmentBroken: The server cannot be started or does not answer.
            BadInput: It is not trusted any more, or not what was trusted.
        """
        ...

    def take_failures(self) -> tuple[McpServerFailed | NetworkRefused, ...]:
        """Return the servers that failed, and the hosts that were refused to them, since this was last asked."""
        ...
