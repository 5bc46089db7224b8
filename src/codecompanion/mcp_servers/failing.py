"""How an MCP server fails, in words that a person and a model can act on."""

from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.domain.one_line import one_line

LONGEST_CAUSE = 300


class McpServerLost(EnvironmentBroken):
    """An MCP server cannot be started, does not answer, or answers what is no message."""

    code = "CC-6500"


def sentence_of(error: McpServerLost) -> str:
    """Return what happened and why on one line."""
    return one_line(f"{error.what}: {error.cause}" if error.cause else error.what, 2 * LONGEST_CAUSE)
