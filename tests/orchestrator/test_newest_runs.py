import pytest

from codecompanion.domain.envelope import Draft
from codecompanion.domain.events import encode
from codecompanion.domain.streams import SPENDING
from codecompanion.orchestrator.newest_runs import newest_runs
from codecompanion.storage.memory import MemoryEventStore
from histories import REQUEST
from spending import RESERVED

pytestmark = pytest.mark.anyio
MOMENT = "2026-01-01T00:00:00.000000Z"


@pytest.mark.parametrize(("most", "expected"), [(1, ["run-2"]), (2, ["run-2", "run-1"]), (200, ["run-2", "run-1", "run-0"])])
async def test_the_newest_runs_are_read_and_a_ledger_takes_no_runs_place(most: int, expected: list[str]) -> None:
    store = MemoryEventStore()
    for number in range(3):
        begun = Draft(f"e{number}", "RunStarted", REQUEST.schema_version, MOMENT, encode(REQUEST), "test")
        await store.append(f"run-{number}", [begun], expected_version=0)
    reserved = Draft("m1", "BudgetReserved", 1, MOMENT, encode(RESERVED), "governor")
    await store.append(SPENDING, [reserved], expected_version=0)
    assert [events[0].stream_id async for events in newest_runs(store, most=most)] == expected
