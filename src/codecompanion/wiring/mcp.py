"""Opens a project's MCP servers, by itself because the SDK for them takes a second to load."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from codecompanion.domain.errors import BadInput, CodeCompanionError
from codecompanion.domain.events import McpServerFailed, NetworkRefused
from codecompanion.domain.mcp_servers import OfferedTool
from codecompanion.domain.project import Interpreter
from codecompanion.mcp_servers.configuration import read_configuration
from codecompanion.mcp_servers.pool import ServerPool, Surroundings, open_pool
from codecompanion.mcp_servers.trust_store import TrustStore
from codecompanion.ports import McpOffer, McpServers, Sandbox
from codecompanion.providers.keys import KEY_VARIABLES

WITHHELD = frozenset(name for names in KEY_VARIABLES.values() for name in names)
"""No server is given the keys of the models."""


class NoServers:
    """Stands for the servers of a project when they cannot be looked at, and says why."""

    def __init__(self, trouble: str) -> None:
        self._trouble = trouble

    async def offer(self, *, start: bool = True) -> McpOffer:
        """Return nothing but the trouble."""
        del start
        return McpOffer(trouble=self._trouble)

    async def call(self, tool: OfferedTool, arguments: dict[str, Any], timeout_s: float) -> str:
        """Refuse."""
        del tool, arguments, timeout_s
        raise BadInput(self._trouble)

    def take_failures(self) -> tuple[McpServerFailed | NetworkRefused, ...]:
        """Return none: nothing was started."""
        return ()


class NotStarted:
    """Offers what the servers offered when they were trusted: for a dry run, which starts and sends nothing."""

    def __init__(self, pool: ServerPool) -> None:
        self._pool = pool

    async def offer(self, *, start: bool = True) -> McpOffer:
        """Return what the records say."""
        del start
        return await self._pool.offer(start=False)

    async def call(self, tool: OfferedTool, arguments: dict[str, Any], timeout_s: float) -> str:
        """Refuse."""
        del arguments, timeout_s
        raise BadInput(f"the MCP server {tool.server!r} is not started in a dry run")

    def take_failures(self) -> tuple[McpServerFailed | NetworkRefused, ...]:
        """Return none: nothing was started."""
        return ()


@asynccontextmanager
async def open_mcp_servers(
    root: Path,
    interpreter: Interpreter | None,
    *,
    repo: Path,
    state_dir: Path,
    environ: Mapping[str, str],
    sandbox: Sandbox,
    starts: bool,
) -> AsyncGenerator[McpServers]:
    """Open the MCP servers that a repository's `.mcp.json` names, for a worktree of it. None is started yet.

    Args:
        root: The worktree.
        interpreter: The project's, None when it has none.
        repo: The user's repository, whose file counts: what an agent writes into the worktree's does not.
        state_dir: Where it is kept what the user trusted.
        environ: The user's environment.
        sandbox: Where programs run.
        starts: Whether servers may be started.
    """
    try:
        configuration, trust = read_configuration(repo), TrustStore(state_dir, repo)
        trust.records()
    except CodeCompanionError as error:
        yield NoServers(f"{error.what}: {error.cause}" if error.cause else error.what)
        return
    around = Surroundings(configuration, trust, root, interpreter, environ, WITHHELD, sandbox)
    async with open_pool(around) as pool:
        yield pool if starts else NotStarted(pool)
