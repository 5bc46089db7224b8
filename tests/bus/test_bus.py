"""The contract of every BaseBus."""

from collections import Counter, defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

import anyio
import pytest
from anyio.abc import TaskGroup
from anyio.lowlevel import checkpoint
from hypothesis import given, settings
from hypothesis import strategies as st

from codecompanion.bus.mock import MockBus
from codecompanion.bus.nats_jetstream import open_nats_bus
from codecompanion.bus.outbox import Outbox
from codecompanion.bus.redis_streams import open_redis_bus
from codecompanion.bus.rules import Rules
from codecompanion.bus.told_heads import told_heads
from codecompanion.domain.envelope import Draft
from codecompanion.domain.heads import head_of
from codecompanion.ports import BaseBus, Handler, Message
from codecompanion.storage.acknowledged import lost_from
from codecompanion.storage.memory import MemoryEventStore
from nats_server import shared_nats
from redis_server import shared_redis
from waiting import until

pytestmark = pytest.mark.anyio

MAX_DELIVERIES = 3
RULES = Rules(max_deliveries=MAX_DELIVERIES, backoff_s=0.01, idle_s=1.0, look_every_s=0.05)


@pytest.fixture(params=["mock", "redis", "nats"])
async def bus(request: pytest.FixtureRequest) -> AsyncGenerator[BaseBus]:
    match request.param:
        case "mock":
            yield MockBus(max_deliveries=MAX_DELIVERIES, backoff_s=0.01)
        case "redis":
            with shared_redis() as url:
                async with open_redis_bus(url, rules=RULES, answer_s=5.0) as opened:
                    yield opened
        case _:
            async with shared_nats() as url, open_nats_bus(url, rules=RULES, answer_s=5.0) as opened:
                yield opened


class Inbox:
    """A handler that remembers what it got, after refusing each message as often as it is told."""

    def __init__(self, *, refusals: int = 0) -> None:
        self.refusals = refusals
        self.deliveries: list[Message] = []
        self.handled: list[Message] = []

    async def __call__(self, message: Message) -> None:
        self.deliveries.append(message)
        if message.attempt <= self.refusals:
            raise ValueError(f"refusal {message.attempt}")
        self.handled.append(message)

    def steps(self) -> list[str | int]:
        return [message.payload["step"] for message in self.handled]


@asynccontextmanager
async def subscribers(bus: BaseBus, *wanted: tuple[str, Handler]) -> AsyncGenerator[TaskGroup]:
    """Run a subscriber of "cc.tasks" for each group and handler until the block ends."""
    async with anyio.create_task_group() as tasks:
        for number, (group, handler) in enumerate(wanted):
            await tasks.start(partial(bus.subscribe, "cc.tasks", group=group, consumer=f"c{number}", handler=handler))
        yield tasks
        tasks.cancel_scope.cancel()


async def publish(bus: BaseBus, steps: range) -> list[str]:
    return await bus.publish("cc.tasks", *({"step": step} for step in steps))


async def test_every_group_gets_every_message_in_order(bus: BaseBus) -> None:
    one, other = Inbox(), Inbox()
    async with subscribers(bus, ("one", one), ("other", other)):
        message_ids = await publish(bus, range(5))
        await until(lambda: len(one.handled) == len(other.handled) == 5)
    assert one.steps() == other.steps() == [0, 1, 2, 3, 4]
    assert [message.message_id for message in one.handled] == message_ids
    assert {(message.topic, message.attempt) for message in one.handled} == {("cc.tasks", 1)}
    assert len(set(message_ids)) == 5


async def test_the_members_of_a_group_share_its_messages(bus: BaseBus) -> None:
    busy: dict[str, list[int | str]] = defaultdict(list)

    async def work(name: str, message: Message) -> None:
        busy[name].append(message.payload["step"])
        await anyio.sleep(0.002)

    async with subscribers(bus, *(("one", partial(work, name)) for name in "abc")):
        await publish(bus, range(30))
        await until(lambda: sum(map(len, busy.values())) >= 30)
        await anyio.sleep(0.01)
    assert sorted(busy) == ["a", "b", "c"]
    assert Counter(step for steps in busy.values() for step in steps) == Counter(range(30))


async def test_topics_are_apart(bus: BaseBus) -> None:
    inbox = Inbox()
    async with subscribers(bus, ("one", inbox)):
        await bus.publish("cc.reviews", {"step": 1})
        await bus.publish("cc.tasks", {"step": 2})
        await until(lambda: len(inbox.handled) > 0)
    assert inbox.steps() == [2]


async def test_a_group_begins_with_what_comes_after_its_first_member(bus: BaseBus) -> None:
    inbox = Inbox()
    await publish(bus, range(3))
    async with subscribers(bus, ("one", inbox)):
        await publish(bus, range(3, 5))
        await until(lambda: len(inbox.handled) == 2)
    assert inbox.steps() == [3, 4]


