"""Another way of choosing is put to the decisions of the log."""

import numpy as np
import pytest

from codecompanion.domain.errors import BadInput
from codecompanion.domain.outcomes import Decided, Expected, TaskOutcome
from codecompanion.domain.routes import ProfileName
from codecompanion.routing.profiles import PROFILES
from codecompanion.routing.simulating import simulate
from outcomes import outcome

BALANCED, FRUGAL = PROFILES[ProfileName.BALANCED], PROFILES[ProfileName.FRUGAL]
TRUTH = {"x:cheap": (0.6, 0.02), "x:dear": (0.9, 0.2)}


def log(count: int = 600, share_of_cheap: float = 0.5, seed: int = 1) -> list[TaskOutcome]:
    rng = np.random.default_rng(seed)
    chances = {"x:cheap": share_of_cheap, "x:dear": 1.0 - share_of_cheap}
    candidates = tuple(
        Expected(model=name, success=rate, cost_usd=usd, latency_s=10.0, propensity=chances[name])
        for name, (rate, usd) in TRUTH.items()
    )
    decided = Decided(policy="router-1", profile="balanced", candidates=candidates)
    models = ["x:cheap" if rng.random() < share_of_cheap else "x:dear" for _ in range(count)]
    return [
        outcome(
            n,
            model=model,
            decided=decided,
            verified=bool(rng.random() < TRUTH[model][0]),
            cost_usd=TRUTH[model][1],
            latency_s=10.0,
        )
        for n, model in enumerate(models)
    ]


def test_always_the_dear_model_has_its_success_and_its_price() -> None:
    found = simulate(log(), "always:x:dear", BALANCED)
    assert found.success.dr.low <= 0.9 <= found.success.dr.high
    assert found.cost_usd.dr.value == pytest.approx(0.2, abs=0.01)


def test_the_profile_decides_whom_the_router_would_take() -> None:
    assert simulate(log(), "router", BALANCED).success.dr.value > simulate(log(), "router", FRUGAL).success.dr.value + 0.1


def test_a_frugal_user_is_told_that_the_cheap_model_is_better() -> None:
    found = simulate(log(), "cheapest", FRUGAL)
    assert found.utility.why_not == ""
    assert found.utility.difference.value > 0.1


def test_what_was_nearly_never_tried_leads_to_no_conclusion() -> None:
    assert "are needed" in simulate(log(share_of_cheap=0.98), "always:x:dear", BALANCED).utility.why_not


def test_outcomes_without_a_measured_reward_are_left_out_and_counted() -> None:
    some = [one if n % 2 else one.model_copy(update={"verified": None}) for n, one in enumerate(log())]
    found = simulate(some, "best", BALANCED)
    assert (found.utility.decisions, found.left_out) == (300, 300)


@pytest.mark.parametrize("policy", ["always:x:nobody", "best"])
def test_too_few_decisions_are_refused(policy: str) -> None:
    with pytest.raises(BadInput, match="too few for any estimate"):
        simulate(log(600 if policy.startswith("always") else 20), policy, BALANCED)


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(BadInput, match="there is no policy 'oracle'"):
        simulate(log(), "oracle", BALANCED)
