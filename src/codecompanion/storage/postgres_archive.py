"""Take archived streams out of a PostgreSQL database."""

from collections.abc import Set as AbstractSet

from codecompanion.domain.errors import VersionConflict
from codecompanion.storage.archive_rules import GRACE_S, uncited
from codecompanion.storage.postgres_database import Connection, Database

_HOLD_THE_END = "SELECT position FROM log_end FOR UPDATE"
_HEAD = "SELECT version FROM events WHERE stream_id = $1 ORDER BY version DESC LIMIT 1"
_LATER = "SELECT data FROM events WHERE position > $1 AND stream_id <> $2"
_REMOVE = tuple(f"DELETE FROM {table} WHERE stream_id = $1" for table in ("append_keys", "snapshots", "events"))  # noqa: S608 - constants
_REMOVE_BLOBS = (
    "DELETE FROM blobs WHERE sha256 = ANY($1)"  # noqa: S608 - a constant
    f" AND put_at < extract(epoch FROM clock_timestamp())::bigint - {GRACE_S} RETURNING sha256"
)


class PostgresArchive:
    """An `Archive` in a database. It holds the end of the log as an append does, so nobody appends meanwhile."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def remove(self, stream_id: str, *, version: int, blobs: AbstractSet[str], seen: int) -> int:
        """Take a stream out of the log; see `Archive.remove`."""

        async def query(connection: Connection) -> int:
            async with connection.transaction():
                await connection.execute(_HOLD_THE_END)
                head = await connection.fetchrow(_HEAD, stream_id)
                if head is None:
                    return 0
                if head[0] != version:
                    raise VersionConflict(stream_id, expected=version, actual=head[0])
                later = await connection.fetch(_LATER, seen, stream_id)
                doomed = uncited(blobs, (row[0] for row in later))
                for statement in _REMOVE:
                    await connection.execute(statement, stream_id)
                return len(await connection.fetch(_REMOVE_BLOBS, doomed))

        return await self._database.run(query)