async def test_a_group_without_members_keeps_its_messages(bus: BaseBus) -> None:
    inbox = Inbox()
    async with subscribers(bus, ("one", inbox)):
        pass
    await publish(bus, range(3))
    async with subscribers(bus, ("one", inbox)):
        await until(lambda: len(inbox.handled) == 3)
    assert inbox.steps() == [0, 1, 2]


async def test_a_handler_that_raises_gets_the_message_again(bus: BaseBus) -> None:
    inbox, other = Inbox(refusals=MAX_DELIVERIES - 1), Inbox()
    async with subscribers(bus, ("one", inbox), ("other", other)):
        await publish(bus, range(1))
        await until(lambda: len(inbox.handled) == 1)
    assert [message.attempt for message in inbox.deliveries] == [1, 2, 3]
    assert len({message.message_id for message in inbox.deliveries}) == 1
    assert len(other.deliveries) == 1
    assert await bus.dead_letters("cc.tasks", group="one") == []


async def test_a_message_that_nobody_can_handle_is_a_dead_letter_of_its_group(bus: BaseBus) -> None:
    inbox, other = Inbox(refusals=99), Inbox()
    async with subscribers(bus, ("one", inbox), ("other", other)):
        message_ids = await publish(bus, range(2))
        await until(lambda: len(inbox.deliveries) == 2 * MAX_DELIVERIES)
        await anyio.sleep(0.1)
    assert len(inbox.deliveries) == 2 * MAX_DELIVERIES
    dead = await bus.dead_letters("cc.tasks", group="one")
    assert [(letter.message_id, letter.attempt) for letter in dead] == [(one, MAX_DELIVERIES) for one in message_ids]
    assert await bus.dead_letters("cc.tasks", group="other") == []
    assert await bus.dead_letters("cc.nothing", group="one") == []


async def test_a_message_that_waits_for_another_try_holds_up_no_other(bus: BaseBus) -> None:
    handled: list[int | str] = []

    async def refuse_the_first(message: Message) -> None:
        if message.payload["step"] == 0 and message.attempt == 1:
            raise ValueError("not yet")
        handled.append(message.payload["step"])

    async with subscribers(bus, ("one", refuse_the_first)):
        await publish(bus, range(3))
        await until(lambda: len(handled) == 3)
    assert handled.index(1) < handled.index(0)  # its second try may come before the third message


async def test_what_a_cancelled_member_had_in_hand_goes_to_another(bus: BaseBus) -> None:
    began, inbox = anyio.Event(), Inbox()

    async def never_end(_: Message) -> None:
        began.set()
        await anyio.sleep_forever()

    async with anyio.create_task_group() as tasks:
        async with subscribers(bus, ("one", never_end)):
            await publish(bus, range(1))
            await began.wait()
            await tasks.start(partial(bus.subscribe, "cc.tasks", group="one", consumer="heir", handler=inbox))
        await until(lambda: len(inbox.handled) == 1)
        tasks.cancel_scope.cancel()
    assert [(message.payload, message.attempt) for message in inbox.handled] == [({"step": 0}, 2)]


async def test_being_cancelled_is_no_refusal(bus: BaseBus) -> None:
    inbox = Inbox()

    async def never_end(_: Message) -> None:
        began.set()
        await anyio.sleep_forever()

    async with subscribers(bus, ("one", inbox)):
        pass
    await publish(bus, range(1))
    for _ in range(MAX_DELIVERIES + 1):
        began = anyio.Event()
        async with subscribers(bus, ("one", never_end)):
            await began.wait()
    async with subscribers(bus, ("one", inbox)):
        await until(lambda: len(inbox.handled) == 1)
    assert await bus.dead_letters("cc.tasks", group="one") == []


async def test_changing_a_payload_changes_it_for_nobody_else(bus: BaseBus) -> None:
    seen: list[dict[str, str | int]] = []

    async def change(message: Message) -> None:
        seen.append(dict(message.payload))
        message.payload["step"] = 99
        if message.attempt == 1:
            raise ValueError("again")

    async with subscribers(bus, ("one", change), ("other", change)):
        payload: dict[str, str | int] = {"step": 0}
        await bus.publish("cc.tasks", payload)
        payload["step"] = 98
        await until(lambda: len(seen) == 4)
    assert seen == [{"step": 0}] * 4


async def test_a_handler_that_never_waits_can_be_cancelled(bus: BaseBus) -> None:
    async def ask_for_more(_: Message) -> None:
        await bus.publish("cc.tasks", {})

    async with subscribers(bus, ("one", ask_for_more)):
        await bus.publish("cc.tasks", {})
        with anyio.fail_after(30):
            await anyio.sleep(0.01)


