"""Text streams and log records that no secret gets through, also when it comes in pieces."""

import logging
from collections.abc import Callable, Iterable
from typing import Any, TextIO

from codecompanion.observability.redaction import MIN_SECRET_LENGTH
from codecompanion.observability.secret_forms import forms_of


class RedactedWriter:
    """Writes text to a stream with the exact values of secrets masked, also those that come in several pieces.

    An end that may be the beginning of a secret is held back until more is written or the stream is flushed. All else is the
    stream's own.

    Args:
        stream: Where the text goes.
        redact: Masks secrets in a text.
        secrets: The values that are looked for across pieces.
    """

    def __init__(self, stream: TextIO, redact: Callable[[str], str], secrets: Iterable[str]) -> None:
        self._stream = stream
        self._redact = redact
        self._forms = tuple({form for one in secrets for form in forms_of(one)})
        self._first_letters = frozenset(form[0] for form in self._forms)
        self._longest = max(map(len, self._forms), default=1)
        self._held = ""

    def write(self, text: str) -> int:
        """Write text, or hold a part of it back, and return its length."""
        whole = self._held + text
        cut = self._cut(masked := self._redact(whole))
        self._held = masked[cut:]
        self._stream.write(masked[:cut])
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Write what is held back, unless it is so much of a secret that it would tell of it."""
        if len(self._held) < MIN_SECRET_LENGTH:
            self._stream.write(self._held)
            self._held = ""
        self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        """Return what the stream has under a name."""
        return getattr(self._stream, name)

    def _cut(self, text: str) -> int:
        """Return where the longest end begins that may be the beginning of a secret."""
        last = range(max(0, len(text) - self._longest + 1), len(text))
        return next((place for place in last if text[place] in self._first_letters and self._begins(text[place:])), len(text))

    def _begins(self, end: str) -> bool:
        return any(form.startswith(end) for form in self._forms)


class RedactingFilter(logging.Filter):
    """Masks secrets in log records: in the message with its arguments, and in the traceback.

    Args:
        redact: Masks secrets in a text.
    """

    def __init__(self, redact: Callable[[str], str]) -> None:
        super().__init__()
        self._redact = redact

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask what a record says; every record passes."""
        record.msg, record.args = self._redact(record.getMessage()), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text, record.exc_info = self._redact(record.exc_text), None
        if record.stack_info:
            record.stack_info = self._redact(record.stack_info)
        return True
