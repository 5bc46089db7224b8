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


@dataclass(frozen=True, slots=True)
class Era:
    """What lies between two times at which a cache was told to forget everything. Later eras have higher numbers.

    `secret` are 32 bytes that only who may read the cache knows: what was kept elsewhere is sealed with it.
    """

    number: int
    secret: bytes


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


class SharedResponseCache(ResponseCache, Protocol):
    """A `ResponseCache` of many processes, which a quicker one may stand before."""

    async def touch(self, key: str) -> None:
        """Count an answer as used now: it was found in the quicker one."""
        ...

    async def era(self) -> Era | None:
        """Return the era, None when it cannot be told now. An answer that was read in an earlier one is forgotten."""
        ...
