"""Reads what a person says in a chat: typed with line editing, or piped in, a turn a line."""

import select
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Protocol

from codecompanion.domain.errors import BadInput

PROMPT, MORE = "> ", ". "
PASTE_S = 0.03
"""What comes within this time after a line was not typed but pasted with it."""


class Lines(Protocol):
    """Gives one turn after the other."""

    is_typed: bool
    """Whether a person sits there who can be asked."""

    def read(self) -> str | None:
        """Return what is said next, None at the end.

        Raises:
            KeyboardInterrupt: The person pressed Ctrl-C.
        """
        ...


class TypedLines:
    """Lines of a terminal. One that ends with a backslash goes on in the next; lines that are pasted together are one turn."""

    is_typed = True

    def __init__(self) -> None:
        with suppress(ImportError):  # not every Python has it
            import_module("readline")  # gives input() line editing and a history

    def read(self) -> str | None:
        """Return the next turn, None after Ctrl-D."""
        try:
            said = _joined(input(PROMPT), lambda: input(MORE))
            while _more_is_there():
                said += "\n" + _joined(input(""), lambda: input(MORE))
        except EOFError:
            return None
        except UnicodeDecodeError as error:
            raise BadInput("what was typed is no UTF-8 text", cause=str(error)) from error
        return said


class PipedLines:
    """Lines of a file or a pipe; one that ends with a backslash goes on in the next."""

    is_typed = False

    def read(self) -> str | None:
        """Return the next turn, None at the end."""
        try:
            line = sys.stdin.readline()
            return None if not line else _joined(line.rstrip("\n"), lambda: sys.stdin.readline().rstrip("\n"))
        except UnicodeDecodeError as error:
            raise BadInput("what was piped in is no UTF-8 text", cause=str(error)) from error


def _joined(line: str, following: Callable[[], str]) -> str:
    while line.endswith("\\"):
        line = f"{line[:-1]}\n{following()}"
    return line


def _more_is_there() -> bool:
    ready, _, _ = select.select([sys.stdin], [], [], PASTE_S)
    return bool(ready)


def lines_of(*, as_json: bool) -> Lines:
    """Return the lines of stdin; nobody is prompted where stdout is not a terminal, or is read by a program."""
    return TypedLines() if sys.stdin.isatty() and sys.stdout.isatty() and not as_json else PipedLines()
