"""Opens the bus: within this process, or in the Redis or NATS that the settings name."""

import pkgutil
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from functools import partial

from codecompanion.bus.addresses import is_redis
from codecompanion.bus.beside import beside
from codecompanion.bus.told_heads import told_heads
from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.ports import BaseBus, EventStore, Limit, LimitBook, ProviderLimits
from codecompanion.providers.deputy_book import BookWithDeputy
from codecompanion.providers.limits import LocalLimits
from codecompanion.providers.shared_limits import SharedLimits
from codecompanion.settings import Settings
from codecompanion.storage.acknowledged import CopiedLog, lost_from, regressed

REDIS = "codecompanion.bus.redis_streams:open_redis_bus"
NATS = "codecompanion.bus.nats_jetstream:open_nats_bus"
REDIS_LIMITS = "codecompanion.bus.redis_limits:open_redis_limit_book"
POSTGRES_LIMITS = "codecompanion.storage.postgres_limits:open_postgres_limit_book"
PUBLISHING = "codecompanion.bus.outbox:publishing"
ANNOUNCED = "codecompanion.bus.announced:announced_bus"
LISTEN = "codecompanion.storage.postgres_listening:listen"
"""Loaded when a bus is named: the clients take a tenth of a second and more."""


@asynccontextmanager
async def open_bus(settings: Settings, store: EventStore, nearby: BaseBus, copied: CopiedLog | None) -> AsyncGenerator[BaseBus]:
    """Open the bus that the settings name, and publish the log to it; without one, return that of this process.

    A log that may give way to a copy of it (`copied`) is published only if it holds what the bus was told of.

    A PostgreSQL that keeps the log feeds that too, with what other processes record.

    Nothing is connected to before something is published or subscribed to; a bus that is away is no error here.

    Raises:
        BadInput: The URL cannot be read.
        EnvironmentBroken: The client of NATS is not installed.
    """
    if not settings.bus_url:
        async with _without_server(settings, store, nearby) as bus:
            yield bus
        return
    open_named: Callable[[str], AbstractAsyncContextManager[BaseBus]] = _opener(settings.bus_url)
    publishing: Callable[..., AbstractAsyncContextManager[None]] = pkgutil.resolve_name(PUBLISHING)
    async with open_named(settings.bus_url) as bus:

        async def name_of_log() -> str:
            if copied is None:  # a file is copied and put back by its owner alone, and then the bus learns of the log anew
                return ""
            name = await copied.identity()
            if lost := await lost_from(store, await told_heads(bus, name)):
                raise regressed(lost)
            return name

        async with publishing(store, bus, nearby, name_of_log):
            yield bus


@asynccontextmanager
async def open_limits(settings: Settings) -> AsyncGenerator[ProviderLimits]:
    """Open the limits of providers: all who share a Redis or a PostgreSQL share them, by a book in it.

    With both the book is in Redis, and PostgreSQL its deputy. Nothing is connected to before a model is asked; a book that is
    away is no error.

    Raises:
        BadInput: The URL cannot be read.
    """
    names = settings.max_parallel_requests.keys() | settings.requests_per_minute.keys()
    limits = {name: Limit(settings.max_parallel_requests.get(name), settings.requests_per_minute.get(name)) for name in names}
    local = LocalLimits(limits)
    async with AsyncExitStack() as stack:
        book = await _limit_book(settings, stack)
        if book is None:
            yield local
            return
        shared = SharedLimits(book, limits, local)
        async with beside(shared.renew):
            yield shared


async def _limit_book(settings: Settings, stack: AsyncExitStack) -> LimitBook | None:
    """Open what keeps the book of limits, None where nothing is shared."""
    places = ((REDIS_LIMITS, settings.bus_url if is_redis(settings.bus_url) else ""), (POSTGRES_LIMITS, settings.database_url))
    books: list[LimitBook] = []
    for opener, url in places:
        if url:
            open_book: Callable[[str], AbstractAsyncContextManager[LimitBook]] = pkgutil.resolve_name(opener)
            books.append(await stack.enter_async_context(open_book(url)))
    return BookWithDeputy(*books) if len(books) > 1 else next(iter(books), None)


def _without_server(settings: Settings, store: EventStore, nearby: BaseBus) -> AbstractAsyncContextManager[BaseBus]:
    if not settings.database_url:
        return nullcontext(nearby)
    announced_bus: Callable[..., AbstractAsyncContextManager[BaseBus]] = pkgutil.resolve_name(ANNOUNCED)
    listen: Callable[..., Awaitable[None]] = pkgutil.resolve_name(LISTEN)
    return announced_bus(store, partial(listen, settings.database_url))


def _opener(url: str) -> Callable[[str], AbstractAsyncContextManager[BaseBus]]:
    if is_redis(url):
        return pkgutil.resolve_name(REDIS)
    try:
        return pkgutil.resolve_name(NATS)
    except ImportError as error:
        raise EnvironmentBroken(
            "the client of NATS is not installed", cause=str(error), fix="pip install 'codecompanion[nats]'"
        ) from error
