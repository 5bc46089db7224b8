"""Opens what is kept: in files of the state folder, or in a PostgreSQL database."""

import pkgutil
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from codecompanion.bus.addresses import is_redis
from codecompanion.ports import (
    Archive,
    BlobStore,
    EventStore,
    ResponseCache,
    Roster,
    RunLocks,
    Schema,
    SharedResponseCache,
    SharedVectors,
)
from codecompanion.settings import Settings
from codecompanion.storage.acknowledged import Acknowledged, CopiedLog, Told
from codecompanion.storage.file_locks import FileLocks
from codecompanion.storage.sqlite import open_sqlite
from codecompanion.storage.sqlite_response_cache import open_response_cache
from codecompanion.storage.sqlite_schema import SqliteSchema

POSTGRES = "codecompanion.storage.postgres:open_postgres"
POSTGRES_RESPONSES = "codecompanion.storage.postgres_response_cache:open_postgres_response_cache"
REDIS_RESPONSES = "codecompanion.bus.redis_responses:open_redis_responses"
POSTGRES_VECTORS = "codecompanion.storage.postgres_vectors:open_postgres_vectors"
POSTGRES_SCHEMA = "codecompanion.storage.postgres_schema:PostgresSchema"
POSTGRES_LOCKS = "codecompanion.storage.postgres_locks:PostgresLocks"
"""Loaded when a database or a Redis is named: the drivers take a tenth of a second."""


class _Log(EventStore, Protocol):
    def roster(self) -> Roster: ...
    def archive(self) -> Archive: ...


Opened = AbstractAsyncContextManager[tuple[_Log, BlobStore]]


@dataclass(frozen=True, slots=True)
class Stores:
    """Everything that outlives a process."""

    events: EventStore
    blobs: BlobStore
    responses: ResponseCache
    locks: RunLocks
    roster: Roster
    archive: Archive
    vectors: SharedVectors | None
    copied: CopiedLog | None
    """The events, if they are in a database that may give way to a copy of it."""


def log_file(settings: Settings) -> Path:
    """Return where the log is when it is in a file."""
    return settings.state_dir / "log.sqlite3"


@asynccontextmanager
async def open_stores(settings: Settings, note: Callable[[str], None]) -> AsyncGenerator[Stores]:
    """Open what the settings name; `note` hears what a user should know of the cache's troubles.

    Raises:
        EnvironmentBroken: A file cannot be used, or the database cannot be reached or refuses us.
    """
    async with (
        _log(settings) as (events, blobs),
        response_cache(settings, note) as responses,
        _vectors(settings) as vectors,
    ):
        # The file of a state folder is copied, put back and removed with all that this machine remembers of it.
        copied = cast("CopiedLog", events) if settings.database_url else None
        yield Stores(events, blobs, responses, _locks(settings), events.roster(), events.archive(), vectors, copied)


@contextmanager
def acknowledged(settings: Settings, copied: CopiedLog | None, told: Told) -> Generator[Acknowledged | None]:
    """Lend what knows of a database how far its log was seen to go, None for a file; `told` is asked if there is a bus."""
    if copied is None:
        yield None
        return
    with closing(Acknowledged(copied, settings.state_dir / "seen", told if settings.bus_url else None)) as known:
        yield known


def _log(settings: Settings) -> Opened:
    if not settings.database_url:
        return open_sqlite(log_file(settings))
    open_postgres: Callable[[str], Opened] = pkgutil.resolve_name(POSTGRES)
    return open_postgres(settings.database_url)


@asynccontextmanager
async def response_cache(settings: Settings, note: Callable[[str], None]) -> AsyncGenerator[ResponseCache]:
    """Open the cache of answers; `note` hears what a user should know of its troubles.

    A Redis stands before that in a database, if there is one: the file on this machine needs none.

    Raises:
        BadInput: An address cannot be read.
    """
    if not settings.database_url:
        async with open_response_cache(settings.state_dir / "responses.sqlite3", note=note) as in_file:
            yield in_file
        return
    open_postgres: Callable[..., AbstractAsyncContextManager[SharedResponseCache]] = pkgutil.resolve_name(POSTGRES_RESPONSES)
    async with open_postgres(settings.database_url, note=note) as shared:
        if not (settings.redis_cache_mib and is_redis(settings.bus_url)):
            yield shared
            return
        open_redis: Callable[..., AbstractAsyncContextManager[ResponseCache]] = pkgutil.resolve_name(REDIS_RESPONSES)
        async with open_redis(settings.bus_url, shared, limit_bytes=settings.redis_cache_mib * 1024**2) as before_it:
            yield before_it


def _vectors(settings: Settings) -> AbstractAsyncContextManager[SharedVectors | None]:
    if not settings.database_url:
        return nullcontext()
    open_vectors: Callable[[str], AbstractAsyncContextManager[SharedVectors]] = pkgutil.resolve_name(POSTGRES_VECTORS)
    return open_vectors(settings.database_url)


def schema(settings: Settings) -> Schema:
    """Return the tables of the log, unopened: they may be missing, old, or not to be reached."""
    if not settings.database_url:
        return SqliteSchema(log_file(settings))
    of: Callable[[str], Schema] = pkgutil.resolve_name(POSTGRES_SCHEMA)
    return of(settings.database_url)


def _locks(settings: Settings) -> RunLocks:
    if not settings.database_url:
        return FileLocks(settings.state_dir / "locks")
    locks: Callable[[str], RunLocks] = pkgutil.resolve_name(POSTGRES_LOCKS)
    return locks(settings.database_url)
