"""Let one process at a time work on the worktree of a run."""

import fcntl
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio

_POLL_S = 0.02


@asynccontextmanager
async def run_lock(file: Path) -> AsyncGenerator[int]:
    """Hold a lock and lend its descriptor; whoever inherits the descriptor holds it too, until it ends.

    A git that outlives a killed run is waited for in this way, and does not write between our own files.
    """
    fd = _opened(file)
    try:
        while not _taken(fd):  # noqa: ASYNC110 - another process holds it, no event tells of its end
            await anyio.sleep(_POLL_S)
        yield fd
    finally:
        os.close(fd)


def _opened(file: Path) -> int:
    file.parent.mkdir(parents=True, exist_ok=True)
    return os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _taken(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
