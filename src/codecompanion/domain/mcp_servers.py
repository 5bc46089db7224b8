"""MCP servers of a project: what defines one, what was trusted of it, and what of it is offered to agents.

A server is a stranger's program that comes with the repository. What a person trusted is pinned: the definition by its hash,
each tool by the hash of its name, description and schema. What differs from that is not offered.
"""

import hashlib
import re
from collections.abc import Collection, Iterable
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from codecompanion.domain.allowed_hosts import AllowedHost
from codecompanion.domain.envelope import canonical_json
from codecompanion.domain.project import Value

PREFIX = "mcp__"
"""How the names of their tools begin, as in other clients: mcp__SERVER__TOOL."""

LONGEST_NAME = 64
"""Characters of a tool's name that every provider takes: letters, digits, "_" and "-"."""

EVERY_TOOL = "*"
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]")


class StdioServer(Value):
    """A server that is a program: it is started, reads requests and writes answers, a line each."""

    command: str
    args: tuple[str, ...] = ()
    env: dict[str, str] = Field(default_factory=dict)

    @property
    def told(self) -> str:
        """What it is, for people."""
        return " ".join((self.command, *self.args))


class HttpServer(Value):
    """A server at an address; `type` is its protocol, "http" (streamable) or the older "sse"."""

    type: Literal["http", "sse"]
    url: str
    headers: dict[str, str] = Field(default_factory=dict)

    @property
    def told(self) -> str:
        """What it is, for people."""
        return self.url


Definition = StdioServer | HttpServer
"""A server as `.mcp.json` describes it, with its variables not yet filled in."""


class ServerTool(Value):
    """A tool as its server describes it, byte for byte. `parameters` is the JSON schema of its arguments."""

    name: str
    description: str
    parameters: dict[str, Any]

    @property
    def sha256(self) -> str:
        """What is pinned."""
        return _sha256({"name": self.name, "description": self.description, "parameters": self.parameters})


class TrustRecord(Value):
    """What a person trusted, and looked at before.

    `network`: what crosses the network for this server was allowed. `hosts` is where to: for a program all that it may reach.
    `allowed` are tools that may be called unasked in every
    mode but plan, EVERY_TOOL for all of them. `readable` are absolute paths that its program may read beside the system.
    `drifted` are the tools that were seen to differ since. `trusted_at` is UTC in RFC 3339.
    """

    server: str
    definition_sha256: str
    network: bool
    hosts: tuple[AllowedHost, ...] = ()
    allowed: tuple[str, ...] = ()
    readable: tuple[str, ...] = ()
    tools: tuple[ServerTool, ...]
    drifted: tuple[str, ...] = ()
    trusted_at: str

    def allows(self, tool: str) -> bool:
        """Whether a tool may be called unasked."""
        return EVERY_TOOL in self.allowed or tool in self.allowed


class OfferedTool(Value):
    """A tool as an agent is told of it: `name` is what the agent calls, `tool` what the server calls it.

    `description` and `parameters` are made harmless. `network`: its server can reach the network; `outward`: a call crosses it
    and nobody allowed that for good.
    """

    name: str
    server: str
    tool: str
    description: str
    parameters: dict[str, Any]
    outward: bool
    allowed: bool
    network: bool = False


class Standing(StrEnum):
    """How a server of `.mcp.json` stands with the user."""

    NOT_TRUSTED = "not trusted"
    TRUSTED = "trusted"
    CHANGED = "changed"
    UNUSABLE = "unusable"


def definition_sha256(definition: Definition) -> str:
    """Return the hash by which a definition is pinned; the values of variables are not part of it."""
    return _sha256({"kind": type(definition).__name__, **definition.model_dump(mode="json")})


def standing_of(definition: Definition, record: TrustRecord | None) -> Standing:
    """Return how a server stands, from its definition and what was trusted; None when nothing was."""
    if record is None:
        return Standing.NOT_TRUSTED
    same = record.definition_sha256 == definition_sha256(definition) and not had_the_whole_network(definition, record)
    return Standing.TRUSTED if same and not record.drifted else Standing.CHANGED


def had_the_whole_network(definition: Definition, record: TrustRecord) -> bool:
    """Whether a program was trusted when the network could only be given whole: nobody said which hosts it is to reach."""
    return isinstance(definition, StdioServer) and record.network and not record.hosts


def drifted(record: TrustRecord, live: Collection[ServerTool]) -> tuple[str, ...]:
    """Return the names of trusted tools that a server no longer has, or describes otherwise now, in order."""
    now = {tool.name: tool.sha256 for tool in live}
    return tuple(tool.name for tool in record.tools if now.get(tool.name) != tool.sha256)


def look_again(server: str) -> str:
    """Return what to do about a server that is not what was trusted."""
    return f"run codecompanion mcp trust {server} to look again"


def about(server: str, standing: Standing, changed: Collection[str] = ()) -> str:
    """Return in one sentence why a server, or some tools of it, are not offered; "" when nothing is to be said."""
    match standing:
        case Standing.NOT_TRUSTED:
            return f"the MCP server {server!r} is not trusted: codecompanion mcp trust {server} looks at it"
        case Standing.CHANGED if changed:
            names = ", ".join(sorted(changed)[:5])
            return f"tools of the MCP server {server!r} ({names}) changed since you trusted it: {look_again(server)}"
        case Standing.CHANGED:
            return f"the MCP server {server!r} changed since you trusted it: {look_again(server)}"
        case _:
            return ""


def about_the_whole_network(server: str) -> str:
    """Return in one sentence why a program that was trusted with the whole network is not started."""
    return (
        f"the MCP server {server!r} was trusted with the whole network, which no program is given any more:"
        f" run codecompanion mcp trust {server} --network HOST, which names a host that it needs and may be repeated"
    )


def offered_name(server: str, tool: str, taken: Collection[str]) -> str:
    """Return the name under which agents call a tool: mcp__SERVER__TOOL in characters that every provider takes.

    A name that is too long or taken ends with eight digits of the hash of what it stands for.
    """
    name = f"{PREFIX}{_NOT_IN_NAMES.sub('_', server)}__{_NOT_IN_NAMES.sub('_', tool)}"
    if len(name) <= LONGEST_NAME and name not in taken:
        return name
    digest = _sha256([server, tool])[:8]
    return f"{name[: LONGEST_NAME - 9]}_{digest}"


def server_of(tool: str, servers: Iterable[str]) -> str:
    """Return which of some servers a tool is of, by the name under which agents call it; "" when it is of none."""
    begun = [server for server in servers if tool.startswith(f"{PREFIX}{_NOT_IN_NAMES.sub('_', server)}__")]
    return max(begun, key=len, default="")


def _sha256(value: Any) -> str:
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
