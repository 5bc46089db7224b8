"""Take archived streams out of a SQLite file."""

import sqlite3
from collections.abc import Set as AbstractSet

from codecompanion.domain.errors import VersionConflict
from codecompanion.storage.archive_rules import GRACE_S, uncited
from codecompanion.storage.sqlite_writer import Writer


class SqliteArchive:
    """An `Archive` in a file. Its transaction is the writer's, so nobody appends meanwhile."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def remove(self, stream_id: str, *, version: int, blobs: AbstractSet[str], seen: int) -> int:
        """Take a stream out of the log; see `Archive.remove`."""

        def job(connection: sqlite3.Connection) -> int:
            head = connection.execute(
                "SELECT version FROM events WHERE stream_id = ? ORDER BY version DESC LIMIT 1", (stream_id,)
            ).fetchone()
            if head is None:
                return 0
            if head[0] != version:
                raise VersionConflict(stream_id, expected=version, actual=head[0])
            later = connection.execute("SELECT data FROM events WHERE position > ? AND stream_id <> ?", (seen, stream_id))
            doomed = uncited(blobs, (row[0] for row in later))
            for table in ("append_keys", "snapshots", "events"):
                connection.execute(f"DELETE FROM {table} WHERE stream_id = ?", (stream_id,))  # noqa: S608 - constants
            removed = connection.executemany(
                f"DELETE FROM blobs WHERE sha256 = ? AND put_at < strftime('%s', 'now') - {GRACE_S}",  # noqa: S608 - a constant
                [(sha256,) for sha256 in doomed],
            )
            return max(removed.rowcount, 0)

        return await self._writer.run(job)
