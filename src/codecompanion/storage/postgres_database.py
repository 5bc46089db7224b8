"""A PostgreSQL database: its connections, and what its errors mean to the user."""

import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeAlias, TypeVar
from urllib.parse import urlsplit

import anyio
import asyncpg

from codecompanion.domain.errors import BadInput, DatabaseUnavailable
from codecompanion.storage.postgres_kept import KeptConnections
from codecompanion.storage.postgres_session import Session

T = TypeVar("T")
Connection: TypeAlias = "asyncpg.Connection[Any] | asyncpg.pool.PoolConnectionProxy[Any]"

SCHEMA = "codecompanion"
"""The schema of PostgreSQL that holds our tables, so that a database may be shared."""
CONNECT_S = 5.0
ANSWER_S = 30.0
"""A query that takes longer has met a dead line or a lock that nobody lets go."""
PATIENCE_S = 15.0
"""So long a database that went away may stay away before whoever waits for it is told: a restart takes less."""
FIRST_WAIT_S = 0.05
LONGEST_WAIT_S = 1.0
AT_ONCE = 8

_LOST = (
    OSError,  # also TimeoutError
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.InterfaceError,  # "connection is closed"
    asyncpg.InternalClientError,
    asyncpg.TransactionRollbackError,  # a deadlock or a serialization failure: the transaction is undone
    asyncpg.TooManyConnectionsError,
)
REFUSED = (ValueError, asyncpg.DataError)
"""A value that PostgreSQL cannot hold, found here or there."""
_log = logging.getLogger(__name__)


def shown(url: str) -> str:
    """Return where a database is, without user, password and options."""
    parts = urlsplit(url)
    return f"postgresql://{parts.netloc.rpartition('@')[2]}{parts.path}"


class Database:
    """The connections to a database. Made by `open_database`."""

    def __init__(self, url: str, pool: "asyncpg.Pool[Any]", count: Callable[[], int]) -> None:
        self.url = url
        self._pool = pool
        self._count = count
        self._sessions: list[Session] = []
        self._kept = KeptConnections(pool, wait_s=ANSWER_S)

    @property
    def connections(self) -> int:
        """How many connections were made so far: when one more was, it may lead to another server than the last."""
        return self._count()

    async def run(self, query: Callable[[Connection], Awaitable[T]], *, patience_s: float = PATIENCE_S) -> T:
        """Return what a query returned. It is asked again on a new connection when the old one is lost on the way.

        So it must be harmless to repeat, also when its first try was carried out.

        Raises:
            DatabaseUnavailable: The database is away for longer than `patience_s`, full, or refuses us.
        """
        return await self._insist(lambda: self._kept.run(query), patience_s)

    def statement(self, text: str, before: Callable[[], Awaitable[None]]) -> Callable[..., Awaitable[Any]]:
        """Return what asks a statement, for one task at a time, and returns its first value.

        It keeps a connection, and asks again as `run` does. `before` is awaited each time when there is a connection.
        """
        session = Session(self._pool, text, wait_s=ANSWER_S, before=before)
        self._sessions.append(session)
        return lambda *values: self._insist(lambda: session.fetchval(*values), PATIENCE_S)

    async def close(self) -> None:
        """Close the connections, once they have answered."""
        for session in self._sessions:
            await session.let_go()
        await self._kept.let_go()
        await self._pool.close()

    async def _insist(self, attempt: Callable[[], Awaitable[T]], patience_s: float) -> T:
        ends_at, wait_s = time.monotonic() + patience_s, FIRST_WAIT_S
        while True:
            try:
                return await attempt()
            except REFUSED:
                raise
            except _LOST as error:
                if time.monotonic() + wait_s > ends_at:
                    raise meaning(self.url, error) or error from error
                _log.warning("%s is away (%s): asking again in %.2f s", shown(self.url), error, wait_s)
            except asyncpg.PostgresError as error:
                broken = meaning(self.url, error)
                if broken is None:
                    raise
                raise broken from error
            await anyio.sleep(wait_s)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)


