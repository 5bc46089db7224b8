"""Notices when the processes of a cage take too much memory together.

The kernel limits each process; this is for where it cannot limit their sum (see `cgroups`). Asking how much memory
is free costs next to nothing, so that is done often. The cage's processes are looked at when it fell by more than they
may have, and once a second whatever it is: others may have given theirs back meanwhile.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import anyio
import anyio.to_thread

POLL_S = 0.05
LOOK_EVERY = 20
"""So many polls there are between two looks at the least."""
KIB = 1024
OF_WHAT_IS_FREE = 0.9
"""A cage never takes more than this part of what was free when it began: the machine has others to serve."""


@dataclass(slots=True)
class MemorySum:
    """How much memory a cage's processes may have together, in bytes. `exceeded` says that it was too much, "" until then."""

    limit: int
    free_before: int
    exceeded: str = ""

    @classmethod
    def now(cls, total_bytes: int) -> "MemorySum":
        """Return a limit for processes that are started from now on."""
        free = _free()
        return cls(min(total_bytes, int(free * OF_WHAT_IS_FREE)), free)

    @property
    def way_in(self) -> tuple[str, ...]:
        """Nothing: a process is watched from outside."""
        return ()

    async def wait_until_exceeded(self, root: int) -> None:
        """Return when a process and all below it have more than they may."""
        polls = 0
        while not self.exceeded:
            await anyio.sleep(POLL_S)
            polls += 1
            if polls % LOOK_EVERY == 0 or self.free_before - _free() > self.limit:
                self.exceeded = await anyio.to_thread.run_sync(self._look, root)

    def _look(self, root: int) -> str:
        taken = sum(map(_proportional, _family(root)))
        if taken > self.limit:
            return f"its processes took more than {self.limit // KIB**2} MiB of memory together"
        # Somebody else took the rest: the next look is due when as much is gone as these may still take.
        self.free_before = _free() + taken
        return ""


def _free() -> int:
    """Return how many bytes of memory can be had, caches given up."""
    with Path("/proc/meminfo").open() as file:
        return next(int(line.split()[1]) * KIB for line in file if line.startswith("MemAvailable:"))


def _family(pid: int) -> Iterator[int]:
    """Yield a process and all below it; those that a daemon leaves are below the launcher, which takes in orphans."""
    yield pid
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield from _family(int(child))


def _proportional(pid: int) -> int:
    """Return the bytes that a process has, of what it shares its part; 0 when it is gone."""
    with suppress(OSError), Path(f"/proc/{pid}/smaps_rollup").open() as file:
        return next((int(line.split()[1]) * KIB for line in file if line.startswith("Pss:")), 0)
    with suppress(OSError, ValueError, IndexError):
        _, resident, shared, *_ = Path(f"/proc/{pid}/statm").read_text().split()
        return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")
    return 0
