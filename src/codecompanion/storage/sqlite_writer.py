"""The one writer of a SQLite file: a thread that commits the jobs that wait in one transaction."""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Generic, TypeVar

from codecompanion.domain.envelope import Event
from codecompanion.storage.sqlite_appends import Append, Ends
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
    """A job and who waits for it. The outcome is there before `answered` is."""

    job: Job[T]
    answered: asyncio.Future[None]
    outcome: _Done[T] | Exception | None = None


class Writer:
    """Runs jobs in transactions, one after another; the jobs that come meanwhile share the next one.

    A job is answered after the commit. One that raises is undone alone; it may be run twice before the commit. The thread
    is not anyio's own, and the loop is told by asyncio's means: the hop there and back would take as long as half a commit.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = connect(path)
        self._waiting: SimpleQueue[_Ticket[Any] | None] = SimpleQueue()
        self._expected = 1
        self._ends = Ends()
        self._loop = asyncio.get_running_loop()
        self._thread = Thread(target=self._work, name="sqlite-writer", daemon=True)
        self._thread.start()

    async def run(self, job: Job[T]) -> T:
        """Return what the job returned, once it is durable. A cancelled job may still be carried out.

        Raises:
            EnvironmentBroken: The disk is full or fails; nothing of the job was stored.
        """
        ticket = _Ticket(job, self._loop.create_future())
        self._waiting.put(ticket)
        await ticket.answered  # cancelled, it means something only to a job that has not begun
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
            self._commit([ticket for ticket in group if not ticket.answered.cancelled()])
            self._expected = len(group) + self._waiting.qsize()
            with suppress(RuntimeError):  # the loop was closed, and nobody waits any more
                self._loop.call_soon_threadsafe(_wake, group)

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
        jobs = [ticket.job for ticket in group]
        try:
            return self._transaction(jobs, [job for job in jobs if isinstance(job, Append)])
        except sqlite3.IntegrityError:  # a key or an id is stored already: find out whose, one after the other
            return self._transaction(jobs, [])

    def _transaction(self, jobs: Sequence[Job[Any]], together: Sequence[Append]) -> list[_Done[Any] | Exception]:
        """Carry out jobs; some appends before all others, without a look at what is stored."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._ends.begin(self._connection)
            stored = self._ends.store(self._connection, together)
            outcomes = [self._outcome(job, stored) for job in jobs]
            self._connection.execute("COMMIT")
        except BaseException:
            self._ends.forget()
            raise
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        return outcomes

    def _outcome(self, job: Job[Any], stored: Mapping[int, list[Event]]) -> _Done[Any] | Exception:
        return _Done(stored[id(job)]) if id(job) in stored else self._attempt(job)

    def _attempt(self, job: Job[Any]) -> _Done[Any] | Exception:
        self._ends.forget()
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
        if not ticket.answered.done():
            ticket.answered.set_result(None)
