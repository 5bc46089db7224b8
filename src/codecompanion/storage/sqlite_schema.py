"""Whether a SQLite file is ours, which revision its tables have, and how a new file gets them."""

import pkgutil
import sqlite3
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
from anyio import to_thread

from codecompanion.domain.errors import EnvironmentBroken, SchemaMismatch
from codecompanion.storage.migrations.plain_sql import PLAN, newest, whole
from codecompanion.storage.sqlite_file import connect, disk_errors, make_file, use_wal

APPLICATION_ID = 0x43436C67  # "CClg"


def prepare(path: Path) -> None:
    """Make the file and its folder if they are missing (0600 in 0700), check whose it is, and lay out or renew its tables.

    Raises:
        EnvironmentBroken: It cannot be made or opened, belongs to another program, or is newer than this one.
    """
    make_file(path)
    with disk_errors(path), closing(connect(path)) as connection:
        found = revision_of(path, connection)
        if found > newest():
            raise newer(path, found)
        use_wal(connection)
        if found < newest():
            migrate(path, connection, newest())


@dataclass(frozen=True, slots=True)
class SqliteSchema:
    """The `Schema` of a file."""

    path: Path

    @property
    def place(self) -> str:
        """Return the path."""
        return str(self.path)

    async def revision(self) -> int:
        """Return the revision; see `Schema.revision`."""
        return await to_thread.run_sync(self._revision) if await anyio.Path(self.path).exists() else 0

    async def migrate(self, target: int) -> int:
        """Bring the tables to a revision; see `Schema.migrate`."""
        make_file(self.path)
        return await to_thread.run_sync(self._migrate, target)

    async def size_bytes(self) -> int:
        """Return the size of the file and of what is written ahead."""
        files = [anyio.Path(f"{self.path}{suffix}") for suffix in ("", "-wal")]
        return sum([(await file.stat()).st_size for file in files if await file.exists()])

    def _revision(self) -> int:
        with disk_errors(self.path), closing(connect(self.path, query_only=True)) as connection:
            return revision_of(self.path, connection)

    def _migrate(self, target: int) -> int:
        with disk_errors(self.path), closing(connect(self.path)) as connection:
            use_wal(connection)
            return migrate(self.path, connection, target)


def newer(path: Path, found: int) -> SchemaMismatch:
    """Return what to say of a log whose revision is above ours."""
    return SchemaMismatch(
        f"the log {str(path)!r} was written by a newer CodeCompanion",
        cause=f"its schema is {found}, this program knows {newest()}",
        fix="upgrade CodeCompanion, or choose another state folder",
    )


def revision_of(path: Path, connection: sqlite3.Connection) -> int:
    """Return the revision of a file's tables, 0 when it holds nothing yet.

    Raises:
        EnvironmentBroken: It is the database of another program.
    """
    with _at_one_moment(connection):  # while another process may be laying out tables
        return _revision(path, connection)


def migrate(path: Path, connection: sqlite3.Connection, target: int) -> int:
    """Bring the tables to a revision, all or nothing, and return the one they had; 0 is none. It blocks.

    Raises:
        EnvironmentBroken: The file belongs to another program, or is newer than this one.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        found = _revision(path, connection)  # again: another process may have been faster
        if found > newest():
            raise newer(path, found)
        for statement in statements(_script(found, target)):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID if target else 0}")
        connection.execute(f"PRAGMA user_version = {target}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    return found


def _script(found: int, target: int) -> str:
    if (found, target) == (0, newest()):
        return whole("sqlite")
    plan: Callable[[str, int, int], str] = pkgutil.resolve_name(PLAN)
    return plan("sqlite", found, target)


def statements(script: str) -> Iterator[str]:
    """Return the statements of a script one by one; `executescript` would commit before the first."""
    waiting = ""
    for line in script.splitlines(keepends=True):
        waiting += line
        if sqlite3.complete_statement(waiting):
            yield waiting
            waiting = ""


def _revision(path: Path, connection: sqlite3.Connection) -> int:
    [application_id] = connection.execute("PRAGMA application_id").fetchone()
    [revision] = connection.execute("PRAGMA user_version").fetchone()
    [tables] = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if (application_id, tables) == (0, 0):
        return 0
    if application_id != APPLICATION_ID:
        raise EnvironmentBroken(
            f"{str(path)!r} is a database of another program", fix="choose another state folder, or move the file away"
        )
    return int(revision)


@contextmanager
def _at_one_moment(connection: sqlite3.Connection) -> Generator[None]:
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("COMMIT")
