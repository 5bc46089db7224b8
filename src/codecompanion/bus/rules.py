"""How a bus that many processes share delivers messages."""

from dataclasses import dataclass

DEAD_KEPT = 10_000
"""So many dead letters of a group are kept, the newest."""
KEPT_S = 24 * 3600
"""What a group has not read in a day is dropped: its members are gone, and look into the log when they are back."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How messages are delivered.

    Attributes:
        max_deliveries: How often a group gets a message that its handlers raise on, before it is a dead letter: with
            these waits a minute after the first time.
        backoff_s: The wait before the second delivery; it doubles with each further one.
        idle_s: A message whose member gave no sign of life for so long is taken over; a living one gives three in this time.
        look_every_s: How often a member looks for such messages, where the server does not do it.
    """

    max_deliveries: int = 8
    backoff_s: float = 0.5
    idle_s: float = 15.0
    look_every_s: float = 1.0

    def backoff(self, attempt: int) -> float:
        """Return the wait in seconds after a delivery was refused, counted from 1."""
        return self.backoff_s * 2 ** (attempt - 1)
