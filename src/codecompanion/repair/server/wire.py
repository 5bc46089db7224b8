"""JSON lines to and from the search, on file descriptors that the project's tests cannot reach by accident."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    Message = dict[str, Any]


class Wire:
    """The server's end of the conversation."""

    def __init__(self, requests: int, answers: int) -> None:
        self._requests = os.fdopen(requests, "rb")
        self._answers = os.fdopen(answers, "wb")

    def answer(self, message: Message) -> None:
        """Send one message."""
        self._answers.write(json.dumps(message).encode() + b"\n")
        self._answers.flush()

    def requests(self) -> Iterator[Message]:
        """Yield the requests until the search hangs up."""
        for line in self._requests:
            yield json.loads(line)

    def drop(self) -> None:
        """Close both ends; for a forked child, which must not answer in the server's name."""
        os.close(self._requests.fileno())
        os.close(self._answers.fileno())


def take_standard_streams() -> Wire:
    """Move standard input and output out of the tests' way; what they print goes to standard error, what they read is empty."""
    wire = Wire(os.dup(0), os.dup(1))
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    os.dup2(2, 1)
    return wire
