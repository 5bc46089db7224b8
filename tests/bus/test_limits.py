"""The contract of every ProviderLimits."""

from collections import Counter
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from functools import partial

import anyio
import pytest

from codecompanion.ports import Limit, ProviderLimits
from codecompanion.providers.limits import LocalLimits, NoLimits
from codecompanion.storage.postgres_schema import PostgresSchema
from limit_books import shared_limits
from redis_server import shared_redis

pytestmark = pytest.mark.anyio

WINDOW_S = 0.5
LIMITS = {"two": Limit(in_flight=2), "rated": Limit(per_minute=5), "both": Limit(in_flight=3, per_minute=20)}


@asynccontextmanager
async def shared(url: str) -> AsyncGenerator[ProviderLimits]:
    """Open the shared limits alone: those of the process, which would hold in any case, let everything through."""
    async with shared_limits(url, LIMITS, NoLimits(), window_s=WINDOW_S) as opened:
        yield opened


@pytest.fixture(params=["local", "redis", "postgresql"])
def book(request: pytest.FixtureRequest) -> Generator[str]:
    """The address of what keeps the book, "" for none."""
    match request.param:
        case "local":
            yield ""
        case "redis":
            with shared_redis() as url:
                yield url
        case _:
            url = request.getfixturevalue("postgres_url")
            anyio.run(PostgresSchema(url).lay_out)
            yield url


@pytest.fixture
async def limits(book: str) -> AsyncGenerator[ProviderLimits]:
    if not book:
        yield LocalLimits(LIMITS, window_s=WINDOW_S)
        return
    async with shared(book) as opened:
        yield opened


class Requests:
    """Requests that take a while, when each was begun, and the most that were in flight at once."""

    def __init__(self, limits: ProviderLimits) -> None:
        self.limits = limits
        self.began: list[float] = []
        self.order: list[int] = []
        self.waited: Counter[int] = Counter()
        self.now = self.most = 0

    async def send(self, model: str, seconds: float = 0.0, number: int = 0) -> None:
        async with self.limits.slot(model, partial(self._waits, number)):
            self.began.append(anyio.current_time())
            self.order.append(number)
            self.now += 1
            self.most = max(self.most, self.now)
            await anyio.sleep(seconds)
            self.now -= 1

    def _waits(self, number: int) -> None:
        self.waited[number] += 1

    async def under_way(self, count: int) -> None:
        """Wait until so many have begun."""
        with anyio.fail_after(30):
            while len(self.began) < count:  # noqa: ASYNC110 - whoever sends sets no event
                await anyio.sleep(0.002)

    def most_within(self, seconds: float) -> int:
        return max(sum(first <= other < first + seconds for other in self.began) for first in self.began)


async def test_no_more_are_in_flight_than_the_limit_says(limits: ProviderLimits) -> None:
    requests = Requests(limits)
    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            for number in range(32):
                tasks.start_soon(requests.send, "two:model", 0.005, number)
    assert (requests.most, len(requests.began)) == (2, 32)
    assert set(requests.waited.values()) == {1}
    assert len(requests.waited) == 30


async def test_no_more_are_sent_in_any_window_than_the_limit_says(limits: ProviderLimits) -> None:
    requests = Requests(limits)
    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            for _ in range(14):
                tasks.start_soon(requests.send, "rated:model")
    # What the limits count lies a moment before what is seen here.
    assert requests.most_within(WINDOW_S - 0.1) <= 5
    assert 2 * WINDOW_S - 0.1 <= requests.began[-1] - requests.began[0] < 4 * WINDOW_S


async def test_both_limits_hold_together(limits: ProviderLimits) -> None:
    requests = Requests(limits)
    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            for _ in range(24):
                tasks.start_soon(requests.send, "both:model", 0.001)
    assert requests.most <= 3
    assert requests.most_within(WINDOW_S - 0.1) <= 20


async def test_a_provider_without_a_limit_waits_for_nobody(limits: ProviderLimits) -> None:
    requests = Requests(limits)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(requests.send, "two:model", 0.5)
        tasks.start_soon(requests.send, "two:model", 0.5)
        for _ in range(30):
            tasks.start_soon(requests.send, "free:model", 0.2)
    assert requests.most == 32
    assert not requests.waited


async def test_who_came_first_goes_first(limits: ProviderLimits) -> None:
    requests = Requests(limits)
    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(requests.send, "two:model", 0.3)
            tasks.start_soon(requests.send, "two:model", 0.3)
            await requests.under_way(2)
            for number in range(1, 5):
                tasks.start_soon(requests.send, "two:other", 0.1, number)
                await anyio.sleep(0.02)
            # Two that go again and again do not pass by those who wait.
            await anyio.sleep(0.2)
            for _ in range(2):
                await requests.send("two:model", 0.0, 9)
    assert sorted(requests.order[2:4]) == [1, 2]
    assert sorted(requests.order[4:6]) == [3, 4]
    assert requests.order[6:] == [9, 9]


async def test_who_is_cancelled_while_waiting_or_fails_within_leaves_its_place(limits: ProviderLimits) -> None:
    requests = Requests(limits)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(requests.send, "two:model", 0.3)
        tasks.start_soon(requests.send, "two:model", 0.3)
        await requests.under_way(2)
        with pytest.raises(TimeoutError), anyio.fail_after(0.1):
            await requests.send("two:model")
    for _ in range(3):
        with pytest.raises(ValueError, match="within"):
            async with limits.slot("two:model"):
                raise ValueError("within")
        with anyio.move_on_after(0) as within:
            async with limits.slot("two:model"):
                await anyio.sleep(1)
        assert within.cancel_called
    with anyio.fail_after(30):
        await requests.send("two:model")


async def test_who_is_held_back_waits_and_keeps_no_other_model_waiting(limits: ProviderLimits) -> None:
    requests = Requests(limits)
    began = anyio.current_time()
    await limits.hold_back("two:busy", 1.0)
    await limits.hold_back("two:busy", 0.1)  # the longer wish stands
    async with anyio.create_task_group() as tasks:
        for number in (1, 2, 3):
            tasks.start_soon(requests.send, "two:busy", 0.0, number)
        await anyio.sleep(0.05)
        await requests.send("two:other", 0.0, 4)
    assert requests.order[0] == 4
    assert set(requests.waited) == {1, 2, 3}
    assert min(requests.began[1:]) - began >= 0.99


@pytest.mark.parametrize("book", ["redis", "postgresql"], indirect=True)
async def test_what_another_process_holds_counts_and_holds_back(book: str) -> None:
    async with shared(book) as one, shared(book) as other:
        here, there = Requests(one), Requests(other)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(here.send, "two:model", 0.3)
            tasks.start_soon(here.send, "two:model", 0.3)
            await here.under_way(2)
            await there.send("two:model")
        assert there.began[0] - here.began[0] >= 0.28
        began = anyio.current_time()
        await one.hold_back("two:model", 0.3)
        await there.send("two:model")
        assert anyio.current_time() - began >= 0.29
