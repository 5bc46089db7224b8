"""What every line of the log says of where it comes from: the run, the step, the request."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

_FIELDS: ContextVar[Mapping[str, str]] = ContextVar("log_fields", default=MappingProxyType({}))


@contextmanager
def log_fields(**fields: str) -> Generator[None]:
    """Put fields on every line that is logged inside; empty ones are left out."""
    token = _FIELDS.set({**_FIELDS.get(), **{name: value for name, value in fields.items() if value}})
    try:
        yield
    finally:
        _FIELDS.reset(token)


def fields_here() -> Mapping[str, str]:
    """Return the fields that a line has which is logged here."""
    return _FIELDS.get()
