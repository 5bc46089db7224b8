"""Each alert is posted to the user's address, normally once, however many processes there are, also when it fails at first."""

import json
import math
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
import pytest

from codecompanion.bus.mock import MockBus
from codecompanion.bus.nats_jetstream import open_nats_bus
from codecompanion.bus.outbox import publishing
from codecompanion.bus.redis_streams import open_redis_bus
from codecompanion.bus.rules import Rules
from codecompanion.clock import SystemClock
from codecompanion.domain.budget import Limits
from codecompanion.domain.commands import StartRun
from codecompanion.domain.envelope import Event
from codecompanion.domain.events import RunStarted
from codecompanion.observability.alerts import GROUP, Alerts
from codecompanion.observability.webhook import NotPosted, Webhook
from codecompanion.orchestrator.orchestrator import EventSourcedOrchestrator
from codecompanion.ports import BaseBus, EventStore
from codecompanion.routing.cost_governor import CostGovernor
from codecompanion.storage.file_locks import FileLocks
from codecompanion.storage.memory import MemoryEventStore
from nats_server import shared_nats
from redis_server import shared_redis
from spending import ALERTED
from webhook_receiver import receiver

pytestmark = pytest.mark.anyio

RULES = Rules(max_deliveries=4, backoff_s=0.02, idle_s=1.0, look_every_s=0.05)


@pytest.fixture
def store() -> EventStore:
    return MemoryEventStore()


@pytest.fixture(params=["nearby", "redis", "nats"])
async def buses(request: pytest.FixtureRequest, store: EventStore) -> AsyncGenerator[list[tuple[BaseBus, BaseBus]]]:
    """Return for each process the bus with the group, and its own; both are one for a process without a server."""
    if request.param == "nearby":
        bus = MockBus(max_deliveries=RULES.max_deliveries, backoff_s=RULES.backoff_s)
        yield [(bus, bus)]
        return
    async with AsyncExitStack() as stack:
        if request.param == "redis":
            url, opened = stack.enter_context(shared_redis()), partial(open_redis_bus, rules=RULES, answer_s=5.0)
        else:
            url = await stack.enter_async_context(shared_nats())
            opened = partial(open_nats_bus, rules=RULES, answer_s=5.0)
        processes: list[tuple[BaseBus, BaseBus]] = []
        for _ in range(2):
            bus, nearby = await stack.enter_async_context(opened(url)), MockBus()
            await stack.enter_async_context(publishing(store, bus, nearby))
            processes.append((bus, nearby))
        yield processes


@asynccontextmanager
async def posting(store: EventStore, buses: list[tuple[BaseBus, BaseBus]], url: str) -> AsyncGenerator[list[Alerts]]:
    """Run what posts alerts in each process."""
    note = CostGovernor(store, SystemClock(), Limits(), redact=dict).note
    with TemporaryDirectory() as folder:
        locks = FileLocks(Path(folder))
        members = [Alerts(store, bus, nearby, locks=locks, note=note, post=Webhook(url).post) for bus, nearby in buses]
        async with anyio.create_task_group() as tasks:
            for one in members:
                one.begin()
                tasks.start_soon(one.deliver)
            await anyio.sleep(0.3)  # a group hears of what is told after it was made
            yield members
            tasks.cancel_scope.cancel()


async def record(store: EventStore, percent: int) -> Event:
    """Record an alert and return it."""
    governor = CostGovernor(store, SystemClock(), Limits(), redact=dict)
    event = await governor.note(ALERTED.model_copy(update={"percent": percent}), f"alert:{percent}", ALERTED.run_id)
    assert event is not None
    return event


async def test_each_alert_is_posted_once_though_the_address_fails_at_first(
    store: EventStore, buses: list[tuple[BaseBus, BaseBus]]
) -> None:
    with receiver(refusals=2) as server:
        async with posting(store, buses, server.url) as members:
            events = [await record(store, percent) for percent in range(80, 90)]
            for number, event in enumerate(events):
                await members[number % len(members)].tell(event)
            await anyio.to_thread.run_sync(server.until, len(events))
            await anyio.sleep(0.2)  # one more would come now
        assert len(server.refused) == 2
        assert server.times() == dict.fromkeys((event.event_id for event in events), 1)


