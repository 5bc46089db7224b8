"""The trace that the work here belongs to, as W3C Trace Context names it (https://www.w3.org/TR/trace-context/)."""

import re
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from codecompanion.observability.log_fields import log_fields

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-[0-9a-f]{2}")


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a trace: 32 hex digits of the trace, 16 of the span that is under way there."""

    trace_id: str
    span_id: str

    @property
    def traceparent(self) -> str:
        """The header that tells others of it."""
        return f"00-{self.trace_id}-{self.span_id}-01"

    def below(self) -> "Place":
        """Return the place of a new span inside."""
        return Place(self.trace_id, secrets.token_hex(8))


_HERE: ContextVar[Place | None] = ContextVar("trace_place", default=None)


def read_traceparent(text: str) -> Place | None:
    """Return the place that a header or a variable names, None when it names none."""
    found = _TRACEPARENT.fullmatch(text)
    return Place(found[1], found[2]) if found is not None else None


def new_trace() -> Place:
    """Return the beginning of a new trace."""
    return Place(secrets.token_hex(16), secrets.token_hex(8))


@contextmanager
def inside(place: Place | None) -> Generator[None]:
    """Do what happens inside at a place of a trace, None for none; lines that are logged there name it."""
    token = _HERE.set(place)
    try:
        with log_fields(**({} if place is None else {"trace_id": place.trace_id, "span_id": place.span_id})):
            yield
    finally:
        _HERE.reset(token)


def recorded_here() -> str:
    """Return how the first fact of a stream names the place: trace and span with a hyphen between, "" for none."""
    place = _HERE.get()
    return "" if place is None else f"{place.trace_id}-{place.span_id}"
