"""Limits of providers that are shared by a book, in a Redis or in a PostgreSQL."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from codecompanion.bus.beside import beside
from codecompanion.bus.redis_limits import open_redis_limit_book
from codecompanion.ports import LEASE_S, WINDOW_S, Limit, ProviderLimits
from codecompanion.providers.shared_limits import SharedLimits
from codecompanion.storage.postgres_limits import open_postgres_limit_book


@asynccontextmanager
async def shared_limits(
    url: str,
    limits: Mapping[str, Limit],
    local: ProviderLimits,
    *,
    lease_s: float = LEASE_S,
    window_s: float = WINDOW_S,
    answer_s: float = 5.0,
) -> AsyncGenerator[ProviderLimits]:
    """Open what `wiring.bus.open_limits` would, with other times; a PostgreSQL has to have its tables."""
    opener = open_postgres_limit_book if url.startswith("postgresql:") else open_redis_limit_book
    async with opener(url, lease_s=lease_s, window_s=window_s, answer_s=answer_s) as book:
        shared = SharedLimits(book, limits, local, lease_s=lease_s)
        async with beside(shared.renew):
            yield shared
