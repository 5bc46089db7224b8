"""What every protocol can do."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from codecompanion.providers.script import ToolUse, Turn


@dataclass(frozen=True, slots=True)
class Reply:
    """A turn that answers a request: the model that was asked, and a number that makes its ids unique."""

    turn: Turn
    model: str
    number: int

    @property
    def answering_model(self) -> str:
        """The model's name that the answer gives."""
        return self.turn.model or self.model


class Wire(Protocol):
    """A protocol."""

    def answer(self, reply: Reply) -> dict[str, Any]:
        """Return the body of an answer that is not streamed."""
        ...

    def stream(self, reply: Reply) -> list[bytes]:
        """Return the pieces of a streamed answer."""
        ...

    def error(self, status: int, message: str) -> dict[str, Any]:
        """Return the body of an error response."""
        ...

    def error_in_stream(self, message: str) -> bytes:
        """Return the piece that says in a stream that the provider is overloaded."""
        ...


def arguments(tool: ToolUse) -> str:
    """Return a tool's arguments as they go over the wire."""
    return tool.args if isinstance(tool.args, str) else json.dumps(tool.args)


def argument_object(tool: ToolUse) -> Mapping[str, Any]:
    """Return a tool's arguments as an object; a text that is none is put under a name that no tool has."""
    return {"__text__": tool.args} if isinstance(tool.args, str) else tool.args


def halves(text: str) -> Sequence[str]:
    """Return a text in two pieces."""
    middle = len(text) // 2
    return [text[:middle], text[middle:]]
