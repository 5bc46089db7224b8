"""Look at an MCP server of the repository as it is now, and trust what was seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from codecompanion.domain.allowed_hosts import HTTPS_PORT, WILDCARD, AllowedHost, is_public_name, written_host
from codecompanion.domain.errors import BadInput, SandboxLost
from codecompanion.domain.mcp_servers import (
    EVERY_TOOL,
    Definition,
    HttpServer,
    ServerTool,
    TrustRecord,
    definition_sha256,
    drifted,
)
from codecompanion.mcp_servers.expansion import expand, variables_of
from codecompanion.mcp_servers.failing import McpServerLost
from codecompanion.mcp_servers.offering import MOST_TOOLS
from codecompanion.mcp_servers.session import open_session
from codecompanion.mcp_servers.starting import start_of
from codecompanion.mcp_servers.trust_store import TrustStore
from codecompanion.ports import WEAK_RUNG
from codecompanion.runs.mcp_standing import definition_of
from codecompanion.wiring import App
from codecompanion.wiring.mcp import WITHHELD

HTTP_PORT = 80


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user grants a server: see `TrustRecord`. `hosts` and `readable` are as they were typed."""

    hosts: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    readable: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Looked:
    """A server as it is now.

    Attributes:
        definition: Its part of `.mcp.json`.
        tools: What would be pinned, at most 64 tools.
        left_out: Tools that cannot be offered, and why.
        changed: Tools that differ from what was trusted before, or are gone.
        variables: What it is given of the user's environment.
        record: What would be trusted.
    """

    definition: Definition
    tools: tuple[ServerTool, ...]
    left_out: dict[str, str]
    changed: tuple[str, ...]
    variables: tuple[str, ...]
    record: TrustRecord


async def look(app: App, root: Path, name: str, wishes: Wishes) -> Looked:
    """Start a server in the sandbox, or connect to it, and return what it is; nothing is trusted yet.

    A program sees the user's repository, read-only, when it reaches no hosts.

    Raises:
        BadInput: There is no such server, a variable is missing, or a wish cannot be granted.
        SandboxLost: No sandbox that holds can be had for a program.
        McpServerLost: It cannot be started, does not answer, or has no tools.
    """
    definition = definition_of(root, name)
    is_program = not isinstance(definition, HttpServer)
    readable = tuple(str(_checked_path(app, path)) for path in wishes.readable)
    expanded = expand(name, definition, app.environ, WITHHELD)
    hosts = tuple(_checked_host(expanded.definition, text) for text in dict.fromkeys(wishes.hosts))
    sandbox = await app.sandbox()
    if is_program and sandbox.rung == WEAK_RUNG:
        raise SandboxLost("MCP servers are not started in a weak sandbox", fix="apt-get install bubblewrap")
    interpreter = None
    if is_program:
        profile = await app.detector.profile(root, python=app.settings.python, home=root)
        interpreter = profile.interpreter
    start = start_of(expanded.definition, root=root, interpreter=interpreter, readable=readable, hosts=hosts)
    try:
        async with open_session(name, start, sandbox) as session:
            live = await session.tools()
            left_out = dict(session.unfit)
    except McpServerLost as lost:
        raise _explained(lost, expanded.secrets, is_program=is_program) from lost
    if not live:
        raise McpServerLost(f"the MCP server {name!r} has no tools that can be offered", cause=_first(left_out))
    tools = live[:MOST_TOOLS]
    left_out.update({tool.name: f"more than {MOST_TOOLS} tools are not offered" for tool in live[MOST_TOOLS:]})
    record = TrustRecord(
        server=name,
        definition_sha256=definition_sha256(definition),
        network=bool(hosts),
        hosts=hosts,
        allowed=_checked_allowed(wishes.allowed, tools),
        readable=readable,
        tools=tools,
        trusted_at=f"{app.clock.now():%Y-%m-%dT%H:%M:%S.%fZ}",
    )
    before = TrustStore(app.settings.state_dir, root).records().get(name)
    changed = () if before is None else drifted(before, live)
    return Looked(definition, tools, left_out, changed, variables_of(definition), record)


def trust(app: App, root: Path, looked: Looked) -> None:
    """Pin what was looked at: from now on it is offered, and only as long as it stays that."""
    TrustStore(app.settings.state_dir, root).keep(looked.record)


def _first(left_out: dict[str, str]) -> str:
    return next((f"{name}: {why}" for name, why in left_out.items()), "")


def _explained(lost: McpServerLost, secrets: Sequence[str], *, is_program: bool) -> McpServerLost:
    cause = lost.cause
    for secret in secrets:
        cause = cause.replace(secret, "[redacted]")
    fix = (
        "--read FOLDER shows it programs that are not the system's or the project's; --network HOST lets it reach a host"
        if is_program
        else "see whether the server is running at that address"
    )
    return McpServerLost(lost.what, cause=cause, fix=fix)


def _checked_path(app: App, path: Path) -> Path:
    """Return a path that a server may read.

    Raises:
        BadInput: It is not there, or would show it the user's home or our own state.
    """
    real, state = path.expanduser().resolve(), app.settings.state_dir.resolve()
    if not real.exists():
        raise BadInput(f"{str(path)!r} does not exist")
    if Path.home().resolve().is_relative_to(real) or state.is_relative_to(real) or real.is_relative_to(state):
        raise BadInput(
            f"{str(path)!r} holds your home folder or the state folder", fix="name the folder that the program needs"
        )
    return real


def _checked_host(definition: Definition, text: str) -> AllowedHost:
    """Return a host that a server may reach.

    Raises:
        BadInput: It is none, not one of the internet, or not the one at which the server is.
    """
    try:
        host = written_host(text)
        own = _host_of(definition) if isinstance(definition, HttpServer) else None
    except ValueError as error:
        raise BadInput(str(error)) from error
    if own is not None:
        if not host.covers(own.name, own.port):
            raise BadInput(f"the server is at {own.told}, not at {host.told}", fix=f"--network {own.told}")
        return host
    if not is_public_name(host.name.removeprefix(WILDCARD)):
        raise BadInput(
            f"{host.told!r} is no name of the internet, and a program reaches nothing else",
            fix="addresses, this machine and private networks are never reached from the sandbox",
        )
    return host


def _host_of(definition: HttpServer) -> AllowedHost:
    url = urlsplit(definition.url)
    name = (url.hostname or "").removesuffix(".")
    port = url.port or (HTTP_PORT if url.scheme == "http" else HTTPS_PORT)
    return AllowedHost(name=f"[{name}]" if ":" in name else name, port=port)


def _checked_allowed(allowed: tuple[str, ...], tools: Sequence[ServerTool]) -> tuple[str, ...]:
    known = {tool.name for tool in tools}
    if unknown := [name for name in allowed if name != EVERY_TOOL and name not in known]:
        raise BadInput(f"the server has no tool {unknown[0]!r}", fix=f"choose from: {', '.join(sorted(known)[:20])}")
    return tuple(dict.fromkeys(allowed))
