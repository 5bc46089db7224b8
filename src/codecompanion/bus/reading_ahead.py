"""How many messages a member reads at once: as many as it handles in a moment, for more would be kept from other members."""

from dataclasses import dataclass

MOST_AT_ONCE = 100
READ_AHEAD_S = 0.01


@dataclass(slots=True)
class ReadingAhead:
    """Follows the pace of a handler."""

    count: int = 1

    def handled(self, count: int, elapsed_s: float) -> None:
        """Note how long so many messages took."""
        pace_s = max(elapsed_s / count, 1e-6)
        self.count = max(1, min(MOST_AT_ONCE, 2 * self.count, int(READ_AHEAD_S / pace_s)))
