"""The part of wiring that opens the bus: within this process, or in the Redis or NATS that the settings name."""

import pkgutil
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from codecompanion.domain.errors import EnvironmentBroken
from codecompanion.ports import BaseBus, EventStore
from codecompanion.settings import Settings

REDIS = "codecompanion.bus.redis_streams:open_redis_bus"
NATS = "codecompanion.bus.nats_jetstream:open_nats_bus"
PUBLISHING = "codecompanion.bus.outbox:publishing"
"""Loaded when a bus is named: the clients take a tenth of a second and more."""
NATS_SCHEMES = ("nats", "tls")


@asynccontextmanager
async def open_bus(settings: Settings, store: EventStore, nearby: BaseBus) -> AsyncGenerator[BaseBus]:
    """Open the bus that the settings name, and publish the log to it; without one, return that of this process.

    Nothing is connected to before something is published or subscribed to; a bus that is away is no error here.

    Raises:
        BadInput: The URL cannot be read.
        EnvironmentBroken: The client of NATS is not installed.
    """
    if not settings.bus_url:
        yield nearby
        return
    open_named: Callable[[str], AbstractAsyncContextManager[BaseBus]] = _opener(settings.bus_url)
    publishing: Callable[..., AbstractAsyncContextManager[None]] = pkgutil.resolve_name(PUBLISHING)
    async with open_named(settings.bus_url) as bus, publishing(store, bus, nearby):
        yield bus


def _opener(url: str) -> Callable[[str], AbstractAsyncContextManager[BaseBus]]:
    if url.partition(":")[0] not in NATS_SCHEMES:
        return pkgutil.resolve_name(REDIS)
    try:
        return pkgutil.resolve_name(NATS)
    except ImportError as error:
        raise EnvironmentBroken(
            "the client of NATS is not installed", cause=str(error), fix="pip install 'codecompanion[nats]'"
        ) from error
