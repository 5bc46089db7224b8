"""The agents' tools, and the MCP servers that bring some."""

from codecompanion.domain.events.fact import Fact
from codecompanion.domain.project import Value
from codecompanion.domain.team import Role


class ToolIntended(Fact):
    """An effect outside the log is about to happen; `key` is that of the append which will record its result."""

    key: str
    tool: str


class ToolCompleted(Fact):
    """A tool of an agent answered. `args_sha256` and `result_sha256` are blobs of JSON; `label` is for people."""

    call: str
    task_id: str
    role: Role
    tool: str
    label: str
    args_sha256: str
    result_sha256: str
    duration_s: float


class CanaryTripped(Fact):
    """An agent gave its instructions away, or the mark that it was told to show to nobody; its attempt ended there.

    `channel` is the tool that it called, or "answer"; `told` says what it gave away.
    """

    task_id: str
    attempt: int
    role: Role
    channel: str
    told: str


class McpServerSeen(Value):
    """An MCP server of the project: how many of its tools are offered; `said` is why others are not, "" when all are."""

    server: str
    tools: int
    said: str = ""


class McpServersSeen(Fact):
    """What the project's MCP servers offer the agents of a run. `tools_sha256` is a blob: JSON of all offered tools.

    `trouble` says why `.mcp.json` itself cannot be used, "" when it can.
    """

    servers: tuple[McpServerSeen, ...]
    tools_sha256: str
    trouble: str = ""


class McpServerFailed(Fact):
    """An MCP server did not answer a call, and in a sentence how; it is recorded with the answer that the agent got instead."""

    server: str
    said: str


class NetworkRefused(Fact):
    """A program of an MCP server asked for a host that it may not reach; recorded once for each host in an agent's attempt.

    `why` completes the sentence that begins with host and port.
    """

    server: str
    host: str
    port: int
    why: str
