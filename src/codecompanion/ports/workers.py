"""Who works, and who holds which run."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Attendance:
    """A worker that is, or was, at work. `place` is the machine and process, `size` how many runs it takes at once.

    `draining`: it takes no more. `silent_s` are the seconds since it was last heard of, by the clock of the database: those of
    the machines may say what they like. After `lease_s` of silence others may take what it works on.
    """

    worker: str
    place: str
    size: int
    lease_s: float
    draining: bool = False
    silent_s: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether it counts as alive."""
        return self.silent_s < self.lease_s

    @property
    def state(self) -> str:
        """How it is: "working", "draining", or "silent" when its lease ran out."""
        return ("draining" if self.draining else "working") if self.holds else "silent"


class Roster(Protocol):
    """Who is at work. It is no truth about runs: losing it costs time only."""

    async def beat(self, attendance: Attendance) -> None:
        """Say that a worker is there now.

        Raises:
            EnvironmentBroken: The roster cannot be written.
        """
        ...

    async def leave(self, worker: str) -> None:
        """Take a worker off; nothing happens when it is not on."""
        ...

    async def present(self) -> list[Attendance]:
        """Return all that are on, also those that have been silent for long, by their ids."""
        ...


class RunLocks(Protocol):
    """See to it that one process at a time works on a run."""

    def hold(self, run_id: str) -> AbstractAsyncContextManager[None]:
        """Hold a run for this process until the context is left, or the process ends.

        Raises:
            CommandRefused: Another process is working on the run.
            EnvironmentBroken: There is no place for locks.
        """
        ...
