"""A Redis: its connections, its state of being there or away, and what its errors mean to the user."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, cast

import anyio
import redis.exceptions as redis_errors
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from codecompanion.bus.addresses import shown, split_prefix
from codecompanion.bus.presence import Presence
from codecompanion.domain.errors import BadInput, BusUnavailable

ANSWER_S = 0.25
"""Redis answers in less than a millisecond; one that takes longer than this is as good as away."""
BLOCK_S = 1.0
"""So long a reader waits for messages at a time; a connection that died without a word is noticed then."""


@dataclass(frozen=True, slots=True)
class Connection:
    """Two pools of connections to one Redis, one for questions and one for readers that wait, and a prefix for keys.

    A reader waits for messages for `block_s` at a time.
    """

    commands: Redis
    readers: Redis
    block_s: float
    prefix: str
    presence: Presence

    def key(self, *names: str) -> str:
        """Return the name of a key of ours."""
        return ":".join((self.prefix, *names))

    @contextmanager
    def asking(self) -> Generator[None]:
        """Ask within.

        Raises:
            BusUnavailable: Redis is away or refuses us.
        """
        try:
            yield
        except (redis_errors.RedisError, OSError) as error:
            self.presence.lost(error)
            raise _meaning(self.presence.place, error) from error
        self.presence.found()


def _meaning(place: str, error: Exception) -> BusUnavailable:
    if isinstance(error, redis_errors.AuthenticationError | redis_errors.AuthorizationError | redis_errors.NoPermissionError):
        return BusUnavailable(f"{place} refuses us", cause=str(error), fix="check user and password in CODECOMPANION_BUS_URL")
    if isinstance(error, redis_errors.ConnectionError | redis_errors.TimeoutError | OSError):
        return BusUnavailable(
            f"{place} cannot be reached", cause=str(error), fix="start it, or check the address in CODECOMPANION_BUS_URL"
        )
    return BusUnavailable(
        f"{place} cannot do what is asked", cause=str(error), fix="its own log may say more; Redis 7.0 or later is needed"
    )


@asynccontextmanager
async def open_connection(
    url: str, *, answer_s: float = ANSWER_S, block_s: float = BLOCK_S, meanwhile: str = "the log is polled"
) -> AsyncGenerator[Connection]:
    """Return the connections to a Redis, which are opened when they are first needed and closed at the end.

    Args:
        url: `redis://`, `rediss://` or `unix://`, as redis-py reads it; its option `prefix` is ours.
        answer_s: How long an answer may take.
        block_s: How long a reader waits for messages at a time.
        meanwhile: What is done while it is away, for the log.

    Raises:
        BadInput: The URL cannot be read.
    """
    plain, prefix = split_prefix(url)
    try:
        commands, readers = _client(plain, answer_s, answer_s), _client(plain, answer_s, answer_s + block_s)
    except (ValueError, TypeError, redis_errors.RedisError) as error:
        raise BadInput(
            "the address of the bus cannot be read", cause=str(error), fix="redis://HOST:PORT/NUMBER as CODECOMPANION_BUS_URL"
        ) from error
    try:
        yield Connection(commands, readers, block_s, prefix, Presence(shown(url), meanwhile))
    finally:
        with anyio.move_on_after(4 * answer_s, shield=True):
            await commands.aclose()
            await readers.aclose()


def _client(url: str, connect_s: float, answer_s: float) -> Redis:
    # Who asks again, and when, is decided here and not by the library.
    retry = Retry(NoBackoff(), 0)
    limits: dict[str, Any] = {"socket_connect_timeout": connect_s, "socket_timeout": answer_s}
    return cast("Any", Redis).from_url(url, decode_responses=True, retry=retry, **limits)
