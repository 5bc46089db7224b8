from math import exp

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecompanion.routing.plans import PlanSpace, Verifier, logistic
from codecompanion.routing.task_features import USUAL_CHANCE

VERIFIERS = st.builds(Verifier, st.floats(0, 1), st.floats(0, 1))
SEEDS = st.integers(0, 2**32 - 1)


def chance(level: float) -> float:
    return 1.0 / (1.0 + exp(-level))


@settings(deadline=None)
@given(seed=SEEDS, verifier=VERIFIERS, eligible=st.sets(st.integers(0, 4), min_size=1))
def test_a_plan_is_worth_what_its_steps_are_expected_to_bring(seed: int, verifier: Verifier, eligible: set[int]) -> None:
    rng, arms = np.random.default_rng(seed), sorted(eligible)
    fresh, refused, prices = rng.normal(size=(5, 3)), rng.normal(size=(5, 3)), rng.random((2, 5))
    plans = PlanSpace.over(np.array(arms), escalating=True)
    found = plans.value(logistic(fresh), fresh, refused, prices, verifier)
    for draw in range(3):
        for plan, (first, second) in enumerate(zip(plans.first.tolist(), plans.second.tolist(), strict=True)):
            right = chance(fresh[first, draw])
            if second < 0:
                assert found[plan, draw] == pytest.approx(right - prices[0, first])
                continue
            harder = (refused[second, draw] - fresh[second, draw]) * right / USUAL_CHANCE
            then = chance(fresh[second, draw] + harder) - prices[1, second]
            asked = right * verifier.false_refusals + (1.0 - right) * (1.0 - verifier.false_accepts)
            kept = right * (1.0 - verifier.false_refusals)
            assert found[plan, draw] == pytest.approx(kept + asked * then - prices[0, first])


@given(seed=SEEDS, escalating=st.booleans())
def test_the_best_plan_that_begins_with_each_model_is_found(*, seed: int, escalating: bool) -> None:
    plans = PlanSpace.over(np.array([1, 3, 4]), escalating=escalating)
    worth = np.random.default_rng(seed).random(len(plans.first))
    best = plans.best_with_each(worth)
    assert plans.first[best].tolist() == [1, 3, 4]
    for plan, arm in zip(best.tolist(), (1, 3, 4), strict=True):
        assert worth[plan] == worth[plans.first == arm].max()


@given(seed=SEEDS, eligible=st.sets(st.integers(0, 4), min_size=1))
def test_a_plan_tells_what_its_first_model_does_and_its_second_as_often_as_it_is_asked(seed: int, eligible: set[int]) -> None:
    rng, arms = np.random.default_rng(seed), np.array(sorted(eligible))
    first, asked, second = rng.random((3, 5))
    for plans in (PlanSpace.over(arms, escalating=True), PlanSpace.over(arms, escalating=False)):
        found = plans.told(first, asked, second).tolist()
        for told, one, other in zip(found, plans.first.tolist(), plans.second.tolist(), strict=True):
            assert told == pytest.approx(first[one] + (0.0 if other < 0 else asked[one] * second[other]))
