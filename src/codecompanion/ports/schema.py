"""The shape of a database."""

from typing import Protocol


class Schema(Protocol):
    """The tables of the log and their revision, a number; 0 means that there are none."""

    @property
    def place(self) -> str:
        """Where the log is, for people, without a password."""
        ...

    async def revision(self) -> int:
        """Return the revision of the tables. Nothing is made or changed.

        Raises:
            EnvironmentBroken: They cannot be read, or belong to another program.
        """
        ...

    async def migrate(self, target: int) -> int:
        """Bring the tables to a revision, all or nothing, and return the one that they had; 0 removes all they hold.

        Raises:
            EnvironmentBroken: They cannot be changed.
            SchemaMismatch: They are newer than this program.
        """
        ...

    async def size_bytes(self) -> int:
        """Return how much room the log takes on its disk."""
        ...
