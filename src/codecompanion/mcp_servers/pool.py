"""The MCP servers of one agent at work: started when first needed, held to what was trusted, ended with the work."""

from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
from anyio.abc import TaskGroup, TaskStatus

from codecompanion.domain.errors import BadInput, EnvironmentBroken
from codecompanion.domain.events import McpServerFailed, McpServerSeen, NetworkRefused
from codecompanion.domain.mcp_servers import (
    HttpServer,
    OfferedTool,
    ServerTool,
    Standing,
    TrustRecord,
    about,
    about_the_whole_network,
    drifted,
    had_the_whole_network,
    standing_of,
)
from codecompanion.domain.project import Interpreter
from codecompanion.mcp_servers.configuration import Configuration
from codecompanion.mcp_servers.expansion import expand
from codecompanion.mcp_servers.failing import McpServerLost, sentence_of
from codecompanion.mcp_servers.offering import MOST_TOOLS, offered_tools
from codecompanion.mcp_servers.session import CALL_S, McpSession, open_session
from codecompanion.mcp_servers.starting import start_of
from codecompanion.mcp_servers.trust_store import TrustStore
from codecompanion.ports import WEAK_RUNG, McpOffer, Sandbox

MOST_STARTS = 3
"""A server that failed is started anew for the next call, so often in all."""
END_S = 5.0
MASK = "[redacted]"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the servers of a repository are started with.

    Attributes:
        configuration: What `.mcp.json` says.
        trust: What the user trusted of it.
        root: The worktree, which a program without network may read.
        interpreter: The project's, None when it has none.
        environ: The user's environment, from which variables are filled in.
        withheld: Variables that no server is given.
        sandbox: Where programs run.
    """

    configuration: Configuration
    trust: TrustStore
    root: Path
    interpreter: Interpreter | None
    environ: Mapping[str, str]
    withheld: frozenset[str]
    sandbox: Sandbox


@dataclass(slots=True)
class _Server:
    """A server that was started: its session, what of its tools is what was trusted, and the values that nobody may read.

    `heard` is of how many refused hosts it was heard.
    """

    session: McpSession
    tools: tuple[ServerTool, ...]
    secrets: tuple[str, ...]
    ended: anyio.Event = field(default_factory=anyio.Event)
    stop: anyio.Event = field(default_factory=anyio.Event)
    heard: int = 0


class ServerPool:
    """Offers the tools of trusted servers and calls them. Made by `open_pool`; see `ports.McpServers`."""

    def __init__(self, around: Surroundings, group: TaskGroup) -> None:
        self._around = around
        self._group = group
        self._records = around.trust.records()
        self._servers: dict[str, _Server] = {}
        self._starts: dict[str, int] = {}
        self._starting: defaultdict[str, anyio.Lock] = defaultdict(anyio.Lock)
        self._refused: list[NetworkRefused] = []
        self._failures: list[McpServerFailed | NetworkRefused] = []

    async def offer(self, *, start: bool = True) -> McpOffer:
        """Return what the servers offer; with `start` off, what they offered when they were trusted."""
        configuration, standings = self._around.configuration, self._standings()
        trusted = [record for record, _ in standings.values() if record is not None]
        found = await self._all_verified(trusted) if start else {record.server: (record.tools, "") for record in trusted}
        tools = [(record, found[record.server][0]) for record in trusted]
        outward = [record.server for record in trusted if self._is_outward(record.server) and not record.network]
        offered = tuple(offered_tools(tools, outward=outward))
        broken = [
            McpServerSeen(server=name, tools=0, said=f"the MCP server {name!r} cannot be used: {why}")
            for name, why in configuration.unusable.items()
        ]
        rows = [_seen(name, *(found.get(name) or ((), said)), offered) for name, (_, said) in standings.items()]
        return McpOffer((*broken, *rows), offered)

    async def call(self, tool: OfferedTool, arguments: dict[str, Any], timeout_s: float) -> str:
        """Return what a tool answers, without the values that came from the user's environment.

        Raises:
            McpServerLost: The server cannot be started or does not answer; the next call starts it anew.
            BadInput: It is not trusted any more, or not what was trusted.
        """
        try:
            server = await self._running(tool.server)
            if all(tool.tool != known.name for known in server.tools):
                raise BadInput(about(tool.server, Standing.CHANGED, [tool.tool]))
            return _masked(await server.session.call(tool.tool, arguments, min(CALL_S, timeout_s)), server.secrets)
        except McpServerLost as lost:
            said = self._masked_of(tool.server, sentence_of(lost))
            self._failures.append(McpServerFailed(server=tool.server, said=said))
            await self._end(tool.server)
            raise McpServerLost(said) from lost

    def take_failures(self) -> tuple[McpServerFailed | NetworkRefused, ...]:
        """Return the failures and refused hosts that are not recorded yet, and forget them."""
        for name, server in self._servers.items():
            self._hear_of_refused(name, server)
        waiting, self._failures = tuple(self._failures), []
        return waiting

    def _standings(self) -> dict[str, tuple[TrustRecord | None, str]]:
        return {name: self._trusted(name) for name in self._around.configuration.servers}

    async def _all_verified(self, trusted: Iterable[TrustRecord]) -> dict[str, tuple[tuple[ServerTool, ...], str]]:
        found: dict[str, tuple[tuple[ServerTool, ...], str]] = {}

        async def verify(record: TrustRecord) -> None:
            found[record.server] = await self._verified(record)

        async with anyio.create_task_group() as group:
            for record in trusted:
                group.start_soon(verify, record)
        return found

    def _trusted(self, name: str) -> tuple[TrustRecord | None, str]:
        """Return a server's record if it may be started, else None and why not."""
        record = self._records.get(name)
        definition = self._around.configuration.servers.get(name)
        if record is None or definition is None:
            return None, about(name, Standing.NOT_TRUSTED)
        if had_the_whole_network(definition, record):
            return None, about_the_whole_network(name)
        # That its tools differed the last time is looked at anew.
        if standing_of(definition, record.model_copy(update={"drifted": ()})) is Standing.CHANGED:
            return None, about(name, Standing.CHANGED)
        if self._around.sandbox.rung == WEAK_RUNG and not self._is_outward(name):
            return None, f"the MCP server {name!r} is not started, because the sandbox is a weak one"
        return record, ""

    def _is_outward(self, name: str) -> bool:
        return isinstance(self._around.configuration.servers.get(name), HttpServer)

    async def _verified(self, record: TrustRecord) -> tuple[tuple[ServerTool, ...], str]:
        try:
            server = await self._running(record.server)
        except (McpServerLost, BadInput) as error:
            why = sentence_of(error) if isinstance(error, McpServerLost) else error.what
            return (), self._masked_of(record.server, why)
        gone = tuple(tool.name for tool in record.tools if tool.name not in {known.name for known in server.tools})
        return server.tools, about(record.server, Standing.CHANGED, gone) if gone else ""

    async def _running(self, name: str) -> _Server:
        """Return a server that is running and was held to what was trusted.

        Raises:
            McpServerLost: It cannot be started.
            BadInput: It is not trusted, or a variable that it needs is missing.
        """
        async with self._starting[name]:
            server = self._servers.get(name)
            if server is not None and server.ended.is_set():
                server = None
            if server is None:
                return await self._started(name)
            if server.session.changed:
                server.tools = await self._held_to_trust(self._records[name], server.session)
            return server

    async def _started(self, name: str) -> _Server:
        record, why_not = self._trusted(name)
        if record is None:
            raise BadInput(why_not)
        if self._starts.get(name, 0) >= MOST_STARTS:
            raise McpServerLost(f"the MCP server {name!r} failed {MOST_STARTS} times and is not started again")
        self._starts[name] = self._starts.get(name, 0) + 1
        server = await self._group.start(self._host, record)
        self._servers[name] = server
        return server

    async def _host(self, record: TrustRecord, *, task_status: TaskStatus[_Server]) -> None:
        """Keep a server until it is to stop: a task of its own, because a session is to be left by the task that entered it."""
        around = self._around
        expanded = expand(record.server, around.configuration.servers[record.server], around.environ, around.withheld)
        start = start_of(
            expanded.definition,
            root=around.root,
            interpreter=around.interpreter,
            readable=record.readable,
            hosts=record.hosts,
        )
        server: _Server | None = None
        try:
            async with open_session(record.server, start, around.sandbox) as session:
                server = _Server(session, await self._held_to_trust(record, session), expanded.secrets)
                task_status.started(server)
                await server.stop.wait()
        except McpServerLost as lost:
            raise McpServerLost(_masked(lost.what, expanded.secrets), cause=_masked(lost.cause, expanded.secrets)) from lost
        finally:
            if server is not None:
                server.ended.set()

    async def _held_to_trust(self, record: TrustRecord, session: McpSession) -> tuple[ServerTool, ...]:
        """Return the tools that are what was trusted, and note those that are not any more."""
        live = await session.tools()
        changed = drifted(record, live)
        if changed != record.drifted:
            record = record.model_copy(update={"drifted": changed})
            self._records = {**self._records, record.server: record}
            with suppress(EnvironmentBroken):  # it is for `mcp list` and `doctor`; each start looks anew
                self._around.trust.note(record)
        return tuple(tool for tool in record.tools if tool.name not in changed)

    async def _end(self, name: str) -> None:
        server = self._servers.pop(name, None)
        if server is not None:
            self._hear_of_refused(name, server)
            server.stop.set()
            with anyio.move_on_after(END_S):  # what still hangs is ended with the pool
                await server.ended.wait()

    def _hear_of_refused(self, name: str, server: _Server) -> None:
        for refused in server.session.refused[server.heard :]:
            # A name can carry a value out; it comes in small letters.
            host = _masked(refused.host, map(str.lower, server.secrets))
            fact = NetworkRefused(server=name, host=host, port=refused.port, why=refused.why)
            if fact not in self._refused:
                self._refused.append(fact)
                self._failures.append(fact)
        server.heard = len(server.session.refused)

    def _masked_of(self, name: str, text: str) -> str:
        server = self._servers.get(name)
        return text if server is None else _masked(text, server.secrets)


def _seen(server: str, tools: Sequence[ServerTool], said: str, offered: Iterable[OfferedTool]) -> McpServerSeen:
    count = sum(tool.server == server for tool in offered)
    if count < len(tools):
        are = "is" if count == 1 else "are"
        fewer = f"{count} of the {len(tools)} tools of the MCP server {server!r} {are} offered: {MOST_TOOLS} is the most in all"
        said = "; ".join(filter(None, (said, fewer)))
    return McpServerSeen(server=server, tools=count, said=said)


def _masked(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text


@asynccontextmanager
async def open_pool(around: Surroundings) -> AsyncGenerator[ServerPool]:
    """Return a pool that has started nothing; leaving the context ends all that it started.

    Raises:
        EnvironmentBroken: What was trusted cannot be read.
    """
    failure: Exception | None = None
    async with anyio.create_task_group() as group:
        try:
            yield ServerPool(around, group)
        except Exception as error:  # noqa: BLE001 - raised again below, outside the group that would wrap it
            failure = error
        group.cancel_scope.cancel()
    if failure is not None:
        raise failure
