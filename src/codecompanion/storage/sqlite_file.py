"""A SQLite file: who may read it, how it is opened, and what its errors mean."""

import sqlite3
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from codecompanion.domain.errors import DatabaseUnavailable, EnvironmentBroken

_BUSY_TIMEOUT_S = 30.0
_RETRY_S = 0.02

_RESTORE = "restore the state folder from a backup"
_PASSING = {
    sqlite3.SQLITE_FULL: "free some disk space and run again; what was acknowledged is safe",
    sqlite3.SQLITE_IOERR: "check the disk and run again; what was acknowledged is safe",
    sqlite3.SQLITE_BUSY: "another process holds the log: wait for it or end it, then run again",
    sqlite3.SQLITE_LOCKED: "another process holds the log: wait for it or end it, then run again",
    sqlite3.SQLITE_READONLY: "make the state folder and its files writable for you",
    sqlite3.SQLITE_PERM: "make the state folder and its files writable for you",
    sqlite3.SQLITE_CANTOPEN: "make the state folder and its files readable and writable for you",
}
"""What a run survives: it stands still, and goes on when the disk is well again."""
_LASTING = {
    sqlite3.SQLITE_CORRUPT: _RESTORE,
    sqlite3.SQLITE_NOTADB: f"move the file away, or {_RESTORE}",
}


def disk_error(path: Path, error: sqlite3.Error) -> EnvironmentBroken | None:
    """Return what a driver's error means to the user; None when the error is a bug of ours."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # errors of the module itself have none
    what = f"the log {str(path)!r} cannot be used"
    if code in _PASSING:
        return DatabaseUnavailable(what, cause=str(error), fix=_PASSING[code])
    return EnvironmentBroken(what, cause=str(error), fix=_LASTING[code]) if code in _LASTING else None


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
