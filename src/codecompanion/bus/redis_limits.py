"""The limits of providers that all processes share, kept in a Redis.

A request in flight is a lease, which its process renews: what a killed one held is free again when its leases have run out. All
times are those of Redis, so the clocks of the machines do not matter. While Redis is away each process keeps to the limits by
itself.
"""

import random
import secrets
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import anyio

from codecompanion.bus.beside import beside
from codecompanion.bus.redis_asking import ASK_EVERY_S, Asking
from codecompanion.bus.redis_connection import ANSWER_S, Connection, open_connection
from codecompanion.bus.redis_limit_scripts import ENTER, HELD_BACK, HOLD_BACK, LEAVE, RENEW, WAITING
from codecompanion.ports import Limit, ProviderLimits

LEASE_S = 15.0
PATIENCE_S = 3.0
"""Who stands in the line and did not ask for so long has gone; the line moves on."""
WINDOW_S = 60.0
JITTER = 0.2
"""The share of a wait that chance adds, so that all who were held back do not come at once."""
NO_LIMIT = Limit()
MEANWHILE = "each process keeps to the limits of providers by itself"


@asynccontextmanager
async def open_redis_limits(
    url: str,
    limits: Mapping[str, Limit],
    local: ProviderLimits,
    *,
    lease_s: float = LEASE_S,
    window_s: float = WINDOW_S,
    answer_s: float = ANSWER_S,
) -> AsyncGenerator["RedisLimits"]:
    """Open the limits in a Redis, which is connected to when a request is to be sent.

    Args:
        url: `redis://`, `rediss://` or `unix://`; its option `prefix` is what the names of our keys begin with.
        limits: By provider; one that is not there has none.
        local: The limits of this process, which hold in any case and alone while Redis is away.
        lease_s: How long a request counts as in flight after the last sign of life of its process.
        window_s: What counts as a minute.
        answer_s: How long an answer of Redis may take.

    Raises:
        BadInput: The URL cannot be read.
    """
    async with open_connection(url, answer_s=answer_s, meanwhile=MEANWHILE) as connection:
        shared = RedisLimits(connection, limits, local, lease_s=lease_s, window_s=window_s)
        async with beside(shared.renew):
            yield shared


class RedisLimits:
    """`ProviderLimits` for any number of processes and machines. Made by `open_redis_limits`."""

    def __init__(
        self,
        connection: Connection,
        limits: Mapping[str, Limit],
        local: ProviderLimits,
        *,
        lease_s: float,
        window_s: float,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._connection = connection
        self._asking = Asking(connection)
        self._draw = draw
        self._limits = limits
        self._local = local
        self._lease_ms = int(lease_s * 1000)
        self._window_ms = int(window_s * 1000)
        self._held: dict[str, str] = {}
        self._holds_any = anyio.Event()

    @asynccontextmanager
    async def slot(self, model: str, on_wait: Callable[[], None] = lambda: None) -> AsyncGenerator[None]:
        """Return a context that is entered when a request may be sent; see `ProviderLimits.slot`."""
        token, provider = secrets.token_hex(8), model.partition(":")[0]
        once = _Once(on_wait)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._leave, token, provider)
            await self._pass(token, model, once)
            await stack.enter_async_context(self._local.slot(model, once))
            self._held[token] = provider
            self._holds_any.set()
            yield

    async def hold_back(self, model: str, seconds: float) -> None:
        """Let no further request to a model begin for some seconds, in any process; see `ProviderLimits.hold_back`."""
        await self._local.hold_back(model, seconds)
        await self._asking.run(HOLD_BACK, (self._key(model, "held"),), int(seconds * 1000))

    async def renew(self) -> None:
        """Renew the leases of what is in flight from here, until cancelled. A Redis that lost them is told of them anew."""
        while True:
            await self._holds_any.wait()
            await anyio.sleep(self._lease_ms / 3000)
            for provider in set(self._held.values()):
                tokens = [token for token, asked in self._held.items() if asked == provider]
                await self._asking.run(RENEW, (self._key(provider, "leases"),), self._lease_ms, *tokens)
                for ended in set(tokens) - self._held.keys():  # while Redis was told of it
                    await self._leave(ended, provider)
            if not self._held:
                self._holds_any = anyio.Event()

    async def _pass(self, token: str, model: str, on_wait: Callable[[], None]) -> None:
        """Return when the shared limit lets the request through, or Redis is away."""
        provider = model.partition(":")[0]
        limit = self._limits.get(provider, NO_LIMIT)
        keys = (*self._keys(provider), self._key(model, "held"))
        numbers = (limit.in_flight or 0, limit.per_minute or 0, self._lease_ms, self._window_ms, int(PATIENCE_S * 1000))
        while answer := await self._asking.run(ENTER, keys, token, *numbers):
            state, wait_ms = answer
            if state not in (WAITING, HELD_BACK):
                return
            on_wait()
            wait_s = wait_ms / 1000
            await anyio.sleep(wait_s * (1 + JITTER * self._draw()) if state == HELD_BACK else min(wait_s, ASK_EVERY_S))

    async def _leave(self, token: str, provider: str) -> None:
        self._held.pop(token, None)
        with anyio.CancelScope(shield=True):
            await self._asking.run(LEAVE, self._keys(provider), token)

    def _keys(self, provider: str) -> tuple[str, str, str, str]:
        return (
            self._key(provider, "leases"),
            self._key(provider, "sent"),
            self._key(provider, "line"),
            self._key(provider, "asked"),
        )

    def _key(self, name: str, what: str) -> str:
        return self._connection.key("limits", name, what)


class _Once:
    """Calls what it is given the first time that it is called."""

    def __init__(self, call: Callable[[], None]) -> None:
        self._call: Callable[[], None] | None = call

    def __call__(self) -> None:
        call, self._call = self._call, None
        if call is not None:
            call()
