"""The book of what is asked of providers, kept in a Redis. All times are those of Redis, not those of the machines."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from codecompanion.bus.redis_asking import Asking
from codecompanion.bus.redis_connection import ANSWER_S, Connection, open_connection
from codecompanion.bus.redis_limit_scripts import ENTER, HELD_BACK, HOLD_BACK, LEAVE, RENEW
from codecompanion.ports import LEASE_S, PATIENCE_S, WINDOW_S, Limit, Turn

MEANWHILE = "the database keeps the limits of providers, or each process by itself"


@asynccontextmanager
async def open_redis_limit_book(
    url: str, *, lease_s: float = LEASE_S, window_s: float = WINDOW_S, answer_s: float = ANSWER_S
) -> AsyncGenerator["RedisLimitBook"]:
    """Open the book in a Redis, which is connected to when a request is to be sent.

    Args:
        url: `redis://`, `rediss://` or `unix://`; its option `prefix` is what the names of our keys begin with.
        lease_s: How long a request counts as in flight after the last sign of life of its process.
        window_s: What counts as a minute.
        answer_s: How long an answer of Redis may take.

    Raises:
        BadInput: The URL cannot be read.
    """
    async with open_connection(url, answer_s=answer_s, meanwhile=MEANWHILE) as connection:
        yield RedisLimitBook(connection, lease_s=lease_s, window_s=window_s)


class RedisLimitBook:
    """A `LimitBook` in a Redis. Made by `open_redis_limit_book`."""

    def __init__(self, connection: Connection, *, lease_s: float, window_s: float) -> None:
        self._connection = connection
        self._asking = Asking(connection)
        self._lease_ms = int(lease_s * 1000)
        self._window_ms = int(window_s * 1000)

    async def enter(self, token: str, model: str, limit: Limit) -> Turn | None:
        """Ask for a turn; see `LimitBook.enter`."""
        keys = (*self._keys(model.partition(":")[0]), self._key(model, "held"))
        numbers = (limit.in_flight or 0, limit.per_minute or 0, self._lease_ms, self._window_ms, int(PATIENCE_S * 1000))
        answer = await self._asking.run(ENTER, keys, token, *numbers)
        return Turn(answer[1] / 1000, answer[0] == HELD_BACK) if answer else None

    async def renew(self, provider: str, tokens: Sequence[str]) -> None:
        """Say that requests are still in flight."""
        await self._asking.run(RENEW, (self._key(provider, "leases"),), self._lease_ms, *tokens)

    async def leave(self, token: str, provider: str) -> None:
        """Say that a request has ended or waits no longer."""
        await self._asking.run(LEAVE, self._keys(provider), token)

    async def hold_back(self, model: str, seconds: float) -> None:
        """Let no request to a model begin for some seconds."""
        await self._asking.run(HOLD_BACK, (self._key(model, "held"),), int(seconds * 1000))

    def _keys(self, provider: str) -> tuple[str, str, str, str]:
        return (
            self._key(provider, "leases"),
            self._key(provider, "sent"),
            self._key(provider, "line"),
            self._key(provider, "asked"),
        )

    def _key(self, name: str, what: str) -> str:
        return self._connection.key("limits", name, what)
