"""MCP servers for tests: real programs in the real sandbox, and one at an address of this machine."""

import json
import shutil
import socket
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import uvicorn
from mcp.server import MCPServer

from codecompanion.domain.mcp_servers import (
    Definition,
    OfferedTool,
    ServerTool,
    StdioServer,
    TrustRecord,
    definition_sha256,
)
from codecompanion.mcp_servers.configuration import Configuration
from codecompanion.mcp_servers.pool import ServerPool, Surroundings, open_pool
from codecompanion.mcp_servers.session import McpSession, open_session
from codecompanion.mcp_servers.starting import start_of
from codecompanion.mcp_servers.trust_store import TrustStore
from codecompanion.ports import Sandbox
from tcp_proxy import Proxy, proxy

SERVERS = Path(__file__).parent / "mcp_servers"
READABLE = tuple(dict.fromkeys(map(str, (Path(sys.prefix), Path(sys.base_prefix)))))
"""What a server that stands on this Python and its packages has to read."""
PLAIN = (sys.executable, "-I", "-S")
"""A Python without packages, which starts at once."""


def notes(**options: str) -> dict[str, Any]:
    """Return the part of `.mcp.json` for the server that is written with the SDK; it stands in the repository's `tools`."""
    return {"command": sys.executable, "args": ["tools/notes_server.py", *(f"{name}={text}" for name, text in options.items())]}


def unruly(how: str) -> dict[str, Any]:
    """Return the part of `.mcp.json` for the server that misbehaves."""
    return {"command": PLAIN[0], "args": [*PLAIN[1:], "tools/unruly_server.py", how]}


def name_servers(repo: Path, servers: Mapping[str, Any]) -> None:
    """Write `.mcp.json`, and the programs of the servers into `tools`."""
    (repo / ".mcp.json").write_text(json.dumps({"mcpServers": servers}), encoding="utf-8")
    (repo / "tools").mkdir(exist_ok=True)
    for name in ("notes_server.py", "unruly_server.py"):
        shutil.copy(SERVERS / name, repo / "tools" / name)


@dataclass(frozen=True)
class Bench:
    """A repository with servers, and where it is kept what of them is trusted."""

    repo: Path
    state: Path
    sandbox: Sandbox

    @property
    def trust(self) -> TrustStore:
        return TrustStore(self.state, self.repo)

    @asynccontextmanager
    async def session(self, definition: Mapping[str, Any]) -> AsyncGenerator[McpSession]:
        start = start_of(stdio(definition), root=self.repo, interpreter=None, readable=READABLE, hosts=())
        async with open_session("it", start, self.sandbox) as session:
            yield session

    async def trust_as_it_is(self, name: str, definition: Mapping[str, Any], **more: Any) -> TrustRecord:
        """Look at a server and trust what it is now."""
        async with self.session(definition) as session:
            record = record_of(name, stdio(definition), await session.tools(), **more)
        self.trust.keep(record)
        return record

    @asynccontextmanager
    async def pool(
        self, servers: Mapping[str, Definition], environ: Mapping[str, str] | None = None
    ) -> AsyncGenerator[ServerPool]:
        around = Surroundings(
            Configuration(servers), self.trust, self.repo, None, environ or {}, frozenset({"OPENAI_API_KEY"}), self.sandbox
        )
        async with open_pool(around) as pool:
            yield pool


def stdio(definition: Mapping[str, Any]) -> StdioServer:
    return StdioServer.model_validate({**definition, "args": tuple(definition["args"])})


def record_of(name: str, definition: Definition, tools: tuple[ServerTool, ...], **more: Any) -> TrustRecord:
    known: dict[str, Any] = {"network": False, "readable": READABLE, "trusted_at": "2026-01-01T00:00:00Z", **more}
    return TrustRecord(server=name, definition_sha256=definition_sha256(definition), tools=tools, **known)


def tool(server: str, name: str) -> OfferedTool:
    """Return a tool as it is offered."""
    return OfferedTool(
        name=f"mcp__{server}__{name}",
        server=server,
        tool=name,
        description="",
        parameters={"type": "object"},
        outward=False,
        allowed=False,
    )


class Served:
    """A server at an address of this machine, written with the SDK, that can be told to misbehave.

    Attributes:
        url: Where it is.
        cable: Can be cut.
        headers: What came with each request.
        described: What it says of its tool `look_up`, from the next session on.
        status: What it answers with instead, 0 for its own answers.
    """

    cable: Proxy

    def __init__(self) -> None:
        self.url = ""
        self.status = 0
        self.described = "Look a word up."
        self.waits = anyio.Event()
        self.headers: list[dict[str, str]] = []

    @asynccontextmanager
    async def serving(self, kind: str) -> AsyncGenerator[None]:
        server = self._made()
        inner = server.sse_app() if kind == "sse" else server.streamable_http_app()
        end = "sse" if kind == "sse" else "mcp"

        async def app(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                self.headers.append({name.decode(): value.decode() for name, value in scope["headers"]})
                if self.status:
                    await send({"type": "http.response.start", "status": self.status, "headers": []})
                    await send({"type": "http.response.body", "body": b"out of luck"})
                    return
            await inner(scope, receive, send)

        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            config = uvicorn.Config(app, log_config=None, lifespan="on", timeout_graceful_shutdown=1)
            serving = uvicorn.Server(config)
            async with anyio.create_task_group() as group:
                group.start_soon(serving.serve, [listening])
                while not serving.started:  # noqa: ASYNC110 - it tells nobody
                    await anyio.sleep(0.01)
                async with proxy("127.0.0.1", listening.getsockname()[1]) as self.cable:
                    self.url = f"http://127.0.0.1:{self.cable.port}/{end}"
                    yield
                serving.should_exit = True

    def _made(self) -> MCPServer:
        server = MCPServer("web")

        @server.tool(description=self.described)
        def look_up(word: str) -> str:
            return f"{word}: a word"

        @server.tool(description="Never answer.")
        async def wait() -> str:
            self.waits.set()
            await anyio.sleep_forever()
            return ""

        @server.tool(description="Say what was sent.")
        def header(name: str) -> str:
            return self.headers[-1].get(name, "")

        @server.tool(description="Say much.")
        def much(count: int) -> str:
            return "word " * count

        assert (look_up, wait, header, much) is not None
        return server


@asynccontextmanager
async def served(kind: str = "http", **told: str) -> AsyncGenerator[Served]:
    """Serve tools at an address of this machine, by streamable HTTP or by "sse"."""
    one = Served()
    for name, value in told.items():
        setattr(one, name, value)
    async with one.serving(kind):
        yield one


@asynccontextmanager
async def http_server() -> AsyncGenerator[str]:
    """Serve tools at an address of this machine, which is returned."""
    async with served() as one:
        yield one.url
