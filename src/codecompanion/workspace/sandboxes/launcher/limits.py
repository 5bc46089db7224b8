"""Resource limits, as the process that shall have them sets them."""

import os
import resource
from collections.abc import Mapping


def apply_limits(limits: Mapping[int, int], *, owner: int) -> None:
    """Bind this process, and all that it starts, to limits by `resource.RLIMIT_*`; `owner` is the user it will be."""
    for limit, value in limits.items():
        # The kernel counts all threads of a user, the cage's limit only its own. What others of that user start later
        # takes from the same number: only a user namespace, which this rung lacks, counts for one cage alone.
        wanted = value + _threads_of(owner) if limit == resource.RLIMIT_NPROC else value
        allowed = below_ceiling(limit, wanted)
        resource.setrlimit(limit, (allowed, allowed))


def below_ceiling(limit: int, value: int) -> int:
    """Return a value, or this process's own hard limit when that is lower."""
    _, ceiling = resource.getrlimit(limit)
    return value if ceiling == resource.RLIM_INFINITY else min(value, ceiling)


def _threads_of(owner: int) -> int:
    return sum(_threads(entry) for entry in os.scandir("/proc") if entry.name.isdigit() and _belongs(entry, owner))


def _belongs(process: "os.DirEntry[str]", owner: int) -> bool:
    try:
        return process.stat().st_uid == owner
    except OSError:
        return False


def _threads(process: "os.DirEntry[str]") -> int:
    try:
        return sum(1 for _ in os.scandir(f"{process.path}/task"))
    except OSError:
        return 0
