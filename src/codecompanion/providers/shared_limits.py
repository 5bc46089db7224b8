"""The limits of providers that processes share, by a book in which all of them write.

While the book is away each process keeps to the limits by itself.
"""

import random
import secrets
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import anyio

from codecompanion.ports import LEASE_S, Limit, LimitBook, ProviderLimits, Turn

ASK_EVERY_S = 1.0
"""So often somebody in the line asks at least."""
JITTER = 0.2
"""The share of a wait that chance adds, so that all who were held back do not come at once."""
NO_LIMIT = Limit()


class SharedLimits:
    """`ProviderLimits` for any number of processes and machines. `renew` has to run beside it.

    Args:
        book: Where all of them write.
        limits: By provider; one that is not there has none.
        local: The limits of this process, which hold in any case and alone while the book is away.
        lease_s: How long a request counts as in flight after the last sign of life of its process, as the book has it.
        draw: Random numbers from [0, 1).
    """

    def __init__(
        self,
        book: LimitBook,
        limits: Mapping[str, Limit],
        local: ProviderLimits,
        *,
        lease_s: float = LEASE_S,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._book = book
        self._limits = limits
        self._local = local
        self._lease_s = lease_s
        self._draw = draw
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
        await self._book.hold_back(model, seconds)

    async def renew(self) -> None:
        """Renew the leases of what is in flight from here, until cancelled. A book that lost them is told of them anew."""
        while True:
            await self._holds_any.wait()
            await anyio.sleep(self._lease_s / 3)
            for provider in set(self._held.values()) & self._limits.keys():
                tokens = [token for token, asked in self._held.items() if asked == provider]
                await self._book.renew(provider, tokens)
                for ended in set(tokens) - self._held.keys():  # while the book was told of it
                    await self._leave(ended, provider)
            if not self._held:
                self._holds_any = anyio.Event()

    async def _pass(self, token: str, model: str, on_wait: Callable[[], None]) -> None:
        """Return when the shared limit lets the request through, or the book is away."""
        limit = self._limits.get(model.partition(":")[0], NO_LIMIT)
        while (turn := await self._enter(token, model, limit)) is not None and turn.wait_s > 0:
            on_wait()
            await anyio.sleep(turn.wait_s * (1 + JITTER * self._draw()) if turn.held else min(turn.wait_s, ASK_EVERY_S))

    async def _enter(self, token: str, model: str, limit: Limit) -> Turn | None:
        # A question given up half-way may be answered after the leave that follows it, and would hold a place for nobody.
        with anyio.CancelScope(shield=True):
            return await self._book.enter(token, model, limit)

    async def _leave(self, token: str, provider: str) -> None:
        self._held.pop(token, None)
        with anyio.CancelScope(shield=True):
            await self._book.leave(token, provider)


class _Once:
    """Calls what it is given the first time that it is called."""

    def __init__(self, call: Callable[[], None]) -> None:
        self._call: Callable[[], None] | None = call

    def __call__(self) -> None:
        call, self._call = self._call, None
        if call is not None:
            call()