@asynccontextmanager
async def open_database(url: str) -> AsyncGenerator[Database]:
    """Return a database's connections, which are opened when they are first needed and closed at the end.

    Raises:
        BadInput: The URL cannot be read.
    """
    made = 0

    async def count(_connection: object) -> None:
        nonlocal made
        made += 1

    try:
        pool = await asyncpg.create_pool(url, min_size=0, max_size=AT_ONCE, init=count, reset=_nothing, **_options())
    except (ValueError, asyncpg.InterfaceError) as error:
        raise bad_url(error) from error
    database = Database(url, pool, lambda: made)
    try:
        yield database
    finally:
        with anyio.move_on_after(CONNECT_S, shield=True) as waited:
            await database.close()
        if waited.cancelled_caught:
            pool.terminate()


@asynccontextmanager
async def connected(url: str, *, answer_s: float | None = ANSWER_S) -> AsyncGenerator["asyncpg.Connection[Any]"]:
    """Return one connection of its own, whose answers may take so many seconds; None is for ever.

    Raises:
        BadInput: The URL cannot be read.
        DatabaseUnavailable: The database cannot be reached or refuses us.
    """
    try:
        connection: asyncpg.Connection[Any] = await asyncpg.connect(url, **_options(answer_s))
    except (OSError, asyncpg.PostgresError, asyncpg.InternalClientError) as error:
        raise meaning(url, error) or error from error
    except (ValueError, asyncpg.InterfaceError) as error:
        raise bad_url(error) from error
    try:
        yield connection
    finally:
        with anyio.CancelScope(shield=True), suppress(*_LOST):  # then the server notices by itself
            await connection.close(timeout=CONNECT_S)


def _options(answer_s: float | None = ANSWER_S) -> dict[str, Any]:
    return {
        "timeout": CONNECT_S,
        "command_timeout": answer_s,
        "server_settings": {
            "application_name": "codecompanion",
            "search_path": SCHEMA,
            # Whatever the server's defaults: what is acknowledged is durable, and a statement sees what was committed before.
            "synchronous_commit": "on",
            "default_transaction_isolation": "read committed",
            "jit": "off",
        },
    }


async def _nothing(_connection: object) -> None:
    """Stand for the reset of a connection between two users: ours leave nothing behind, and it would cost a round trip."""


def bad_url(error: Exception) -> BadInput:
    """Return what to say of a URL that the driver cannot read."""
    return BadInput(
        "the address of the database cannot be read",
        cause=str(error),
        fix="CODECOMPANION_DATABASE_URL=postgresql://USER@HOST:5432/DATABASE",
    )


_FIXES: tuple[tuple[type[Exception], str], ...] = (
    (asyncpg.InvalidPasswordError, "check the user and password in the URL, PGPASSWORD or ~/.pgpass"),
    (asyncpg.InvalidAuthorizationSpecificationError, "check the user in the URL and the server's pg_hba.conf"),
    (asyncpg.InvalidCatalogNameError, "make it with createdb, or correct the URL"),
    (asyncpg.InsufficientPrivilegeError, "let its owner GRANT what is missing, or use another user"),
    (asyncpg.ReadOnlySQLTransactionError, "name the primary in the URL, not a standby"),
    (asyncpg.DiskFullError, "free some disk space on the database's machine; what was acknowledged is safe"),
    (asyncpg.TooManyConnectionsError, "raise max_connections, or run fewer programs at once"),
    (asyncpg.InsufficientResourcesError, "look into the server's log; what was acknowledged is safe"),
    (asyncpg.UndefinedTableError, "codecompanion db check says what is there"),
)


def meaning(url: str, error: Exception) -> DatabaseUnavailable | None:
    """Return what a driver's error means to the user; None when the error is a bug of ours."""
    for kind, fix in _FIXES:
        if isinstance(error, kind):
            return DatabaseUnavailable(f"the database {shown(url)} cannot be used", cause=str(error), fix=fix)
    if isinstance(error, _LOST):
        return DatabaseUnavailable(
            f"the database {shown(url)} cannot be reached",
            cause=str(error) or type(error).__name__,
            fix="start it, or correct CODECOMPANION_DATABASE_URL; what was acknowledged is safe",
        )
    return None
