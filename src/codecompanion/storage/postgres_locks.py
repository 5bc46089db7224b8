"""One process of all machines at a time works on a run."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from codecompanion.storage.file_locks import is_taken
from codecompanion.storage.postgres_database import connected

_TAKE = "SELECT pg_try_advisory_lock(hashtextextended('codecompanion run ' || $1, 0))"


@dataclass(frozen=True, slots=True)
class PostgresLocks:
    """`RunLocks` in a database: a lock of the session, on a connection of its own.

    The server lets go when the connection ends, also when only the network failed. Then two may work on one run for a
    while: what the slower one concludes is refused, because it was decided on a version of the log that has passed.
    """

    url: str

    @asynccontextmanager
    async def hold(self, run_id: str) -> AsyncGenerator[None]:
        """Hold a run; see `RunLocks.hold`."""
        async with connected(self.url) as connection:
            if not await connection.fetchval(_TAKE, run_id):
                raise is_taken(run_id)
            yield
