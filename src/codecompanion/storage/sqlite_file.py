"""The SQLite file: who may read it, whether it is ours, how it is opened, and what its errors mean."""

import sqlite3
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from importlib.resources import files
from pathlib import Path

from codecompanion.domain.errors import EnvironmentBroken

APPLICATION_ID = 0x43436C67
SCHEMA_VERSION = 1
_BUSY_TIMEOUT_S = 30.0
_RETRY_S = 0.02

_RESTORE = "restore the state folder from a backup"
_FIXES = {
    sqlite3.SQLITE_FULL: "free some disk space and run again; what was acknowledged is safe",
    sqlite3.SQLITE_IOERR: "check the disk and run again; what was acknowledged is safe",
    sqlite3.SQLITE_BUSY: "another process holds the log: wait for it or end it, then run again",
    sqlite3.SQLITE_LOCKED: "another process holds the log: wait for it or end it, then run again",
    sqlite3.SQLITE_READONLY: "make the state folder and its files writable for you",
    sqlite3.SQLITE_PERM: "make the state folder and its files writable for you",
    sqlite3.SQLITE_CANTOPEN: "make the state folder and its files readable and writable for you",
    sqlite3.SQLITE_CORRUPT: _RESTORE,
    sqlite3.SQLITE_NOTADB: f"move the file away, or {_RESTORE}",
}


def disk_error(path: Path, error: sqlite3.Error) -> EnvironmentBroken | None:
    """Return what a driver's error means to the user; None when the error is a bug of ours."""
    code: int | None = getattr(error, "sqlite_errorcode", None)  # errors of the module itself have none
    fix = None if code is None else _FIXES.get(code & 0xFF)
    if fix is None:
        return None
    return EnvironmentBroken(f"the log {str(path)!r} cannot be used", cause=str(error), fix=fix)


@contextmanager
def disk_errors(path: Path) -> Generator[None]:
    """Translate the driver's errors about a file.

    Raises:
        EnvironmentBroken: The disk, the file or its permissions are at fault.
    """
    try:
        yield
    except sqlite3.Error as error:
        broken = disk_error(path, error)
        if broken is None:
            raise
        raise broken from error


def prepare(path: Path) -> None:
    """Make the file and its folder if they are missing (0600 in 0700), check whose it is, and lay out its tables.

    Raises:
        EnvironmentBroken: It cannot be made or opened, belongs to another program, or is newer than this one.
    """
    make_file(path)
    with disk_errors(path), closing(connect(path)) as connection:
        empty = _is_empty(path, connection)
        use_wal(connection)
        if empty:
            connection.executescript(files("codecompanion.storage").joinpath("schema.sql").read_text("utf-8"))


def use_wal(connection: sqlite3.Connection) -> None:
    """Switch the file to WAL each time: a copy that was restored may have lost it.

    The switch does not wait for other processes that are opening a new file, so we do.
    """
    ends_at = time.monotonic() + _BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > ends_at:
                raise
            time.sleep(_RETRY_S)
        else:
            return


def make_file(path: Path) -> None:
    """Make an empty file and its folder if they are missing, for the user alone.

    Raises:
        EnvironmentBroken: They cannot be made.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError as error:
        raise EnvironmentBroken(
            f"the log {str(path)!r} cannot be made", cause=str(error), fix="choose a state folder that you may write to"
        ) from error


def _is_empty(path: Path, connection: sqlite3.Connection) -> bool:
    """Return whether the file holds nothing yet; refuse it when what it holds is not for this program."""
    connection.execute("BEGIN")  # one moment for the three questions, while another process may be laying out tables
    [application_id] = connection.execute("PRAGMA application_id").fetchone()
    [schema_version] = connection.execute("PRAGMA user_version").fetchone()
    [tables] = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    connection.execute("COMMIT")
    if (application_id, tables) == (0, 0):
        return True
    if application_id != APPLICATION_ID:
        raise EnvironmentBroken(
            f"{str(path)!r} is a database of another program", fix="choose another state folder, or move the file away"
        )
    if schema_version > SCHEMA_VERSION:
        raise EnvironmentBroken(
            f"the log {str(path)!r} was written by a newer CodeCompanion",
            cause=f"its schema is {schema_version}, this program knows {SCHEMA_VERSION}",
            fix="upgrade CodeCompanion, or choose another state folder",
        )
    return False


def connect(path: Path, *, query_only: bool = False) -> sqlite3.Connection:
    """Open an existing file; the connection may be used by any thread, by one at a time.

    Transactions are begun by hand. A commit returns when it is on the disk.
    """
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=_BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA query_only = {int(query_only)}")
    return connection
