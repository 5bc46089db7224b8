"""The file of cached answers: opened, laid out, and set aside when it is damaged, because a cache can be made anew."""

import fcntl
import sqlite3
from contextlib import closing, suppress
from importlib.resources import files
from pathlib import Path

from codecompanion.storage.sqlite_file import connect, make_file, use_wal

APPLICATION_ID = 0x43437263
SCHEMA_VERSION = 1
BUSY_MS = 2000
"""A cache is not worth a longer wait for another process."""
_SPOILT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
"""What says that the file is damaged or another one: SQLITE_ERROR is that of a missing table."""


class NotOurs(Exception):
    """The file is a sound database, but no response cache of this version."""


def is_spoilt(error: Exception) -> bool:
    """Return whether an error means that the file has to be made anew."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return isinstance(error, NotOurs) or (code is not None and code & 0xFF in _SPOILT)


def open_file(path: Path) -> sqlite3.Connection:
    """Open the file, which is made when it is missing.

    Raises:
        EnvironmentBroken: It cannot be made.
        sqlite3.Error: It cannot be opened or is damaged.
        NotOurs: It holds something else.
    """
    make_file(path)
    connection = connect(path)
    try:
        _prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    [application_id] = connection.execute("PRAGMA application_id").fetchone()
    [version] = connection.execute("PRAGMA user_version").fetchone()
    [tables] = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if (application_id, tables) == (0, 0):
        use_wal(connection)
        connection.executescript(files("codecompanion.storage").joinpath("response_cache.sql").read_text("utf-8"))
    elif (application_id, version) != (APPLICATION_ID, SCHEMA_VERSION):
        raise NotOurs
    connection.execute("PRAGMA synchronous = NORMAL")


def set_aside(path: Path) -> Path | None:
    """Rename a damaged file to `NAME.damaged`, in place of an earlier one, and return that; None when it is sound after all.

    Several processes may find the damage at once: the first makes way, the others find a sound file.
    """
    with path.with_name(f"{path.name}.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _is_sound(path):
            return None
        aside = path.with_name(f"{path.name}.damaged")
        # Without its log first: a new file of that name must not inherit it.
        for companion in ("-wal", "-shm"):
            path.with_name(path.name + companion).unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            path.replace(aside)
        return aside


def _is_sound(path: Path) -> bool:
    try:
        with closing(open_file(path)) as connection:
            connection.execute("SELECT key, content, content_sha256, put_at, used, bytes FROM responses, totals LIMIT 1")
            return connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
    except (sqlite3.Error, NotOurs) as error:
        return not is_spoilt(error)
