"""The one writer of a SQLite file: a thread that commits the jobs that wait in one transaction."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Generic, TypeVar

import anyio
from anyio import from_thread
from anyio.lowlevel import current_token

from codecompanion.storage.sqlite_file import connect, disk_error

T = TypeVar("T")
GATHER_S = 0.0005
"""How long a commit waits for the next of the writers that shared the last one. A synced commit takes 0.2 to 5 ms."""

Job = Callable[[sqlite3.Connection], T]


@dataclass(slots=True)
class _Done(Generic[T]):
    value: T


@dataclass(eq=False, slots=True)
class _Ticket(Generic[T]):
    """A job and who waits for it. The outcome is there once `answered` is set."""

    job: Job[T]
    answered: anyio.Event = field(default_factory=anyio.Event)
    outcome: _Done[T] | Exception | None = None
    withdrawn: bool = False


class Writer:
    """Runs jobs in transactions, one after another; the jobs that come meanwhile share the next one.

    A job is answered after the commit. One that raises is undone alone. The thread is not anyio's own: the hop
    there and back would take as long as half a commit.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = connect(path)
        self._waiting: SimpleQueue[_Ticket[Any] | None] = SimpleQueue()
        self._expected = 1
        self._loop = current_token()
        self._thread = Thread(target=self._work, name="sqlite-writer", daemon=True)
        self._thread.start()

    async def run(self, job: Job[T]) -> T:
        """Return what the job returned, once it is durable. A cancelled job may still be carried out.

        Raises:
            EnvironmentBroken: The disk is full or fails; nothing of the job was stored.
        """
        ticket = _Ticket(job)
        self._waiting.put(ticket)
        try:
            await ticket.answered.wait()
        finally:
            ticket.withdrawn = True  # it means something only to a job that has not begun
        if isinstance(ticket.outcome, Exception):
            raise ticket.outcome
        assert ticket.outcome is not None
        return ticket.outcome.value

    def close(self) -> None:
        """Finish the jobs that wait and close the connection. It blocks; no job may follow."""
        self._waiting.put(None)
        self._thread.join()
        self._connection.close()

    def _work(self) -> None:
        while group := self._take_group():
            self._commit([ticket for ticket in group if not ticket.withdrawn])
            self._expected = len(group) + self._waiting.qsize()
            from_thread.run_sync(_wake, group, token=self._loop)

    def _take_group(self) -> list[_Ticket[Any]]:
        """Wait for a job and return it with those that come with it; nothing when the writer is closed.

        Whoever was answered by the last commit is likely to be back at once. So as many as shared it are waited for, but
        never for longer than a small part of a commit; a lone writer is not kept waiting at all.
        """
        group: list[_Ticket[Any]] = []
        ticket = self._waiting.get()
        while ticket is not None:
            group.append(ticket)
            try:
                ticket = self._waiting.get(timeout=GATHER_S if len(group) < self._expected else 0)
            except Empty:
                return group
        if group:  # the closing word came behind jobs: do them first
            self._waiting.put(None)
        return group

    def _commit(self, group: Sequence[_Ticket[Any]]) -> None:
        try:
            outcomes = self._transact(group)
        except Exception as error:  # noqa: BLE001  # it is handed to everyone who waits for this commit
            outcomes = [self._meaning(error) for _ in group]
        for ticket, outcome in zip(group, outcomes, strict=True):
            ticket.outcome = outcome

    def _transact(self, group: Sequence[_Ticket[Any]]) -> list[_Done[Any] | Exception]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            outcomes = [self._attempt(ticket.job) for ticket in group]
            self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        return outcomes

    def _attempt(self, job: Job[Any]) -> _Done[Any] | Exception:
        self._connection.execute("SAVEPOINT job")
        try:
            outcome = _Done(job(self._connection))
        except Exception as error:
            if not self._connection.in_transaction:  # SQLite gave up the whole transaction: the disk is full or fails
                raise
            self._connection.execute("ROLLBACK TO job")
            outcome = self._meaning(error)
        self._connection.execute("RELEASE job")
        return outcome

    def _meaning(self, error: Exception) -> Exception:
        broken = disk_error(self._path, error) if isinstance(error, sqlite3.Error) else None
        if broken is None:
            return error
        broken.__cause__ = error
        return broken


def _wake(tickets: Sequence[_Ticket[Any]]) -> None:
    for ticket in tickets:
        ticket.answered.set()
