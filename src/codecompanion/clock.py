"""The time of day and the ids that sort by it: the machine's, and one that stands still for tests."""

import secrets
import threading
from datetime import UTC, datetime, timedelta

_RANDOM_BITS = 74
_EPOCH = datetime.fromtimestamp(0, UTC)
_MILLISECOND = timedelta(milliseconds=1)


def _uuid7(number: int) -> str:
    """Return a UUIDv7 (RFC 9562, section 5.7): `number` is 48 bits of Unix milliseconds and 74 bits after them."""
    unix_ms, low = divmod(number, 1 << _RANDOM_BITS)
    rand_a, rand_b = divmod(low, 1 << 62)
    digits = (unix_ms << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b).to_bytes(16, "big").hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _unix_ms(moment: datetime) -> int:
    return (moment - _EPOCH) // _MILLISECOND


class SystemClock:
    """The machine's clock. The ids of one clock sort in the order they were made, also when the time is set back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def now(self) -> datetime:
        """Return the time, with the zone UTC."""
        return datetime.now(UTC)

    def new_id(self) -> str:
        """Return a fresh UUIDv7 as text."""
        unix_ms = _unix_ms(self.now())
        with self._lock:
            if unix_ms > self._last >> _RANDOM_BITS:
                self._last = unix_ms << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
            else:  # a random step, so that two processes that met in one millisecond part again
                self._last += 1 + secrets.randbits(32)
            return _uuid7(self._last)


class FixedClock:
    """A clock that stands still until `advance` moves it, so that a result does not depend on how often it was asked.

    Its ids are UUIDv7s too: the time it shows, and a count from 1.
    """

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)
        self._made = 0

    def now(self) -> datetime:
        """Return the time it was set to, with the zone UTC."""
        return self._now

    def new_id(self) -> str:
        """Return the next UUIDv7; two clocks with the same start give the same ones."""
        self._made += 1
        return _uuid7(_unix_ms(self._now) << _RANDOM_BITS | self._made)

    def advance(self, seconds: float) -> None:
        """Move the time on."""
        self._now += timedelta(seconds=seconds)
