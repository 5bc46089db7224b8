"""Who looks at this machine's network and who changes it take turns, also across the workers of a run.

Chromium gives up every request under way when any interface comes, goes or changes (ERR_NETWORK_CHANGED), loopback or not: a
page that is just loading then stays empty.
"""

import fcntl
import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

LOCK = Path(tempfile.gettempdir()) / f"codecompanion-tests-network-{os.getuid()}.lock"


@contextmanager
def unchanging_network() -> Generator[None]:
    """Have no test change the network until the block ends; waits for one that does."""
    with _turn(fcntl.LOCK_SH):
        yield


@contextmanager
def network_to_change() -> Generator[None]:
    """Change the network with no test that leans on its staying as it is; waits for those that do."""
    with _turn(fcntl.LOCK_EX):
        yield


@contextmanager
def _turn(how: int) -> Generator[None]:
    with LOCK.open("a") as lock:
        fcntl.flock(lock, how)
        yield
