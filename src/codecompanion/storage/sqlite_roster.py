"""Who is at work, in the SQLite file of the log: all of them on this machine."""

import sqlite3
import time
from collections.abc import Callable

from codecompanion.ports import Attendance
from codecompanion.storage.sqlite_readers import Readers
from codecompanion.storage.sqlite_writer import Writer

FORGOTTEN_AFTER_S = 3600.0


class SqliteRoster:
    """A `Roster` in a file. Its clock is the machine's monotonic one, which all processes share and nobody sets."""

    def __init__(self, writer: Writer, readers: Readers, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._writer = writer
        self._readers = readers
        self._seconds = seconds

    async def beat(self, attendance: Attendance) -> None:
        """Say that a worker is there now; those that have been silent for an hour are forgotten."""
        one = attendance

        def job(connection: sqlite3.Connection) -> None:
            now = self._seconds()
            row = (one.worker, one.place, one.size, one.lease_s, one.draining, now)
            connection.execute(
                "INSERT OR REPLACE INTO workers (worker, place, size, lease_s, draining, heard_at) VALUES (?, ?, ?, ?, ?, ?)",
                row,
            )
            connection.execute("DELETE FROM workers WHERE heard_at NOT BETWEEN ? AND ?", (now - FORGOTTEN_AFTER_S, now))

        await self._writer.run(job)

    async def leave(self, worker: str) -> None:
        """Take a worker off."""
        await self._writer.run(lambda connection: connection.execute("DELETE FROM workers WHERE worker = ?", (worker,)))

    async def present(self) -> list[Attendance]:
        """Return all that are on, by their ids. One that was heard before the machine was started anew is not."""

        def query(connection: sqlite3.Connection) -> list[Attendance]:
            now = self._seconds()
            rows = connection.execute(
                "SELECT worker, place, size, lease_s, draining, ? - heard_at FROM workers WHERE heard_at <= ? ORDER BY worker",
                (now, now),
            )
            return [
                Attendance(worker, place, size, lease_s, bool(draining), silent_s)
                for worker, place, size, lease_s, draining, silent_s in rows
            ]

        return await self._readers.run(query)
