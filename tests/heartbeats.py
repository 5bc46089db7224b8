"""A process in a cage that writes to the file `heartbeat` for as long as it lives."""

from pathlib import Path

import anyio

from waiting import until


async def has_begun(inside: Path) -> None:
    await until((inside / "heartbeat").exists)


async def is_dead(inside: Path) -> bool:
    """Say whether the daemon beats no more; to be killed is quick, to end of it may take a moment."""
    for _ in range(50):
        beats = (inside / "heartbeat").stat().st_size
        assert beats > 0
        await anyio.sleep(0.2)
        if (inside / "heartbeat").stat().st_size == beats:
            return True
    return False
