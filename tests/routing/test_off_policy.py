"""Estimates of what another policy would have brought hold the truth about as often as they say, and know when they do not."""

import numpy as np
import pytest

from codecompanion.routing.off_policy import Logged, estimate
from off_policy_world import ARMS, HELD_BACK, HeldBack, coverage, floored, logged

CHEAP, DEAR, BEST, ANY = HELD_BACK


@pytest.mark.parametrize("policy", [DEAR, BEST], ids=lambda policy: policy.name)
def test_intervals_of_held_back_policies_hold_the_truth_nine_times_in_ten(policy: HeldBack) -> None:
    found = coverage(policy, seeds=80, decisions=400, floor=0.4)
    assert 0.82 <= found.snips <= 0.98
    assert 0.82 <= found.dr <= 0.98
    assert max(found.snips_error, found.dr_error) < 0.1


def one(policy: HeldBack, decisions: int = 1000, floor: float = 0.4, seed: int = 3) -> list[Logged]:
    return logged(policy, decisions, floor, np.random.default_rng(seed))


def test_the_policy_that_logged_is_worth_what_happened() -> None:
    same = HeldBack("same", floored(np.array([1.0, 2.0, 1.0]), 0.4))
    found = estimate(one(same))
    assert found.effective == pytest.approx(1000)
    assert found.snips.value == pytest.approx(found.happened.value)
    assert found.difference.value == pytest.approx(0.0, abs=0.01)
    assert found.why_not == "the difference may be chance"


def test_a_large_difference_is_concluded() -> None:
    found = estimate(one(CHEAP, 3000))
    assert found.why_not == ""
    assert found.difference.high < 0


def test_nothing_is_concluded_from_few_effective_decisions() -> None:
    found = estimate(one(CHEAP, 200, 0.05))
    assert found.effective < 50
    assert "are needed" in found.why_not


def test_nothing_is_concluded_of_a_difference_below_what_estimates_can_tell() -> None:
    arms, even = ("x:a", "x:b"), np.array([0.5, 0.5])
    log = [Logged(arms, even, np.array([0.0, 1.0]), n % 2, 0.5 + 0.01 * (n % 2) + 0.001 * (n % 4 > 1)) for n in range(2000)]
    found = estimate(log)
    assert found.difference.low > 0
    assert "smaller than 0.02" in found.why_not


def test_choices_that_were_never_made_by_chance_are_told() -> None:
    sure = np.array([1.0, 0.0, 0.0, 0.0])
    log = [Logged(ARMS, sure, np.array([0.5, 0.5, 0.0, 0.0]), 0, float(n % 2)) for n in range(400)]
    assert "50% of its choices were never made by chance" in estimate(log).why_not


def test_a_policy_that_agrees_with_no_decision_is_not_judged() -> None:
    log = [Logged(("x:a", "x:b"), np.array([0.5, 0.5]), np.array([0.0, 1.0]), 0, 1.0) for _ in range(100)]
    found = estimate(log)
    assert found.effective == 0
    assert found.why_not


def test_a_choice_without_a_chance_is_refused() -> None:
    log = [Logged(("x:a", "x:b"), np.array([0.0, 1.0]), np.array([1.0, 0.0]), 0, 1.0)] * 3
    with pytest.raises(ValueError, match="probability 0"):
        estimate(log)
