"""What choosing cost, as was believed, and what can be believed of a rate."""

import pytest

from codecompanion.domain.outcomes import Decided, Expected, TaskOutcome
from codecompanion.routing.posteriors import STEPS, density
from codecompanion.routing.regret import expected_regret
from outcomes import outcome

GOOD, BAD = (
    Expected(model=name, success=chance, cost_usd=0.1, latency_s=1, propensity=0.5) for name, chance in (("g", 0.9), ("b", 0.5))
)


def decided(number: int, model: str, profile: str = "balanced") -> TaskOutcome:
    by = Decided(policy="router-1", profile=profile, candidates=(GOOD, BAD))
    return outcome(number, model=model, decided=by.model_dump(), at=f"2026-11-26T10:15:0{number}.000000Z")


def test_the_best_choice_costs_nothing_and_another_what_it_was_expected_to_lose() -> None:
    found = expected_regret([decided(2, "b"), decided(1, "g"), decided(3, "b", profile="odd")])
    assert [(one.decision, round(one.router, 6), round(one.uniform, 6)) for one in found] == [(1, 0.0, 0.2), (2, 0.4, 0.4)]
    assert expected_regret([outcome(1)]) == []


@pytest.mark.parametrize(("successes", "trials"), [(1, 1), (3, 10), (90, 100)])
def test_a_density_sums_to_one_and_is_highest_where_the_rate_was(successes: int, trials: int) -> None:
    curve = density(successes, trials)
    assert sum(curve) / STEPS == pytest.approx(1, abs=0.06)
    assert abs(curve.index(max(curve)) / STEPS - successes / trials) < 0.06
