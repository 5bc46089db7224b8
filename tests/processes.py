"""Processes that a test has seen begin: whether they have ended."""

import time
from pathlib import Path

LONGEST_END_S = 10.0
"""To be killed is quick, to end of it takes as long as a busy machine wants."""


def has_ended(process: int) -> bool:
    """Say whether a process ends within some seconds; one that nobody has waited for yet has ended."""
    deadline = time.monotonic() + LONGEST_END_S
    while (running := _is_running(process)) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not running


def _is_running(process: int) -> bool:
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):  # the second, if it goes while it is read
        return False
    return stat.rsplit(")", 1)[1].split()[0] not in "ZX"
