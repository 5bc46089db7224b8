"""A talk with one MCP server: started in the sandbox or connected to, asked for its tools, and called."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import anyio
from mcp import Client, MCPError
from mcp.client import IncomingMessage
from mcp_types import CONNECTION_CLOSED, Implementation, ToolListChangedNotification

from codecompanion.domain.errors import SandboxLost, first_leaf
from codecompanion.domain.mcp_servers import HttpServer, ServerTool
from codecompanion.domain.one_line import one_line
from codecompanion.mcp_servers.answers import text_of
from codecompanion.mcp_servers.caged_transport import CagedTransport
from codecompanion.mcp_servers.failing import LONGEST_CAUSE, McpServerLost
from codecompanion.mcp_servers.http_transport import HttpTransport
from codecompanion.mcp_servers.offering import unfit
from codecompanion.mcp_servers.starting import Start
from codecompanion.ports import RefusedHost, Sandbox

START_S = 30.0
CALL_S = 60.0
MOST_PAGES = 50
MOST_LISTED = 1000
WHO = Implementation(name="codecompanion", version="1")


Transport = CagedTransport | HttpTransport


@dataclass(slots=True)
class McpSession:
    """An open talk. `unfit` are tools that no model can be offered, and why; `changed`: the server says its tools did."""

    server: str
    client: Client
    transport: Transport
    unfit: dict[str, str] = field(default_factory=dict[str, str], init=False)
    changed: bool = field(default=False, init=False)

    @property
    def refused(self) -> Sequence[RefusedHost]:
        """The hosts that its program asked for and may not reach."""
        return self.transport.process.refused if isinstance(self.transport, CagedTransport) else ()

    async def tools(self) -> tuple[ServerTool, ...]:
        """Return the server's tools, at most 1000; those that no model can be offered are left out and noted.

        Raises:
            McpServerLost: It does not answer.
        """
        self.unfit.clear()
        self.changed = False
        with self._told("did not say which tools it has"), anyio.fail_after(START_S):
            return tuple([tool async for tool in self._listed()])

    async def call(self, tool: str, arguments: dict[str, Any], timeout_s: float = CALL_S) -> str:
        """Return what a tool answers to a call, as text; that it reports an error is an answer too.

        Raises:
            McpServerLost: There is no answer within the time.
        """
        with self._told("did not answer"), anyio.fail_after(timeout_s):
            try:
                with self._asking():
                    return text_of(await self.client.call_tool(tool, arguments))
            except MCPError as error:
                if self.transport.fault or error.error.code == CONNECTION_CLOSED:
                    raise
                return f"The server refuses the call: {error.error.message}"

    async def _listed(self) -> AsyncGenerator[ServerTool]:
        cursor, count = None, 0
        seen: set[str] = set()
        for _ in range(MOST_PAGES):
            page = await self.client.list_tools(cursor=cursor)
            for tool in page.tools:
                count += 1
                if count > MOST_LISTED:
                    return
                why = "its name is used twice" if tool.name in seen else unfit(tool.name, tool.input_schema)
                if why:
                    self.unfit[one_line(tool.name, LONGEST_CAUSE)] = why
                else:
                    seen.add(tool.name)
                    yield ServerTool(name=tool.name, description=tool.description or "", parameters=tool.input_schema)
            cursor = page.next_cursor
            if cursor is None:
                return

    def _asking(self) -> AbstractContextManager[None]:
        return self.transport.asking() if isinstance(self.transport, HttpTransport) else nullcontext()

    def _told(self, what: str) -> "_Told":
        return _Told(self.server, what, lambda: self.transport)


@dataclass(frozen=True, slots=True)
class _Told:
    """Makes an McpServerLost of whatever goes wrong inside: the SDK and what it stands on raise errors of many kinds."""

    server: str
    what: str
    transport: Callable[[], Transport | None]

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if not isinstance(error, Exception) or isinstance(error, McpServerLost):
            return
        transport = self.transport()
        fault = (
            "" if transport is None else transport.fault or (transport.noise_told if isinstance(error, TimeoutError) else "")
        )
        cause = fault or _words(error)
        raise McpServerLost(f"the MCP server {self.server!r} {self.what}", cause=one_line(cause, LONGEST_CAUSE)) from error


def _words(error: Exception) -> str:
    leaf = first_leaf(error)
    match leaf:
        case TimeoutError():
            return "its time was used up"
        case SandboxLost():
            return f"{leaf.what}: {leaf.cause}" if leaf.cause else leaf.what
        case _:
            return str(leaf) or type(leaf).__name__


@asynccontextmanager
async def open_session(server: str, start: Start, sandbox: Sandbox) -> AsyncGenerator[McpSession]:
    """Start a server, or connect to it, and greet it; leaving the context ends it with everything that it started.

    The context is to be left by the task that entered it.

    Raises:
        McpServerLost: It cannot be started, or does not answer the greeting.
    """
    failure: Exception | None = None
    told = _Starting(server)
    try:
        async with told.opened(start, sandbox) as session:
            try:
                yield session
            except Exception as error:  # noqa: BLE001 - raised again below, outside of groups that would wrap it
                failure = error
    except Exception as error:
        if not told.is_open:  # what goes wrong while it is closed changes nothing any more
            with _Told(server, "cannot be started", lambda: told.transport):
                raise error from None
    if failure is not None:
        raise failure


@dataclass(slots=True)
class _Starting:
    server: str
    transport: Transport | None = None
    is_open: bool = False
    _session: McpSession | None = None

    @asynccontextmanager
    async def opened(self, start: Start, sandbox: Sandbox) -> AsyncGenerator[McpSession]:
        with anyio.CancelScope(deadline=anyio.current_time() + START_S) as starting:
            if isinstance(start.definition, HttpServer):
                self.transport = HttpTransport(start.definition)
                async with self._greeted(self.transport, starting) as session:
                    yield session
                return
            assert start.cage is not None
            assert start.command is not None
            async with sandbox.open(start.cage, start.command) as process:
                self.transport = CagedTransport(process)
                async with self._greeted(self.transport, starting) as session:
                    yield session
        if not self.is_open:
            raise TimeoutError

    @asynccontextmanager
    async def _greeted(self, transport: Transport, starting: anyio.CancelScope) -> AsyncGenerator[McpSession]:
        async with Client(transport, client_info=WHO, cache=None, message_handler=self._hear) as client:
            starting.deadline = float("inf")
            self.is_open = True
            self._session = McpSession(self.server, client, transport)
            yield self._session

    async def _hear(self, message: IncomingMessage) -> None:
        if self._session is not None and isinstance(message, ToolListChangedNotification):
            self._session.changed = True
