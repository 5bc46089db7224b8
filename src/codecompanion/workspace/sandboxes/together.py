"""What the processes of a cage may have together, and who sees to it: the kernel by a cgroup, or else our own watch."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Protocol

from codecompanion.ports import Cage
from codecompanion.workspace.sandboxes.cgroups import Cgroups, NoCgroup, find_cgroups
from codecompanion.workspace.sandboxes.memory_sum import MemorySum

LAUNCHERS = 8
"""So many processes a rung needs itself at the most, in the cage's cgroup."""


class Together(Protocol):
    """A limit of the memory of several processes."""

    @property
    def way_in(self) -> tuple[str, ...]:
        """What the command line of the first process begins with; () when nothing has to be done."""
        ...

    @property
    def exceeded(self) -> str:
        """What they took too much of, "" as long as they did not."""
        ...

    async def wait_until_exceeded(self, root: int) -> None:
        """Return when the process `root` and all below it have to be ended from here."""
        ...


@asynccontextmanager
async def held_together(cgroups: Cgroups | None, cage: Cage) -> AsyncGenerator[Together]:
    """Yield the limit of a cage's processes that are started from now on.

    Raises:
        SandboxLost: No cgroup can be made any more.
    """
    watch = MemorySum.now(cage.total_memory_bytes)
    if cgroups is None:
        yield watch
        return
    async with cgroups.one(memory_bytes=watch.limit, processes=cage.processes + LAUNCHERS) as cgroup:
        yield cgroup


def who_holds_it() -> str:
    """Return in words who holds it on this machine, and why not the kernel."""
    try:
        return f"held by the kernel, by cgroups in {find_cgroups().parent}"
    except NoCgroup as none:
        return f"watched from outside, because no cgroup is ours to divide ({none})"
