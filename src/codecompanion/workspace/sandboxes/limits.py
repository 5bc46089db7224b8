"""Resource limits of a caged command."""

import resource

from codecompanion.ports import Cage
from codecompanion.workspace.sandboxes.launcher.limits import below_ceiling

OPEN_FILES = 4096


def resource_limits(cage: Cage) -> dict[int, int]:
    """Return the value of each limit by its `resource.RLIMIT_*`, never above what this process may set itself."""
    wanted = {
        resource.RLIMIT_AS: cage.memory_bytes,
        resource.RLIMIT_FSIZE: cage.file_bytes,
        resource.RLIMIT_NPROC: cage.processes,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_CORE: 0,
    }
    return {limit: below_ceiling(limit, value) for limit, value in wanted.items()}
