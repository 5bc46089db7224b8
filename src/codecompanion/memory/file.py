"""The SQLite file of the memory: opened for one job at a time, shared between processes, set aside when it is damaged.

All in it can be made again from the log. It keeps a rollback journal and no write-ahead log, and overwrites what it deletes,
so that what was forgotten is in no file any more.
"""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

import anyio
from anyio import to_thread

from codecompanion.domain.errors import EnvironmentBroken

APPLICATION_ID = 0x43436D65
SCHEMA_VERSION = 1
_BUSY_TIMEOUT_S = 10.0
_DAMAGE = frozenset((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB))
_DISK = frozenset(
    (
        *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM),
        *(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED),
    )
)
_FIX = "free some disk space, wait for other processes, or check who may write to the state folder"

Answer = TypeVar("Answer")
Job = Callable[[sqlite3.Connection], Answer]


class MemoryDamaged(EnvironmentBroken):
    """The file could not be read and was set aside; the next job begins with an empty one."""

    code = "CC-6200"


class _NotOurs(sqlite3.DatabaseError):
    """A database of another program, or of an older version, whose notes are learned again."""


@dataclass(frozen=True, slots=True)
class MemoryFile:
    """The file at a path. It is made, with its folder, by the first job."""

    path: Path

    @property
    def damaged(self) -> Path:
        """Where a damaged file is moved to; an older one there is overwritten."""
        return self.path.with_name(f"{self.path.name}.damaged")

    async def run(self, job: Job[Answer], *, writes: bool = False) -> Answer:
        """Do a job in one transaction, in a thread, and return its answer. `writes` keeps other writers out from the start.

        Raises:
            MemoryDamaged: The file was damaged; it has been set aside.
            EnvironmentBroken: It cannot be made, read or written, or a newer version wrote it.
        """
        return await to_thread.run_sync(self._do, job, writes)

    async def discard_damaged(self) -> None:
        """Remove what was set aside: it may hold what is to be forgotten."""
        await anyio.Path(self.damaged).unlink(missing_ok=True)

    def _do(self, job: Job[Answer], writes: bool) -> Answer:  # noqa: FBT001 - a thread is given its arguments by position
        with self._lock(fcntl.LOCK_SH):
            self._make()
            begun_on = self._inode()
            try:
                with closing(self._connect()) as connection:
                    _lay_out(connection)
                    return _in_transaction(connection, job, writes=writes)
            except sqlite3.DatabaseError as error:
                code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
                if code in _DISK:
                    raise EnvironmentBroken(
                        f"the memory {str(self.path)!r} cannot be used", cause=str(error), fix=_FIX
                    ) from error
                if code not in _DAMAGE and not isinstance(error, _NotOurs):
                    raise
                damage = error
        self._set_aside(begun_on)
        raise MemoryDamaged(
            f"the memory {str(self.path)!r} was damaged",
            cause=str(damage),
            fix=f"it is now {str(self.damaged)!r}; run it again",
        ) from damage

    def _make(self) -> None:
        try:
            self.path.touch(mode=0o600)
        except OSError as error:
            raise self._unusable(error) from error

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode=rw", uri=True, timeout=_BUSY_TIMEOUT_S, isolation_level=None
        )
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")
        return connection

    def _inode(self) -> int | None:
        try:
            return self.path.stat().st_ino
        except FileNotFoundError:
            return None

    def _set_aside(self, inode: int | None) -> None:
        """Move the file away, unless another process was faster: then there is a new one at its place."""
        with self._lock(fcntl.LOCK_EX):
            if self._inode() == inode and inode is not None:
                self.path.replace(self.damaged)
                self.path.with_name(f"{self.path.name}-journal").unlink(missing_ok=True)

    @contextmanager
    def _lock(self, how: int) -> Generator[None]:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._unusable(error) from error
        try:
            fcntl.flock(lock, how)
            yield
        finally:
            os.close(lock)

    def _unusable(self, error: OSError) -> EnvironmentBroken:
        return EnvironmentBroken(f"the memory {str(self.path)!r} cannot be made", cause=str(error), fix=_FIX)


def _in_transaction(connection: sqlite3.Connection, job: Job[Answer], *, writes: bool) -> Answer:
    connection.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
    try:
        answer = job(connection)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    return answer


def _lay_out(connection: sqlite3.Connection) -> None:
    if _is_laid_out(connection):
        return
    connection.execute("BEGIN IMMEDIATE")  # while another process may be laying out the same file
    if _is_laid_out(connection):
        connection.execute("COMMIT")
        return
    schema = files("codecompanion.memory").joinpath("schema.sql").read_text("utf-8")
    try:
        for statement in schema.split(";\n"):
            connection.execute(statement)
    except sqlite3.OperationalError as error:
        if "fts5" not in str(error):
            raise
        raise EnvironmentBroken(
            "the SQLite of this Python cannot search texts: it was built without FTS5", fix="use another Python"
        ) from error
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("COMMIT")


def _is_laid_out(connection: sqlite3.Connection) -> bool:
    [application_id] = connection.execute("PRAGMA application_id").fetchone()
    [version] = connection.execute("PRAGMA user_version").fetchone()
    [tables] = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if (application_id, tables) == (0, 0):
        return False
    if application_id != APPLICATION_ID or version < SCHEMA_VERSION:
        raise _NotOurs("it is the database of another program, or of an older version")
    if version > SCHEMA_VERSION:
        raise EnvironmentBroken(
            "the memory was written by a newer CodeCompanion", fix="upgrade CodeCompanion, or choose another state folder"
        )
    return True
