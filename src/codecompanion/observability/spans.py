"""Spans of a trace, without the library that sends them; and where they go.

Names are those of OpenTelemetry's conventions for generative AI, which are in development: they all stand here
(https://github.com/open-telemetry/semantic-conventions-genai). Those of the queue and of MCP are of the general conventions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

Attribute = str | int | float | bool | Sequence[str]

OPERATION = "gen_ai.operation.name"
PROVIDER = "gen_ai.provider.name"
AGENT = "gen_ai.agent.name"
WORKFLOW = "gen_ai.workflow.name"
REQUEST_MODEL = "gen_ai.request.model"
RESPONSE_MODEL = "gen_ai.response.model"
INPUT_TOKENS = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
CACHED_TOKENS = "gen_ai.usage.cache_read.input_tokens"
TOOL = "gen_ai.tool.name"
TOOL_TYPE = "gen_ai.tool.type"
MCP_METHOD = "mcp.method.name"
MESSAGING_SYSTEM = "messaging.system"
MESSAGING_OPERATION = "messaging.operation.type"
DESTINATION = "messaging.destination.name"
INPUT_MESSAGES = "gen_ai.input.messages"
OUTPUT_MESSAGES = "gen_ai.output.messages"
ERROR = "error.type"
EXIT_CODE = "process.exit.code"
COST_USD = "codecompanion.cost.usd"
RUN = "codecompanion.run.id"
STATUS = "codecompanion.run.status"
TASK = "codecompanion.task.id"
ATTEMPT = "codecompanion.attempt"
SANDBOX = "codecompanion.sandbox"
EVENT = "codecompanion.event.version"
SERVER = "codecompanion.mcp.server"
WORKER = "codecompanion.worker"
CLAIM = "codecompanion.claim"

PROVIDER_NAMES: Mapping[str, str] = {"google": "gcp.gemini"}
"""Ours that the conventions call otherwise."""


@dataclass(frozen=True, slots=True)
class Span:
    """Something that took time. Ids are hex; `parent_id` "" has none; times are nanoseconds since 1970; `error` "" is none.

    `blobs` are the sha256 of what may be shown of it, by the attribute that would.
    """

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    begun_ns: int
    ended_ns: int
    kind: Literal["internal", "client", "server", "consumer"] = "internal"
    attributes: Mapping[str, Attribute] = field(default_factory=dict[str, Attribute])
    error: str = ""
    blobs: Mapping[str, str] = field(default_factory=dict[str, str])


class SpanSink(Protocol):
    """Takes spans that have ended; it never raises and never waits."""

    def send(self, spans: Sequence[Span]) -> None:
        """Take spans."""
        ...


class NoSpans:
    """Sends nothing."""

    def send(self, spans: Sequence[Span]) -> None:
        """Forget them."""
