from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecompanion.bus.mock import MockBus
from codecompanion.clock import FixedClock
from codecompanion.domain.commands import Command, FailRun, PauseRun, Record, ResumeRun, StartRun
from codecompanion.domain.envelope import Draft, Event
from codecompanion.domain.errors import BUG_CODE, BadInput, CommandRefused, OverBudget, VersionConflict
from codecompanion.domain.state import Ended, Running
from codecompanion.domain.steps import MeasureBase, PrepareTree, ProfileProject, Step
from codecompanion.domain.topics import APPENDED
from codecompanion.orchestrator import orchestrator as module
from codecompanion.orchestrator.orchestrator import EventSourcedOrchestrator, recorded_text, state_hash
from codecompanion.orchestrator.projections import view_of
from codecompanion.ports import Message
from codecompanion.storage.memory import MemoryEventStore
from histories import BASE, FAILURE, MEASURED, PROFILE, REQUEST, STRAIGHT

pytestmark = pytest.mark.anyio

RUN = "run-1"
CLOCK = datetime(2026, 1, 2, tzinfo=UTC)


def make(store: MemoryEventStore, bus: MockBus | None = None, start: datetime = CLOCK) -> EventSourcedOrchestrator:
    return EventSourcedOrchestrator(store, FixedClock(start), bus or MockBus(), redact=lambda data: data)


@pytest.fixture
def store() -> MemoryEventStore:
    return MemoryEventStore()


class ContestedStore(MemoryEventStore):
    """A store where another writer is faster a number of times."""

    def __init__(self, contests: int) -> None:
        super().__init__()
        self.contests = contests

    async def append(
        self, stream_id: str, drafts: Sequence[Draft], *, expected_version: int, idempotency_key: str | None = None
    ) -> list[Event]:
        if expected_version and self.contests:
            self.contests -= 1
            rival = Draft(f"rival-{self.contests}", "ToolIntended", 1, "", {"key": "k", "tool": "t"}, "rival")
            await super().append(stream_id, [rival], expected_version=expected_version)
        return await super().append(stream_id, drafts, expected_version=expected_version, idempotency_key=idempotency_key)


async def test_a_command_becomes_chained_events_that_name_their_cause(store: MemoryEventStore) -> None:
    orchestrator = make(store)
    (started,) = await orchestrator.handle(RUN, StartRun(REQUEST), actor="user")
    (recorded,) = await orchestrator.handle(RUN, Record(BASE), actor="engine")
    assert (started.type, started.actor, started.correlation_id, started.causation_id) == ("RunStarted", "user", RUN, "")
    assert recorded.causation_id == started.event_id
    assert recorded.prev_hash == started.hash


class AppendedStore(MemoryEventStore):
    """A store that nobody may read."""

    async def read(self, stream_id: str, *, after_version: int = 0, up_to_version: int | None = None) -> list[Event]:
        raise AssertionError(f"{stream_id} is read between {after_version} and {up_to_version}")


async def test_a_run_is_started_and_carried_on_without_a_read() -> None:
    orchestrator = make(AppendedStore())
    await orchestrator.handle(RUN, StartRun(REQUEST), actor="user", key="start")
    (recorded,) = await orchestrator.handle(RUN, Record(BASE), actor="engine", key="base")
    assert recorded.version == 2


async def test_a_run_that_another_process_has_started_is_not_started_again(store: MemoryEventStore) -> None:
    first = await make(store).handle(RUN, StartRun(REQUEST), actor="user", key="start")
    later = CLOCK + timedelta(hours=1)
    assert await make(store, start=later).handle(RUN, StartRun(REQUEST), actor="user", key="start") == first
    assert await make(store, start=later).handle(RUN, StartRun(REQUEST), actor="user") == []
    with pytest.raises(CommandRefused):
        await make(store, start=later).handle(RUN, StartRun(REQUEST.model_copy(update={"objective": "else"})), actor="user")
    assert len(await store.read(RUN)) == 1


async def test_a_command_that_lost_the_race_is_decided_anew() -> None:
    store = ContestedStore(3)
    orchestrator = make(store)
    await orchestrator.handle(RUN, StartRun(REQUEST), actor="user")
    (event,) = await orchestrator.handle(RUN, Record(BASE), actor="engine")
    assert event.version == 5


async def test_a_command_that_always_loses_says_so() -> None:
    store = ContestedStore(1000)
    orchestrator = make(store)
    await orchestrator.handle(RUN, StartRun(REQUEST), actor="user")
    with pytest.raises(VersionConflict):
        await orchestrator.handle(RUN, Record(BASE), actor="engine")


