"""Views that are kept are as good as those that are folded anew, and cost fewer questions."""

from collections import Counter
from datetime import UTC, datetime

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecompanion.bus.mock import MockBus
from codecompanion.clock import FixedClock
from codecompanion.domain.commands import Command, PauseRun, ResumeRun, StartRun
from codecompanion.domain.envelope import Event
from codecompanion.domain.errors import BadInput
from codecompanion.orchestrator.orchestrator import EventSourcedOrchestrator
from codecompanion.orchestrator.projections import view_of
from codecompanion.runs import views as module
from codecompanion.runs.views import Views
from codecompanion.storage.memory import MemoryEventStore
from histories import REQUEST

pytestmark = pytest.mark.anyio

RUNS = ("run-1", "run-2", "run-3")


class CountingStore(MemoryEventStore):
    """Counts what it is asked for; others may go on while it answers, which it does when `answers` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()
        self.answers = anyio.Event()
        self.answers.set()

    async def read(self, stream_id: str, *, after_version: int = 0, up_to_version: int | None = None) -> list[Event]:
        self.asked["read"] += 1
        self.asked["whole"] += not after_version
        events = await super().read(stream_id, after_version=after_version, up_to_version=up_to_version)
        await anyio.lowlevel.checkpoint()
        await self.answers.wait()
        return events


class World:
    """Runs that grow, and the views of them."""

    def __init__(self) -> None:
        self.store = CountingStore()
        self.views = Views(self.store)
        clock = FixedClock(datetime(2026, 11, 26, tzinfo=UTC))
        self._orchestrator = EventSourcedOrchestrator(self.store, clock, MockBus(), redact=dict)

    async def grow(self, run_id: str) -> None:
        events = await MemoryEventStore.read(self.store, run_id)
        command: Command = StartRun(REQUEST) if not events else PauseRun("x") if len(events) % 2 else ResumeRun()
        await self._orchestrator.handle(run_id, command, actor="user")

    async def check(self) -> None:
        """Compare every view with one that is folded anew."""
        await self.views.catch_up()
        for run_id in await self.store.streams():
            assert await self.views.as_caught_up(run_id) == view_of(run_id, await MemoryEventStore.read(self.store, run_id))


async def test_all_runs_that_were_seen_are_seen_again_without_asking_for_each() -> None:
    world = World()
    for run_id in RUNS:
        await world.grow(run_id)
    await world.check()
    for run_id in RUNS:
        await world.grow(run_id)
    world.store.asked.clear()
    await world.check()
    assert world.store.asked["read"] == 0


async def test_after_a_long_time_each_run_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BEHIND", 5)
    world = World()
    await world.grow("run-1")
    await world.check()
    for _ in range(10):
        await world.grow("run-1")
    await world.check()


async def test_of_too_many_runs_those_seen_last_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_KEPT", 2)
    world = World()
    for run_id in RUNS:
        await world.grow(run_id)
        await world.check()
    for run_id in RUNS:
        await world.grow(run_id)
    await world.check()


async def test_what_happens_while_a_run_is_read_is_not_passed_over() -> None:
    world = World()
    await world.grow("run-1")
    await world.views.catch_up()
    world.store.answers = anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(world.views.of, "run-1")
        await anyio.wait_all_tasks_blocked()
        await world.grow("run-1")
        await world.views.catch_up()
        world.store.answers.set()
    await world.check()


async def test_a_run_that_many_ask_for_at_once_is_read_from_its_beginning_by_one_of_them() -> None:
    world = World()
    for _ in range(2):
        await world.grow("run-1")
    world.store.asked.clear()
    world.store.answers = anyio.Event()
    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(world.views.of, "run-1")
        await anyio.wait_all_tasks_blocked()
        world.store.answers.set()
    assert world.store.asked["whole"] == 1


async def test_who_waits_for_another_that_is_cancelled_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    await world.grow("run-1")
    world.store.answers = anyio.Event()
    first = anyio.CancelScope()

    async def be_cancelled() -> None:
        with first:
            await world.views.of("run-1")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(be_cancelled)
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(world.views.of, "run-1")
        await anyio.wait_all_tasks_blocked()
        first.cancel()
        await anyio.wait_all_tasks_blocked()
        world.store.answers.set()
    monkeypatch.setattr(world.store, "read", MemoryEventStore().read)
    assert (await world.views.as_caught_up("run-1")).run_id == "run-1"


class Emptied(MemoryEventStore):
    """A log that a run was taken out of."""

    async def read(self, stream_id: str, *, after_version: int = 0, up_to_version: int | None = None) -> list[Event]:
        del stream_id, after_version, up_to_version
        return []


async def test_a_run_that_has_left_the_log_is_not_shown_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    await world.grow("run-1")
    await world.views.of("run-1")
    monkeypatch.setattr(world.store, "read", Emptied().read)
    with pytest.raises(BadInput, match="there is no run"):
        await world.views.of("run-1")


async def test_a_run_that_does_not_exist_has_no_view() -> None:
    with pytest.raises(BadInput):
        await World().views.as_caught_up("run-1")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["grow", "of", "check"]), st.sampled_from(RUNS)), max_size=30))
def test_views_that_are_asked_for_while_runs_grow_are_as_if_folded_anew(steps: list[tuple[str, str]]) -> None:
    async def main() -> None:
        world = World()
        for run_id in RUNS:
            await world.grow(run_id)
        async with anyio.create_task_group() as tasks:
            for what, run_id in steps:
                match what:
                    case "grow":
                        await world.grow(run_id)
                    case "of":
                        tasks.start_soon(world.views.of, run_id)
                        await anyio.lowlevel.checkpoint()
                    case _:
                        await world.views.catch_up()
        await world.check()

    anyio.run(main)
