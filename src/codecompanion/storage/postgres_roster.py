"""Who is at work, in a PostgreSQL database: on any machine."""

from codecompanion.ports import Attendance
from codecompanion.storage.postgres_database import Database

_BEAT = (
    "INSERT INTO workers AS known (worker, place, size, lease_s, draining, heard_at)"
    " VALUES ($1, $2, $3, $4, $5, clock_timestamp())"
    " ON CONFLICT (worker) DO UPDATE SET draining = excluded.draining, heard_at = excluded.heard_at"
)
_FORGET = "DELETE FROM workers WHERE heard_at < clock_timestamp() - interval '1 hour'"
_PRESENT = (
    "SELECT worker, place, size, lease_s, draining, extract(epoch FROM clock_timestamp() - heard_at)::float8 FROM workers"
    " ORDER BY worker"
)


class PostgresRoster:
    """A `Roster` in a database. The only clock is the server's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def beat(self, attendance: Attendance) -> None:
        """Say that a worker is there now; those that have been silent for an hour are forgotten."""
        one = attendance
        values = (one.worker, one.place, one.size, one.lease_s, one.draining)
        await self._database.run(lambda connection: connection.execute(_BEAT, *values))
        await self._database.run(lambda connection: connection.execute(_FORGET))

    async def leave(self, worker: str) -> None:
        """Take a worker off."""
        await self._database.run(lambda connection: connection.execute("DELETE FROM workers WHERE worker = $1", worker))

    async def present(self) -> list[Attendance]:
        """Return all that are on, by their ids."""
        rows = await self._database.run(lambda connection: connection.fetch(_PRESENT))
        return [Attendance(*row) for row in rows]
