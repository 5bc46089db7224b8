"""A response cache in memory: for tests and for what shall leave nothing behind."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from codecompanion.domain.response_keys import checked_key
from codecompanion.ports import CacheStats, Era

LIMIT_BYTES = 64 * 1024**2


@dataclass(frozen=True, slots=True)
class _Answer:
    content: bytes
    at: str


class MemoryResponseCache:
    """A `SharedResponseCache` in memory. It belongs to one event loop; `limit_bytes` bounds its content."""

    def __init__(self, *, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._era = Era(1, secrets.token_bytes(32))
        self._answers: dict[str, _Answer] = {}  # the one used last stands last

    async def get(self, key: str) -> bytes | None:
        """Return what was put under a key; see `ResponseCache.get`."""
        answer = self._answers.pop(checked_key(key), None)
        if answer is None:
            return None
        self._answers[key] = answer
        return answer.content

    async def put(self, key: str, content: bytes, at: datetime) -> None:
        """Keep an answer; see `ResponseCache.put`."""
        self._answers.pop(checked_key(key), None)
        if len(content) > self._limit_bytes:
            return
        self._answers[key] = _Answer(content, at.astimezone(UTC).isoformat())
        while self._stored_bytes() > self._limit_bytes:
            del self._answers[next(iter(self._answers))]

    async def clear(self) -> int:
        """Forget everything and return how many answers that were."""
        count = len(self._answers)
        self._answers.clear()
        self._era = Era(self._era.number + 1, secrets.token_bytes(32))
        return count

    async def touch(self, key: str) -> None:
        """Count an answer as used now."""
        await self.get(key)

    async def era(self) -> Era:
        """Return the era; see `SharedResponseCache.era`."""
        return self._era

    async def stats(self) -> CacheStats:
        """Return how full it is."""
        oldest = min((answer.at for answer in self._answers.values()), default="")
        return CacheStats(len(self._answers), self._stored_bytes(), self._limit_bytes, oldest)

    def _stored_bytes(self) -> int:
        return sum(len(answer.content) for answer in self._answers.values())
