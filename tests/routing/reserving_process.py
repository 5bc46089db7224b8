"""A process of its own that reserves one call after the other from a shared ledger and settles those that it got.

Arguments: the file, this process's name, the number of calls, the run's limit in US dollars ("" for none). Each call may cost
one dollar and costs as much. It says "ready" and waits for a line of input before it begins; then it prints "got" or "refused"
for each call, and at last the longest that one took, in seconds.
"""

import sys
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import anyio

from codecompanion.clock import SystemClock
from codecompanion.domain.budget import Limits
from codecompanion.domain.errors import OverBudget
from codecompanion.routing.cost_governor import CostGovernor
from codecompanion.storage.sqlite import open_sqlite

AT = datetime(2026, 11, 26, 10, tzinfo=UTC)


async def call(governor: CostGovernor, key: str) -> str:
    try:
        reservation = await governor.reserve(
            key=key, run_id="run-1", project="/shop", role="coder", model="x:y", worst_usd=Decimal(1), at=AT
        )
    except OverBudget:
        return "refused"
    await governor.settle(reservation.reservation_id, cost_usd=Decimal(1))
    return "got"


async def main(path: Path, name: str, calls: int, limit: Decimal | None) -> None:
    longest = 0.0
    async with open_sqlite(path) as (store, _):
        governor = CostGovernor(store, SystemClock(), Limits(run_usd=limit), redact=dict)
        for number in range(calls):
            begun = time.monotonic()
            print(await call(governor, f"{name}:{number}"), flush=True)  # noqa: T201  # the test reads it
            longest = max(longest, time.monotonic() - begun)
    print(longest, flush=True)  # noqa: T201  # the test reads it


print("ready", flush=True)  # noqa: T201  # the test reads it
sys.stdin.readline()
anyio.run(main, Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Decimal(sys.argv[4]) if sys.argv[4] else None)