async def test_a_key_makes_a_command_count_once(store: MemoryEventStore) -> None:
    orchestrator = make(store)
    await orchestrator.handle(RUN, StartRun(REQUEST), actor="user")
    first = await orchestrator.handle(RUN, Record(BASE), actor="engine", key="prepare")
    again = await make(store).handle(RUN, Record(PROFILE), actor="engine", key="prepare")
    assert again == first
    assert len(await store.read(RUN)) == 2


async def test_a_refused_command_leaves_no_event(store: MemoryEventStore) -> None:
    with pytest.raises(CommandRefused):
        await make(store).handle(RUN, ResumeRun(), actor="user")
    assert await store.read(RUN) == []


async def test_the_state_can_be_had_as_of_any_version(store: MemoryEventStore) -> None:
    orchestrator = make(store)
    now: dict[int, str] = {}
    for command in STRAIGHT:
        await orchestrator.handle(RUN, command, actor="x")
        loaded = await orchestrator.load(RUN)
        now[loaded.version] = state_hash(loaded.state)
    for version, expected in now.items():
        assert state_hash((await make(store).load(RUN, at_version=version)).state) == expected
    assert isinstance((await orchestrator.load(RUN, at_version=1)).state, Running)
    assert isinstance((await orchestrator.load(RUN)).state, Ended)


