"""Whether a server is there, as far as its callers saw."""

import logging
from dataclasses import dataclass

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Presence:
    """Says in the log that a server is away or back when that changes, and not again."""

    place: str
    meanwhile: str = "the log is polled"
    """What is done while it is away."""
    is_away: bool = False

    def lost(self, error: Exception) -> None:
        """Note that it did not answer."""
        if not self.is_away:
            self.is_away = True
            cause = str(error) or type(error).__name__
            _log.warning("%s is away (%s): until it is back %s", self.place, cause, self.meanwhile)

    def found(self) -> None:
        """Note that it answered."""
        if self.is_away:
            self.is_away = False
            _log.warning("%s is back", self.place)
