import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import reduce
from uuid import RFC_4122, UUID

import pytest

from codecompanion.clock import FixedClock, SystemClock
from codecompanion.ports import Clock

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture(params=[SystemClock, lambda: FixedClock(START)], ids=["system", "fixed"])
def clock(request: pytest.FixtureRequest) -> Clock:
    return request.param()


def test_an_id_is_a_uuid7_of_the_time(clock: Clock) -> None:
    before = clock.now()
    made = UUID(clock.new_id())
    assert (made.version, made.variant) == (7, RFC_4122)
    shown = datetime.fromtimestamp((made.int >> 80) / 1000, UTC)
    assert before - timedelta(milliseconds=1) <= shown <= clock.now() + timedelta(milliseconds=1)


def test_later_ids_sort_after_earlier_ones(clock: Clock) -> None:
    made = [clock.new_id() for _ in range(5_000)]
    assert made == sorted(set(made))


def test_the_time_is_in_utc(clock: Clock) -> None:
    assert clock.now().utcoffset() == timedelta(0)


def test_the_rest_of_an_id_is_random() -> None:
    made = [UUID(SystemClock().new_id()).int for _ in range(64)]
    fixed = 0xFFFF_FFFF_FFFF << 80 | 0xF << 76 | 0b11 << 62
    assert reduce(int.__or__, made) | fixed == 2**128 - 1
    assert reduce(int.__and__, made) & ~fixed == 0


@pytest.fixture
def threads_that_switch_often() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("threads_that_switch_often")
def test_threads_get_different_ids() -> None:
    clock = SystemClock()
    with ThreadPoolExecutor(8) as pool:
        made = [pool.submit(lambda: [clock.new_id() for _ in range(500)]) for _ in range(8)]
    assert len({one for future in made for one in future.result()}) == 4_000


class ClockSetBack(SystemClock):
    """Shows the time on its first reading and an earlier one from then on."""

    def __init__(self) -> None:
        super().__init__()
        self._readings = [datetime.now(UTC)]

    def now(self) -> datetime:
        return self._readings.pop() if self._readings else START


def test_f26_ids_keep_their_order_when_the_time_is_set_back() -> None:
    clock = ClockSetBack()
    made = [clock.new_id() for _ in range(3)]
    assert made == sorted(set(made))


def test_a_fixed_clock_stands_still_until_it_is_moved() -> None:
    clock = FixedClock(START)
    assert clock.now() == clock.now() == START
    earlier = clock.new_id()
    clock.advance(1.5)
    assert clock.now() == START + timedelta(seconds=1.5)
    assert clock.new_id() > earlier


def test_two_fixed_clocks_with_one_start_agree() -> None:
    one, other = FixedClock(START), FixedClock(START)
    assert [one.new_id() for _ in range(3)] == [other.new_id() for _ in range(3)]
