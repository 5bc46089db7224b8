import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecompanion.routing.change_watch import ChangeWatch

MOST = 2000


def logit(rate: float) -> float:
    return math.log(rate / (1.0 - rate))


def noticed_after(believed: float, true: float, seed: int, most: int = MOST) -> int:
    """Return after how many outcomes a change is told, or `most` when it is not."""
    chance, watch = random.Random(seed), ChangeWatch()
    return next((n for n in range(1, most) if watch.changed(float(chance.random() < true), logit(believed))), most)


@pytest.mark.parametrize(("believed", "true"), [(0.8, 0.05), (0.3, 0.95), (0.5, 0.95), (0.5, 0.05)])
def test_a_great_change_is_noticed_within_a_dozen_outcomes(believed: float, true: float) -> None:
    assert sum(noticed_after(believed, true, seed) for seed in range(50)) / 50 < 12


@pytest.mark.parametrize("rate", [0.1, 0.3, 0.5, 0.8, 0.95])
def test_what_did_not_change_seldom_raises_the_alarm(rate: float) -> None:
    """Of forty models watched over 500 outcomes each, at most a third are ever taken for changed."""
    assert sum(noticed_after(rate, rate, seed, 500) < 500 for seed in range(40)) <= 13


def test_surprising_successes_are_suspected_before_they_are_certain_and_expected_ones_are_not() -> None:
    poor, good = ChangeWatch(), ChangeWatch()
    assert not poor.changed(1.0, logit(0.2), 0.5)
    assert not good.changed(1.0, logit(0.9), 0.5)
    assert poor.odds > 2 * good.odds


def test_a_surprising_success_is_followed_up_after_a_long_time_and_failures_end_that() -> None:
    watch, found = ChangeWatch(), [0.5]
    for share in (1.0, 1.0, 0.0, 0.0, 0.0, 0.0):
        assert not watch.changed(share, logit(0.3), found[-1])
        found.append(watch.odds)
    assert 1.0 < found[1] < found[2] > found[3]
    assert found[-1] < 0.1


def test_what_was_told_as_a_change_is_suspected_no_more() -> None:
    watch = ChangeWatch()
    while not watch.changed(1.0, logit(0.3), watch.odds + 0.1):
        assert watch.odds > 0.1
    assert watch.odds == 0.0


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(-1e3, 1e3), st.floats(0, 1e12)), max_size=40))
def test_any_outcomes_can_be_taken_in(outcomes: list[tuple[float, float, float]]) -> None:
    watch = ChangeWatch()
    for share, expected, odds in outcomes:
        assert watch.changed(share, expected, odds) in {True, False}
        assert math.isfinite(watch.odds)