@pytest.mark.parametrize("buses", ["redis", "nats"], indirect=True)
async def test_an_alert_whose_process_died_before_it_told_of_it_is_posted_as_well(
    store: EventStore, buses: list[tuple[BaseBus, BaseBus]]
) -> None:
    with receiver() as server:
        async with posting(store, buses, server.url):
            event = await record(store, 80)
            await anyio.to_thread.run_sync(server.until, 1)
        assert server.times() == {event.event_id: 1}


async def test_what_is_never_taken_is_a_dead_letter_and_the_next_alert_is_posted(
    store: EventStore, buses: list[tuple[BaseBus, BaseBus]], caplog: pytest.LogCaptureFixture
) -> None:
    with receiver(refusals=RULES.max_deliveries) as server:
        async with posting(store, buses, server.url) as members:
            event = await record(store, 80)
            await members[0].tell(event)
            with anyio.fail_after(30):
                while not (dead := await buses[0][0].dead_letters("cc.metrics", group=GROUP)):  # noqa: ASYNC110 - it does not tell
                    await anyio.sleep(0.02)
            assert [one.payload["position"] for one in dead] == [event.position]
            now = SystemClock().now()
            assert [await members[-1].given_up(now - timedelta(hours=hours)) for hours in (1, -1)] == [1, 0]
            following = await record(store, 90)
            await members[0].tell(following)
            await anyio.to_thread.run_sync(server.until, 1)
        assert {body["id"] for body in server.refused} == {event.event_id}
        assert server.times() == {following.event_id: 1}
    assert "the webhook did not take an alert: HTTP 500" in caplog.text
    assert "secret" not in caplog.text


async def test_a_process_that_ends_waits_for_what_it_told_of_and_says_what_was_not_posted(
    store: EventStore, caplog: pytest.LogCaptureFixture
) -> None:
    bus = MockBus(max_deliveries=9, backoff_s=0.2)
    with receiver(refusals=1) as server:
        async with posting(store, [(bus, bus)], server.url) as (alerts,):
            await alerts.tell(await record(store, 80))
            await alerts.settle()
            assert len(server.taken) == 1
    assert "before the end" not in caplog.text
    with receiver(refusals=math.inf) as server:
        async with posting(store, [(bus, bus)], server.url) as (alerts,):
            await alerts.tell(await record(store, 90))
            await alerts.settle()
        assert len(server.refused) > 1
    assert "1 alert could not be posted to the webhook before the end" in caplog.text


async def test_without_an_address_nobody_is_told(store: EventStore, tmp_path: Path) -> None:
    bus = MockBus()
    governor = CostGovernor(store, SystemClock(), Limits(), redact=dict)
    nobody = Alerts(store, bus, bus, locks=FileLocks(tmp_path), note=governor.note, post=None)
    await nobody.tell(await record(store, 80))
    assert not await bus.last("cc.metrics")


async def test_what_leaves_the_machine_names_no_path(store: EventStore, tmp_path: Path) -> None:
    bus, clock, repo = MockBus(), SystemClock(), str(tmp_path / "shop")
    request = RunStarted(objective="x", repo=repo, base_commit="0" * 40, model="builtin", timeout_s=60)
    await EventSourcedOrchestrator(store, clock, bus, redact=dict).handle(
        ALERTED.run_id, StartRun(request), actor="user", key="start"
    )
    with receiver() as server:
        async with posting(store, [(bus, bus)], server.url) as (alerts,):
            event = await record(store, 80)
            await alerts.tell(event)
            await alerts.settle()
        (one,) = server.taken
    assert (one["project"], one["id"], one["type"], one["percent"]) == ("shop", event.event_id, "budget_alert", 80)
    assert str(tmp_path) not in json.dumps(one)
    assert "scope" not in one
    assert one["text"].startswith("CodeCompanion: 80 % of the limit of $")


@pytest.mark.parametrize("code", [302, 500])
async def test_an_address_that_refuses_is_said_to_without_being_named(code: int) -> None:
    with receiver(math.inf, code) as server, pytest.raises(NotPosted, match=f"HTTP {code}$") as caught:
        await Webhook(server.url).post({})
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/secret", "file:///etc/passwd", "nonsense", "http://host:secret/"])
async def test_an_address_that_cannot_be_reached_is_not_named(url: str) -> None:
    with pytest.raises(NotPosted, match=r"the webhook did not take an alert: \w+$") as caught:
        await Webhook(url).post({})
    assert "secret" not in str(caught.value)
