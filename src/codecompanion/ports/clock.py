"""Time."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The time of day and the identifiers that depend on it."""

    def now(self) -> datetime:
        """Return the time, with the zone UTC."""
        ...

    def new_id(self) -> str:
        """Return a fresh UUIDv7 as text; later ones sort after earlier ones."""
        ...
