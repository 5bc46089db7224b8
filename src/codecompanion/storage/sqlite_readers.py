"""The readers of a SQLite file: threads that never wait for the writer, nor it for them."""

import sqlite3
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import anyio
from anyio import to_thread

from codecompanion.domain.errors import DatabaseUnavailable
from codecompanion.domain.exhaustion import exhausted_by
from codecompanion.storage.sqlite_file import connect, disk_errors

T = TypeVar("T")


class Readers:
    """Runs queries in threads, a few at once, each on a connection that nobody else uses meanwhile."""

    def __init__(self, path: Path, *, at_once: int = 4) -> None:
        self._path = path
        self._threads = anyio.CapacityLimiter(at_once)
        self._idle: deque[sqlite3.Connection] = deque()

    async def run(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Return what the query returned; it sees every commit that was acknowledged before.

        Raises:
            EnvironmentBroken: The file cannot be read.
        """
        try:
            return await to_thread.run_sync(self._run, query, limiter=self._threads)
        except RuntimeError as error:
            if (spent := exhausted_by(error)) is None:
                raise
            raise DatabaseUnavailable(
                f"the log {str(self._path)!r} cannot be read now", cause=spent.what, fix=spent.fix
            ) from error

    def _run(self, query: Callable[[sqlite3.Connection], T]) -> T:
        with disk_errors(self._path):
            connection = self._take_connection()
            try:
                return query(connection)
            finally:
                self._idle.append(connection)

    def _take_connection(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return connect(self._path, query_only=True)

    def close(self) -> None:
        """Close the connections; no query may be under way."""
        while self._idle:
            self._idle.pop().close()
