"""The LearningEngine keeps each outcome once, and what it knows is what the log says."""

import json
from datetime import UTC, datetime
from uuid import UUID

import anyio
import pytest

from codecompanion.clock import SystemClock
from codecompanion.domain.envelope import Event, unseal, verify_chain
from codecompanion.domain.errors import BadInput
from codecompanion.domain.learning import cell_key
from codecompanion.domain.outcome_reading import outcomes_of
from codecompanion.domain.outcomes import Later, TaskOutcome
from codecompanion.domain.streams import LEARNING
from codecompanion.ports import EventStore
from codecompanion.routing.learning_engine import LearningEngine, TakenIn, event_id_of
from codecompanion.routing.outcome_lines import read, written
from codecompanion.routing.stream_fold import SNAPSHOT_EVERY
from outcomes import OUTCOME, attempt, ended, outcome, plan, request, sealed

pytestmark = pytest.mark.anyio

A = "openai:a"


def engine(store: EventStore) -> LearningEngine:
    return LearningEngine(store, SystemClock(), redact=dict)


def run() -> list[Event]:
    return sealed([request(), plan(("code", "code_generator")), *attempt("code", 1, A, passed=True), *ended()])


async def put(store: EventStore, events: list[Event]) -> str:
    await store.append("r1", [unseal(event) for event in events], expected_version=0)
    return "r1"


async def test_the_outcomes_of_a_run_are_recorded_once(store: EventStore) -> None:
    run_id = await put(store, run())
    assert [await engine(store).record_run(run_id, run()) for _ in range(2)] == [1, 0]
    learned = await engine(store).learned()
    assert learned.cells[cell_key(A, "code_generator", "change")].outcomes == 1


async def test_processes_that_record_the_same_run_at_once_record_it_once(store: EventStore) -> None:
    run_id = await put(store, run())
    async with anyio.create_task_group() as tasks:
        for _ in range(8):
            tasks.start_soon(engine(store).record_run, run_id, run())
    assert verify_chain(LEARNING, await store.read(LEARNING)) == 1


async def test_what_is_known_is_what_the_log_says_also_after_snapshots(store: EventStore) -> None:
    many = [
        outcome(n, verified=n % 3 > 0, cost_usd=n / 7, delivered="e" * 40 if n % 5 == 0 else "")
        for n in range(SNAPSHOT_EVERY + 9)
    ]
    await engine(store).take_in(many)
    await engine(store).correct("d5", Later(merged=True, reverted=True))
    kept = await engine(store).learned()
    await engine(store).correct("d10", Later(merged=True, survived_7=0.3))
    assert kept != await engine(store).learned() == await engine(store).rebuilt()


async def test_what_was_exported_can_be_taken_in_elsewhere_and_twice(store: EventStore) -> None:
    await engine(store).take_in([OUTCOME, outcome(2, verified=False)])
    await engine(store).correct(OUTCOME.decision_id, Later(merged=True, survived_7=0.5))
    text = written((await engine(store).history()).outcomes)
    again = read(text, "file")
    assert again == list((await engine(store).history()).outcomes)
    assert again[0].later.survived_7 == 0.5
    assert await engine(store).take_in(again) == TakenIn(0, 2)
    assert await engine(store).take_in([*again, outcome(3)]) == TakenIn(1, 2)


async def test_an_outcome_that_came_in_a_file_is_not_recorded_again_from_its_run(store: EventStore) -> None:
    run_id = await put(store, run())
    (only,) = read(written(await recorded(store)), "file")
    assert (await engine(store).take_in([only])).new == 1
    assert await engine(store).record_run(run_id, run()) == 0
    assert (await engine(store).learned()).cells[cell_key(A, "code_generator", "change")].outcomes == 1


async def recorded(store: EventStore) -> tuple[TaskOutcome, ...]:
    return outcomes_of("r1", await store.read("r1"))


async def test_a_correction_is_recorded_once(store: EventStore) -> None:
    await engine(store).take_in([OUTCOME])
    for _ in range(2):
        await engine(store).correct(OUTCOME.decision_id, Later(merged=True))
    assert len(await store.read(LEARNING)) == 2


async def test_a_reset_model_is_left_out_of_the_history_and_its_outcomes_stay_known(store: EventStore) -> None:
    await engine(store).take_in([OUTCOME, outcome(2, model="openai:b")])
    await engine(store).reset(OUTCOME.model, "a new version")
    history = await engine(store).history()
    assert [one.model for one in history.outcomes] == ["openai:b"]
    assert await engine(store).take_in([OUTCOME]) == TakenIn(0, 1)


def test_the_id_of_an_outcomes_event_is_a_uuid_of_its_time() -> None:
    made = UUID(event_id_of(OUTCOME))
    assert made.version == 7
    assert made.int >> 80 == int(datetime(2026, 11, 26, 10, 15, tzinfo=UTC).timestamp() * 1000)
    assert event_id_of(OUTCOME.model_copy(update={"decision_id": "x"})) != str(made)


GOOD = json.loads(written([OUTCOME]))


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "no object"),
        ("{}", "not 'outcome'"),
        (json.dumps({**GOOD, "schema_version": 2}), "version 2"),
        (json.dumps({**GOOD, "cost_usd": -1}), "cost_usd"),
        (json.dumps({**GOOD, "cost_usd": float("nan")}), "cost_usd"),
        (json.dumps({**GOOD, "cost_usd": float("inf")}), "cost_usd"),
        (json.dumps({**GOOD, "verified": "maybe"}), "verified"),
        (json.dumps({**GOOD, "at": "yesterday"}), "at"),
        (json.dumps({**GOOD, "model": "a\tb"}), "model"),
        (json.dumps({**GOOD, "reward": 1}), "no field 'reward'"),
        (json.dumps({**GOOD, "verified": False}), "another outcome"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_read(line: str, cause: str) -> None:
    with pytest.raises(BadInput, match=r"line 3 of file") as refusal:
        read(f"{written([OUTCOME])}\n{line}\n", "file")
    assert cause in refusal.value.cause
