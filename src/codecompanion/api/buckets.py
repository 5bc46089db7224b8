"""Token buckets: how often somebody may ask."""

import time
from collections import OrderedDict
from collections.abc import Callable

MOST_KEPT = 10_000


class Buckets:
    """A bucket for each name that asks: it holds `burst` requests and gains `rate` a second. The rate 0 holds nobody back."""

    def __init__(self, rate: float, burst: int, now: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self.burst = burst
        self._now = now
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str) -> tuple[int, float]:
        """Take one request out of a bucket.

        Returns:
            How many more may follow at once, -1 when this one may not be, and the seconds until the next one may be.
        """
        if self.rate <= 0:
            return self.burst, 0.0
        now = self._now()
        level, at = self._levels.pop(name, (float(self.burst), now))
        level = min(self.burst, level + (now - at) * self.rate)
        is_allowed = level >= 1
        level -= 1 if is_allowed else 0
        self._levels[name] = level, now
        while len(self._levels) > MOST_KEPT:
            self._levels.popitem(last=False)
        wait_s = max(0.0, (1 - level) / self.rate)
        return (int(level), wait_s) if is_allowed else (-1, wait_s)
