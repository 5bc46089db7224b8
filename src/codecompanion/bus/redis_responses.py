"""Answers of models in a Redis, before the database that keeps them: found there, they cost the database nothing.

The database stays the truth, and every answer is put there first. What lies in Redis is a copy, sealed with a secret that only
the database knows: who may write to Redis can take answers away, but not give other ones. Forgetting all answers begins
another era, in which no copy of an earlier one is believed.
"""

import hashlib
import hmac
import zlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime

import anyio

from codecompanion.bus.redis_asking import Asking
from codecompanion.bus.redis_connection import ANSWER_S, Connection, open_connection
from codecompanion.bus.redis_response_scripts import BEGIN, FIND, KEEP
from codecompanion.domain.response_keys import checked_key
from codecompanion.ports import CacheStats, Era, SharedResponseCache

UNUSED_S = 3600.0
"""So long a copy stays that nobody asks for."""
ERA_HOLDS_S = 5.0
"""So long an era is believed without asking the database, which may have been told to forget while Redis was away."""
MEANWHILE = "answers of models come from the database alone"
_SEAL_BYTES = hashlib.sha256().digest_size


@asynccontextmanager
async def open_redis_responses(
    url: str,
    kept: SharedResponseCache,
    *,
    limit_bytes: int,
    unused_s: float = UNUSED_S,
    era_holds_s: float = ERA_HOLDS_S,
    answer_s: float = ANSWER_S,
) -> AsyncGenerator["RedisResponses"]:
    """Return a cache in a Redis before another one. Redis is connected to when something is first asked for.

    Args:
        url: `redis://`, `rediss://` or `unix://`; its option `prefix` is what the names of our keys begin with.
        kept: Where the answers are kept.
        limit_bytes: How much content lies in Redis, compressed and sealed; what was not used for longest makes room.
        unused_s: How long a copy stays that nobody asks for.
        era_holds_s: How long after the cache was cleared by who could not reach Redis an answer may still be found.
        answer_s: How long an answer of Redis may take.

    Raises:
        BadInput: The URL cannot be read.
    """
    async with open_connection(url, answer_s=answer_s, meanwhile=MEANWHILE) as connection:
        yield RedisResponses(connection, kept, limit_bytes=limit_bytes, unused_s=unused_s, era_holds_s=era_holds_s)


class RedisResponses:
    """A `ResponseCache` in a Redis before another one. Made by `open_redis_responses`."""

    def __init__(
        self, connection: Connection, kept: SharedResponseCache, *, limit_bytes: int, unused_s: float, era_holds_s: float
    ) -> None:
        self._asking = Asking(connection)
        self._keys = tuple(connection.key("responses", name) for name in ("era", "contents", "uses", "bytes"))
        self._kept = kept
        self._limit_bytes = limit_bytes
        self._unused_us = int(unused_s * 1_000_000)
        self._era_holds_s = era_holds_s
        self._era: Era | None = None
        self._era_holds_until = 0.0

    async def get(self, key: str) -> bytes | None:
        """Return what was put under a key; see `ResponseCache.get`."""
        checked_key(key)
        content = await self._found(key)
        if content is not None:
            await self._kept.touch(key)
            return content
        era = await self._known_era()  # before the answer is read: it may be forgotten in between
        content = await self._kept.get(key)
        if content is not None:
            await self._copy(key, content, era)
        return content

    async def put(self, key: str, content: bytes, at: datetime) -> None:
        """Keep an answer; see `ResponseCache.put`."""
        checked_key(key)
        era = await self._known_era()
        await self._kept.put(key, content, at)
        await self._copy(key, content, era)

    async def clear(self) -> int:
        """Forget everything, also what other processes would find here, and return how many answers that were."""
        count = await self._kept.clear()
        era = await self._known_era(anew=True)
        if era is not None:
            await self._asking.run(BEGIN, self._keys, era.number, self._unused_us)
        return count

    async def stats(self) -> CacheStats:
        """Return how full the database is; what lies here lies there too."""
        return await self._kept.stats()

    async def _found(self, key: str) -> bytes | None:
        """Return what lies here under a key, None when there is nothing that can be believed."""
        era = await self._known_era()
        if era is None:
            return None
        said = await self._asking.run(FIND, self._keys, era.number, self._unused_us, key, as_bytes=True)
        match said:
            case [_, sealed]:
                return _opened(era, key, sealed)
            case [number] if int(number) > era.number:
                await self._known_era(anew=True)
            case _:
                pass
        return None

    async def _copy(self, key: str, content: bytes, era: Era | None) -> None:
        if era is not None:
            sealed = _sealed(era, key, content)
            await self._asking.run(KEEP, self._keys, era.number, self._unused_us, key, sealed, self._limit_bytes)

    async def _known_era(self, *, anew: bool = False) -> Era | None:
        """Return the era, as the database told it a moment ago, or does now."""
        if anew or self._era is None or anyio.current_time() >= self._era_holds_until:
            asked_at = anyio.current_time()
            self._era = await self._kept.era()
            self._era_holds_until = asked_at + self._era_holds_s
        return self._era


def _sealed(era: Era, key: str, content: bytes) -> bytes:
    packed = zlib.compress(content)
    return _seal(era, key, packed) + packed


def _opened(era: Era, key: str, sealed: bytes) -> bytes | None:
    """Return the content, None when it was sealed by another, under another key or in another era."""
    seal, packed = sealed[:_SEAL_BYTES], sealed[_SEAL_BYTES:]
    return zlib.decompress(packed) if hmac.compare_digest(seal, _seal(era, key, packed)) else None


def _seal(era: Era, key: str, packed: bytes) -> bytes:
    return hmac.digest(era.secret, key.encode() + packed, "sha256")
