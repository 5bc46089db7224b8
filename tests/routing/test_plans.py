from math import exp

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecompanion.routing.plans import PlanSpace, Verifier

VERIFIERS = st.builds(Verifier, st.floats(0, 1), st.floats(0, 1))
SEEDS = st.integers(0, 2**32 - 1)


def chance(level: float) -> float:
    return 1.0 / (1.0 + exp(-level))


@settings(deadline=None)
@given(seed=SEEDS, verifier=VERIFIERS, eligible=st.sets(st.integers(0, 4), min_size=1))
def test_a_plan_is_worth_what_its_steps_are_expected_to_bring(seed: int, verifier: Verifier, eligible: set[int]) -> None:
    rng, arms = np.random.default_rng(seed), sorted(eligible)
    levels, hardness, prices = rng.normal(size=(3, 5)), rng.normal(size=(3, 5)), rng.random((2, 5))
    plans = PlanSpace.over(np.array(arms), escalating=True)
    found = plans.value(levels, hardness, prices, verifier)
    for draw in range(3):
        for plan, (first, second) in enumerate(zip(plans.first.tolist(), plans.second.tolist(), strict=True)):
            right = chance(levels[draw, first])
            if second < 0:
                assert found[draw, plan] == pytest.approx(right - prices[0, first])
                continue
            then = chance(levels[draw, second] + hardness[draw, second] * right) - prices[1, second]
            refused = right * verifier.false_refusals + (1.0 - right) * (1.0 - verifier.false_accepts)
            kept = right * (1.0 - verifier.false_refusals)
            assert found[draw, plan] == pytest.approx(kept + refused * then - prices[0, first])


@given(seed=SEEDS, escalating=st.booleans())
def test_the_best_plan_that_begins_with_each_model_is_found(*, seed: int, escalating: bool) -> None:
    plans = PlanSpace.over(np.array([1, 3, 4]), escalating=escalating)
    worth = np.random.default_rng(seed).random(len(plans.first))
    best = plans.best_with_each(worth)
    assert plans.first[best].tolist() == [1, 3, 4]
    for plan, arm in zip(best.tolist(), (1, 3, 4), strict=True):
        assert worth[plan] == worth[plans.first == arm].max()
