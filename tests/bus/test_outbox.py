"""What is published from the log: everything, in order, whoever dies; and nothing of it is a fact."""

from collections import defaultdict
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from functools import partial

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecompanion.bus import outbox as module
from codecompanion.bus.mock import MockBus
from codecompanion.bus.outbox import PAGE, Outbox, publishing
from codecompanion.clock import SystemClock
from codecompanion.domain.envelope import Draft
from codecompanion.domain.errors import BadInput, BusUnavailable, HistoryRegressed
from codecompanion.domain.topics import APPENDED, TOPICS, topic_of
from codecompanion.ports import BaseBus, Message
from codecompanion.storage.memory import MemoryEventStore

pytestmark = pytest.mark.anyio

TYPES = ("TaskStarted", "ArtifactProduced", "ReviewCompleted", "ModelCallCompleted", "OfALaterVersion")
clock = SystemClock()


async def append(store: MemoryEventStore, *types: str, stream_id: str = "run-1") -> None:
    drafts = [
        Draft(
            event_id=clock.new_id(),
            type=event_type,
            schema_version=1,
            recorded_at="2026-11-26T10:00:00.000000Z",
            data={},
            actor="test",
            correlation_id=stream_id,
            causation_id="",
        )
        for event_type in types
    ]
    await store.append(stream_id, drafts, expected_version=len(await store.read(stream_id)))


class Heard:
    """The positions that were told of, by topic."""

    def __init__(self) -> None:
        self.positions: dict[str, list[int]] = defaultdict(list)
        self._changed = anyio.Event()

    async def __call__(self, message: Message) -> None:
        self.positions[message.topic].append(int(message.payload["position"]))
        self._changed.set()
        self._changed = anyio.Event()

    async def until(self, positions: list[int]) -> None:
        with anyio.fail_after(30):
            while self.all() != positions:
                await self._changed.wait()

    def all(self) -> list[int]:
        return sorted(position for positions in self.positions.values() for position in positions)


@asynccontextmanager
async def hearing(bus: BaseBus) -> AsyncGenerator[Heard]:
    heard = Heard()
    async with anyio.create_task_group() as tasks:
        await tasks.start(partial(bus.watch, *TOPICS, handler=heard))
        yield heard
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()


class Flaky(MockBus):
    """A bus that goes away after it took so many calls of `publish`."""

    def __init__(self, *, takes: int) -> None:
        super().__init__()
        self.takes = takes

    async def publish(self, topic: str, *payloads: Mapping[str, str | int]) -> list[str]:
        if self.takes == 0:
            raise BusUnavailable("the bus is away")
        self.takes -= 1
        return await super().publish(topic, *payloads)


async def test_every_fact_is_told_of_in_its_topic_and_only_where_it_is() -> None:
    store, bus, messages = MemoryEventStore(), MockBus(), list[Message]()

    async def hear(message: Message) -> None:
        messages.append(message)

    async with anyio.create_task_group() as tasks:
        await tasks.start(partial(bus.watch, *TOPICS, handler=hear))
        await append(store, *TYPES)
        await Outbox(store, bus).publish()
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    hashes = [event.hash for event in await store.read_all()]
    assert [(message.topic, message.payload) for message in messages] == [
        (
            topic,
            {
                "log": "",
                "stream_id": "run-1",
                "position": position,
                "type": event_type,
                "version": position,
                "hash": hashes[position - 1],
            },
        )
        for topic, position, event_type in [
            ("cc.tasks", 1, "TaskStarted"),
            ("cc.artifacts", 2, "ArtifactProduced"),
            ("cc.reviews", 3, "ReviewCompleted"),
            ("cc.metrics", 4, "ModelCallCompleted"),
            ("cc.metrics", 5, "OfALaterVersion"),
        ]
    ]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(TYPES), min_size=1, max_size=6), min_size=1, max_size=6),
    st.lists(st.integers(0, 4), max_size=8),
)
def test_publishers_that_die_anywhere_leave_nothing_out(appends: list[list[str]], deaths: list[int]) -> None:
    """Before each append some publishers begin anew and die after so many calls; the last one lives."""

    async def main() -> tuple[dict[str, list[int]], list[tuple[int, str]]]:
        store, bus = MemoryEventStore(), Flaky(takes=0)
        await append(store, "TaskStarted")
        async with hearing(bus) as heard:
            for takes, types in zip([*deaths, *[0] * len(appends)], appends, strict=False):
                await append(store, *types)
                bus.takes = takes
                for _ in range(2):
                    try:
                        await Outbox(store, bus).publish()
                    except BusUnavailable:
                        bus.takes = 1
            bus.takes = 100
            await Outbox(store, bus).publish()
        return heard.positions, [(event.position, topic_of(event.type)) for event in await store.read_all()]

    heard, events = anyio.run(main)
    for topic in TOPICS:
        told = heard.get(topic, [])
        assert set(told) == {position for position, of in events if of == topic}
        firsts = list(dict.fromkeys(told))
        assert firsts == sorted(firsts)


