"""The standard streams of this process: opened when it was started without one (`<&-`), and heard when stdout fails."""

import os
import sys
from pathlib import Path
from typing import Any, TextIO, cast


class AnswerLost(OSError):
    """What goes to stdout cannot be written: the disk is full, say, or nothing is there. A reader that went is no such."""


class HeardWriter:
    """A stream whose failures are told apart from those of other files."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text.

        Raises:
            AnswerLost: It cannot be written.
            BrokenPipeError: Its reader has gone.
        """
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise AnswerLost(*error.args) from error

    def flush(self) -> None:
        """Write what is held back.

        Raises:
            AnswerLost: It cannot be written.
            BrokenPipeError: Its reader has gone.
        """
        try:
            self._stream.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise AnswerLost(*error.args) from error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def write_out_what_stdout_cannot_say() -> None:
    """Let stdout of another encoding than UTF-8 (an old locale) write letters it does not have as escapes, and not fail."""
    stream = cast("Any", sys.stdout)
    if stream.encoding.lower() != "utf-8":
        stream.reconfigure(errors="backslashreplace")


def open_missing_streams() -> None:
    """Open each standard stream that is closed: nothing comes in, an answer fails, notes go nowhere.

    Without that they are None, and the next file that is opened, a log say, would be the one that printing writes into.
    """
    if sys.__stdin__ is None:
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - for as long as the process lives
    if sys.__stdout__ is None:  # open for reading alone: who wrote there was not heard, and is to be told
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")
    if sys.__stderr__ is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - for as long as the process lives