async def test_who_watches_hears_every_message_of_its_topics_once_and_nothing_that_came_before(bus: BaseBus) -> None:
    seen: dict[str, list[tuple[str, int | str]]] = defaultdict(list)

    async def hear(name: str, message: Message) -> None:
        seen[name].append((message.topic, message.payload["step"]))
        if message.payload["step"] == 1:
            raise ValueError("it has passed")

    await publish(bus, range(1))
    async with subscribers(bus, ("one", Inbox())) as tasks:
        for name in "ab":
            await tasks.start(partial(bus.watch, "cc.tasks", "cc.reviews", handler=partial(hear, name)))
        await publish(bus, range(1, 3))
        await bus.publish("cc.reviews", {"step": 3})
        await bus.publish("cc.metrics", {"step": 4})
        await until(lambda: len(seen["a"]) == len(seen["b"]) == 3)
        await anyio.sleep(0.02)
    assert sorted(seen["a"]) == sorted(seen["b"]) == [("cc.reviews", 3), ("cc.tasks", 1), ("cc.tasks", 2)]


async def test_the_last_message_of_a_topic_is_known_also_when_all_have_handled_it(bus: BaseBus) -> None:
    assert await bus.last("cc.tasks", "cc.reviews") == {}
    inbox = Inbox()
    async with subscribers(bus, ("one", inbox)):
        *_, last_id = await publish(bus, range(3))
        await until(lambda: len(inbox.handled) == 3)
    [last] = (await bus.last("cc.reviews", "cc.tasks")).values()
    assert (last.message_id, last.topic, last.payload) == (last_id, "cc.tasks", {"step": 2})


def draft(number: int, event_type: str) -> Draft:
    return Draft(str(number), event_type, 1, recorded_at="2026-11-26T10:00:00.000000Z", data={}, actor="test")


async def test_f20_it_tells_the_newest_event_of_each_topic_that_a_log_must_hold(bus: BaseBus) -> None:
    async def ours() -> str:
        return "ours"

    store = MemoryEventStore()
    outbox = Outbox(store, bus, ours)
    begun = await store.append("run-1", [draft(1, "RunStarted"), draft(2, "ModelCallReserved")], expected_version=0)
    await outbox.publish()
    done = await store.append("run-1", [draft(3, "ModelCallCompleted")], expected_version=2)
    await outbox.publish()
    newest = [head_of(begun[0]), head_of(done[0])]
    assert sorted(await told_heads(bus, "ours"), key=lambda head: head.position) == newest
    assert await told_heads(bus, "another") == []
    assert await lost_from(MemoryEventStore(), await told_heads(bus, "ours")) == newest[::-1]


async def test_text_and_numbers_come_as_they_were_sent(bus: BaseBus) -> None:
    inbox = Inbox()
    payload: dict[str, str | int] = {"step": 2**53, "text": 'ü\n"☃', "digits": "12", "": "", "negative": -1}
    async with subscribers(bus, ("one", inbox)):
        await bus.publish("cc.tasks", payload)
        await until(lambda: len(inbox.handled) == 1)
    assert inbox.handled[0].payload == payload


async def test_it_says_what_it_is(bus: BaseBus) -> None:
    assert await bus.check()


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, MAX_DELIVERIES + 1), max_size=8), st.integers(1, 3))
def test_each_message_is_handled_once_or_dead(refusals: list[int], members: int) -> None:
    attempts: dict[str | int, list[int]] = defaultdict(list)
    handled: list[str | int] = []

    async def handle(message: Message) -> None:
        step = message.payload["step"]
        attempts[step].append(message.attempt)
        await checkpoint()
        if message.attempt <= refusals[int(step)]:
            raise ValueError("refused")
        handled.append(step)

    async def main() -> list[Message]:
        bus = MockBus(max_deliveries=MAX_DELIVERIES, backoff_s=0)  # that of the others is too slow for so many examples
        async with subscribers(bus, *[("one", handle)] * members):
            await publish(bus, range(len(refusals)))
            deliveries = sum(min(count + 1, MAX_DELIVERIES) for count in refusals)
            await until(lambda: sum(map(len, attempts.values())) == deliveries)
            await anyio.wait_all_tasks_blocked()
        return await bus.dead_letters("cc.tasks", group="one")

    dead = [letter.payload["step"] for letter in anyio.run(main)]
    assert sorted(map(int, handled)) == [step for step, count in enumerate(refusals) if count < MAX_DELIVERIES]
    assert sorted(map(int, dead)) == [step for step, count in enumerate(refusals) if count >= MAX_DELIVERIES]
    assert all(tries == list(range(1, len(tries) + 1)) for tries in attempts.values())
