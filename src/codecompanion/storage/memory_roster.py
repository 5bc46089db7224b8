"""Who is at work, in memory."""

from collections.abc import Callable
from dataclasses import replace

from codecompanion.ports import Attendance


class MemoryRoster:
    """A `Roster` in memory.

    Args:
        seconds: The clock: seconds since any moment, never less than before.
    """

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._heard: dict[str, tuple[Attendance, float]] = {}

    async def beat(self, attendance: Attendance) -> None:
        """Say that a worker is there now."""
        self._heard[attendance.worker] = (attendance, self._seconds())

    async def leave(self, worker: str) -> None:
        """Take a worker off."""
        self._heard.pop(worker, None)

    async def present(self) -> list[Attendance]:
        """Return all that are on, by their ids."""
        now = self._seconds()
        return [replace(one, silent_s=now - heard_at) for _, (one, heard_at) in sorted(self._heard.items())]
