"""A process in a cage that writes to the file `heartbeat` for as long as it lives."""

from pathlib import Path

import anyio

from waiting import until


async def has_begun(inside: Path) -> None:
    await until((inside / "heartbeat").exists)


async def is_dead(inside: Path) -> bool:
    """Say whether it beats no more, which it does every 10 ms while it lives; to end of a kill may take a moment."""
    for _ in range(50):
        beats = (inside / "heartbeat").stat().st_size
        assert beats > 0
        await anyio.sleep(0.2)
        if (inside / "heartbeat").stat().st_size == beats:
            return True
    return False
