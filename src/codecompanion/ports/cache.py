"""Answers of models, kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class CacheStats:
    """How full a cache is, in bytes of content as it is stored. `oldest_at` is UTC in RFC 3339, "" of an empty cache."""

    entries: int
    stored_bytes: int
    limit_bytes: int
    oldest_at: str


class ResponseCache(Protocol):
    """Answers of models by their whole request. It may forget anything at any time, and its own troubles stop nobody."""

    async def get(self, key: str) -> bytes | None:
        """Return what was put under a key, None when it is not there (any more).

        Args:
            key: The sha256 of the whole request, 64 lower-case hex digits.

        Raises:
            ValueError: The key is no such hash.
        """
        ...

    async def put(self, key: str, content: bytes, at: datetime) -> None:
        """Keep an answer, in place of an older one; what was not used for longest makes room. `at` is the time, with a zone.

        Raises:
            ValueError: The key is no sha256.
        """
        ...

    async def clear(self) -> int:
        """Forget everything and return how many answers that were."""
        ...

    async def stats(self) -> CacheStats:
        """Return how full it is."""
        ...
