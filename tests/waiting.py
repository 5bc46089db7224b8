"""Wait for what a test has set going. The limits only end a test that would wait for ever: a busy machine is no fault."""

import time
from collections.abc import Callable

import anyio

LIMIT_S = 60.0


def wait_until(holds: Callable[[], object], what: str, limit_s: float = LIMIT_S) -> None:
    """Wait until something holds."""
    until = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < until, f"never {what}"
        time.sleep(0.02)


async def until(holds: Callable[[], object], limit_s: float = LIMIT_S) -> None:
    """Wait until something holds, while other tasks go on; raises TimeoutError."""
    with anyio.fail_after(limit_s):
        while not holds():  # noqa: ASYNC110 - what is waited for has no event
            await anyio.sleep(0.005)