async def test_what_one_publisher_told_another_does_not_tell_again() -> None:
    store, bus = MemoryEventStore(), MockBus()
    one, other = Outbox(store, bus), Outbox(store, bus)
    async with hearing(bus) as heard:
        for publisher in (one, other, other, one):
            await append(store, "TaskStarted", "ReviewCompleted")
            await publisher.publish()
        await other.publish()
    assert heard.all() == [1, 2, 3, 4, 5, 6, 7, 8]


async def test_a_bus_that_knows_nothing_is_told_of_the_last_page_only() -> None:
    store, bus = MemoryEventStore(), MockBus()
    await append(store, *["TaskStarted"] * (PAGE + 10))
    async with hearing(bus) as heard:
        await Outbox(store, bus).publish()
    assert heard.all() == list(range(11, PAGE + 11))


async def test_a_bus_that_tells_of_another_longer_log_is_not_believed() -> None:
    store, bus = MemoryEventStore(), MockBus()
    await bus.publish("cc.tasks", {"stream_id": "of another log", "position": 5000, "type": "TaskStarted"})
    async with hearing(bus) as heard:
        await append(store, "TaskStarted")
        await Outbox(store, bus).publish()
    assert heard.all() == [1]


async def test_a_log_that_must_not_be_published_yet_is_published_later() -> None:
    store, bus = MemoryEventStore(), MockBus()
    lost = [True]

    async def name_of_log() -> str:
        if lost:
            raise HistoryRegressed("run-1", 5000, "a test")
        return "ours"

    await bus.publish("cc.tasks", {"stream_id": "run-1", "position": 5000, "type": "TaskStarted"})
    await append(store, "TaskStarted")
    outbox = Outbox(store, bus, name_of_log)
    async with hearing(bus) as heard:
        with pytest.raises(HistoryRegressed):
            await outbox.publish()
        assert (await bus.last("cc.tasks"))["cc.tasks"].payload["position"] == 5000
        lost.clear()
        await outbox.publish()
    assert heard.all() == [1]
    assert (await bus.last("cc.tasks"))["cc.tasks"].payload["log"] == "ours"


@pytest.mark.parametrize("payload", [{}, {"position": "x"}, {"position": "7"}])
async def test_what_another_program_published_is_no_mark(payload: dict[str, str | int]) -> None:
    store, bus = MemoryEventStore(), MockBus()
    for topic in TOPICS:
        await bus.publish(topic, payload)
    await append(store, "TaskStarted")
    async with hearing(bus) as heard:
        await Outbox(store, bus).publish()
    assert heard.all() == [1]


async def test_an_append_is_told_of_at_once_and_what_nobody_told_of_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    store, bus, nearby = MemoryEventStore(), MockBus(), MockBus()
    monkeypatch.setattr(module, "LOOK_EVERY_S", 60)
    async with hearing(bus) as heard, publishing(store, bus, nearby):
        await append(store, "TaskStarted")
        await nearby.publish(APPENDED, {})
        await heard.until([1])
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.01)
    async with hearing(bus) as heard, publishing(store, bus, nearby):
        await append(store, "TaskStarted")  # by another process, which died
        await heard.until([2])


async def test_a_process_that_ends_at_once_still_says_what_it_appended() -> None:
    store, bus, nearby = MemoryEventStore(), MockBus(), MockBus()
    async with hearing(bus) as heard, publishing(store, bus, nearby):
        await append(store, "TaskStarted")
        await nearby.publish(APPENDED, {})
        await anyio.wait_all_tasks_blocked()
        bus_was_told = heard.all()
    assert bus_was_told in ([], [1])
    assert heard.all() == [1]


async def test_when_the_bus_is_back_it_is_told_what_was_appended_meanwhile() -> None:
    store, bus, nearby = MemoryEventStore(), Flaky(takes=0), MockBus()
    async with hearing(bus) as heard, publishing(store, bus, nearby):
        for _ in range(3):
            await append(store, "TaskStarted")
            await nearby.publish(APPENDED, {})
            await anyio.sleep(0.02)
        assert heard.all() == []
        bus.takes = 100
        await heard.until([1, 2, 3])


async def test_an_error_goes_through_as_it_is() -> None:
    with pytest.raises(BadInput, match="no such run"):
        async with publishing(MemoryEventStore(), MockBus(), MockBus()):
            raise BadInput("no such run")
