"""The beginning of what a server answered, kept beside the call: what an SDK could not read can still be looked at."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field

KEPT_BYTES = 4096
MARGIN_BYTES = 1024
"""More is held than is kept, so that no part of a key is kept that lies across the end. No key is longer."""


@dataclass(slots=True)
class Heard:
    """The first bytes of a response's body."""

    _bytes: bytearray = field(default_factory=bytearray)

    @property
    def is_full(self) -> bool:
        """Whether more would not be held."""
        return len(self._bytes) >= KEPT_BYTES + MARGIN_BYTES

    def add(self, piece: bytes) -> None:
        """Hear more."""
        self._bytes += piece[: KEPT_BYTES + MARGIN_BYTES - len(self._bytes)]

    def text(self, redact: Callable[[str], str]) -> str:
        """Return what is kept, masked by `redact`: at most 4096 bytes in UTF-8; bytes that are no UTF-8 are escaped."""
        masked = redact(self._bytes.decode(errors="backslashreplace"))
        if self.is_full:
            masked = masked[:-MARGIN_BYTES]  # a key at the end may be cut, and so not known as one
        return masked.encode()[:KEPT_BYTES].decode(errors="ignore")


HEARING: ContextVar[Heard | None] = ContextVar("what_a_server_answers", default=None)
"""What hears the answers to the requests of this task; None for nobody."""