class CountingStore(MemoryEventStore):
    """A store that counts the questions of what a stream holds."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0

    async def read(self, stream_id: str, *, after_version: int = 0, up_to_version: int | None = None) -> list[Event]:
        self.reads += 1
        return await super().read(stream_id, after_version=after_version, up_to_version=up_to_version)


async def test_what_an_append_told_is_not_asked_again_and_only_once_believed() -> None:
    store = CountingStore()
    mine, other = make(store), make(store, start=CLOCK + timedelta(days=1))
    await mine.handle(RUN, StartRun(REQUEST), actor="user")
    before = store.reads
    state = await mine.state_to_act_on(RUN)
    assert isinstance(state, Running)
    assert state.base is None
    assert store.reads == before
    await other.handle(RUN, Record(BASE), actor="engine")
    state = await mine.state_to_act_on(RUN)
    assert isinstance(state, Running)
    assert state.base is not None


async def test_two_orchestrators_on_one_store_see_each_others_events(store: MemoryEventStore) -> None:
    one, other = make(store), make(store, start=CLOCK + timedelta(hours=1))
    await one.handle(RUN, StartRun(REQUEST), actor="user")
    await other.handle(RUN, Record(BASE), actor="engine")
    state = (await one.load(RUN)).state
    assert isinstance(state, Running)
    assert state.base is not None


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 9), st.integers(0, 40))
async def test_a_snapshot_changes_no_answer(every: int, noise: int) -> None:
    store = MemoryEventStore()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "SNAPSHOT_EVERY", every)
        orchestrator = make(store)
        await orchestrator.handle(RUN, StartRun(REQUEST), actor="user")
        commands: list[Command] = [PauseRun("x") if i % 2 == 0 else ResumeRun() for i in range(noise)]
        for command in commands:
            await orchestrator.handle(RUN, command, actor="user")
        fresh = await make(store).load(RUN)
        assert fresh == await orchestrator.load(RUN)


async def test_secrets_are_masked_before_they_are_recorded(store: MemoryEventStore) -> None:
    def mask(data: dict[str, Any]) -> dict[str, Any]:
        return {key: "[redacted]" if key == "objective" else value for key, value in data.items()}

    orchestrator = EventSourcedOrchestrator(store, FixedClock(CLOCK), MockBus(), redact=mask)
    await orchestrator.handle(RUN, StartRun(REQUEST), actor="user")
    assert (await store.read(RUN))[0].data["objective"] == "[redacted]"
    state = await orchestrator.state_to_act_on(RUN)
    assert isinstance(state, Running)
    assert state.request.objective == "[redacted]", "what goes on is what is recorded"


async def test_the_bus_is_told_where_to_look_after_the_append(store: MemoryEventStore) -> None:
    bus = MockBus()
    seen: list[int] = []

    async def look(message: Message) -> None:
        seen.append(len(await store.read(str(message.payload["run_id"]))))

    async with anyio.create_task_group() as group:
        group.start_soon(lambda: bus.watch(APPENDED, handler=look))
        await anyio.wait_all_tasks_blocked()
        await make(store, bus).handle(RUN, StartRun(REQUEST), actor="user")
        with anyio.fail_after(30):
            while not seen:
                await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()
    assert seen == [1]


class Engine:
    """Does the first steps by recording what the straight run records; `fault` is raised at the measurement."""

    def __init__(self, orchestrator: EventSourcedOrchestrator, fault: BaseException | None = None) -> None:
        self.orchestrator = orchestrator
        self.fault = fault
        self.steps: list[Step] = []

    async def perform(self, run_id: str, state: Running, step: Step) -> None:
        assert not state.paused
        self.steps.append(step)
        match step:
            case PrepareTree():
                await self.orchestrator.handle(run_id, Record(BASE), actor="engine")
            case ProfileProject():
                await self.orchestrator.handle(run_id, Record(PROFILE), actor="engine")
            case MeasureBase() if self.fault is not None:
                raise self.fault
            case MeasureBase():
                await self.orchestrator.handle(run_id, Record(MEASURED), actor="engine")
            case _:
                await self.orchestrator.handle(run_id, PauseRun("far enough"), actor="engine")


async def test_a_run_is_driven_step_by_step_until_it_waits(store: MemoryEventStore) -> None:
    orchestrator = make(store)
    await orchestrator.handle(RUN, StartRun(REQUEST), actor="user")
    engine = Engine(orchestrator)
    state = await orchestrator.drive(RUN, engine)
    assert [type(step).__name__ for step in engine.steps] == ["PrepareTree", "ProfileProject", "MeasureBase", "MakePlan"]
    assert isinstance(state, Running)
    assert state.paused


async def test_an_error_somebody_can_act_on_ends_the_run_with_it(store: MemoryEventStore) -> None:
    orchestrator = make(store)
    await orchestrator.handle(RUN, StartRun(REQUEST), actor="user")
    state = await orchestrator.drive(RUN, Engine(orchestrator, BadInput("no tests", fix="write one")))
    assert isinstance(state, Ended)
    assert state.exit_code == 2
    last = (await store.read(RUN))[-1]
    assert (last.type, last.data["what"], last.data["fix"]) == ("RunFailed", "no tests", "write one")


async def test_a_run_whose_budget_is_used_up_is_paused_and_goes_on_with_more(store: MemoryEventStore) -> None:
    orchestrator = make(store)
    await orchestrator.handle(RUN, StartRun(REQUEST), actor="user")
    with pytest.raises(OverBudget):
        await orchestrator.drive(RUN, Engine(orchestrator, OverBudget("nothing is left", limit="run")))
    last = (await store.read(RUN))[-1]
    assert (last.type, last.data["reason"]) == ("RunPaused", "nothing is left")
    await orchestrator.handle(RUN, ResumeRun(Decimal(3), timeout_s=9.0), actor="user")
    state = await orchestrator.drive(RUN, Engine(orchestrator))
    assert isinstance(state, Running)
    seen = view_of(RUN, await store.read(RUN)).request
    assert state.request == seen
    assert (seen.max_budget_usd, seen.timeout_s) == (3, 9.0)


async def test_a_fault_of_ours_is_recorded_and_raised(store: MemoryEventStore) -> None:
    orchestrator = make(store)
    await orchestrator.handle(RUN, StartRun(REQUEST), actor="user")
    with pytest.raises(ZeroDivisionError):
        await orchestrator.drive(RUN, Engine(orchestrator, ZeroDivisionError("oops")))
    assert (await store.read(RUN))[-1].data["code"] == BUG_CODE


async def test_a_cancelled_run_is_paused_and_can_go_on(store: MemoryEventStore) -> None:
    orchestrator = make(store)
    await orchestrator.handle(RUN, StartRun(REQUEST), actor="user")

    class Waiting(Engine):
        async def perform(self, run_id: str, state: Running, step: Step) -> None:
            if isinstance(step, MeasureBase):
                await anyio.sleep_forever()
            await super().perform(run_id, state, step)

    with anyio.move_on_after(0.1):
        await orchestrator.drive(RUN, Waiting(orchestrator))
    assert (await store.read(RUN))[-1].type == "RunPaused"
    await orchestrator.handle(RUN, ResumeRun(), actor="user")
    assert isinstance(await orchestrator.drive(RUN, Engine(orchestrator)), Running)


async def test_a_finished_run_has_nothing_to_drive(store: MemoryEventStore) -> None:
    orchestrator = make(store)
    await orchestrator.handle(RUN, StartRun(REQUEST), actor="user")
    await orchestrator.handle(RUN, FailRun(FAILURE), actor="user")
    engine = Engine(orchestrator)
    await orchestrator.drive(RUN, engine)
    assert engine.steps == []


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(1970, 1, 1)))  # noqa: DTZ001 - hypothesis adds the zone
def test_a_time_is_recorded_with_all_its_microseconds(moment: datetime) -> None:
    assert recorded_text(moment) == moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
