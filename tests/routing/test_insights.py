"""What is said of models is what the intervals support."""

from datetime import date
from itertools import count

import numpy as np
import pytest

from codecompanion.domain.events import OutcomeRecorded
from codecompanion.domain.learning import NOTHING_LEARNED, Learned, fold
from codecompanion.domain.outcomes import Decided, Expected, Later, TaskOutcome
from codecompanion.routing.insights import insights
from codecompanion.routing.intervals import Interval, difference, mean_of, ratio, student_quantile, wilson
from codecompanion.routing.model_profiles import calibrations, profiles
from outcomes import outcome

TODAY = date(2026, 11, 27)


def learned(*outcomes: TaskOutcome) -> Learned:
    return fold(NOTHING_LEARNED, [OutcomeRecorded(outcome=one) for one in outcomes])


def several(model: str, good: int, bad: int, *, usd: float = 0.1, day: str = "2026-11-26", **more: object) -> list[TaskOutcome]:
    ids = count()
    at = f"{day}T10:00:00Z"
    return [
        outcome(
            0,
            decision_id=f"{model}{day}{next(ids)}",
            model=model,
            at=at,
            verified=i < good,
            cost_usd=usd * (1 + i % 3 / 10),
            **more,
        )
        for i in range(good + bad)
    ]


def said(*outcomes: TaskOutcome) -> list[str]:
    return [one.text for one in insights(learned(*outcomes), TODAY)]


def test_a_sure_difference_is_said_with_its_price_and_count() -> None:
    text = said(*several("x:b", 38, 2, usd=0.1), *several("x:a", 20, 20, usd=0.3))
    assert text == ["code_generator: x:b is 45 points better than x:a and 3 times cheaper, n=80"]


def test_a_difference_that_may_be_chance_is_not_said() -> None:
    assert said(*several("x:b", 30, 10), *several("x:a", 26, 14)) == []


def test_few_outcomes_say_nothing() -> None:
    assert said(*several("x:b", 9, 0), *several("x:a", 0, 9)) == []


def test_a_price_that_is_sure_is_said_where_quality_is_not() -> None:
    text = said(*several("x:b", 30, 10, usd=0.1), *several("x:a", 30, 10, usd=0.4))
    assert text == ["code_generator: x:b is 4 times cheaper than x:a, and which one does better is not known, n=80"]


def test_roles_are_not_compared_with_each_other() -> None:
    assert said(*several("x:b", 40, 0, role="test_writer"), *several("x:a", 0, 40)) == []


def test_a_model_that_gets_worse_is_seen() -> None:
    old, new = several("x:a", 38, 2, day="2026-09-01"), several("x:a", 10, 30)
    assert said(*old, *new) == ["x:a is 70 points worse in the last 30 days than before, n=80"]


def test_weakened_tests_and_reverts_are_told() -> None:
    bad = several("x:a", 1, 0, clean=False)
    gone = several("x:b", 2, 0, later=Later(merged=True, reverted=True))
    assert said(*bad, *gone) == [
        "of the merged work of x:b 2 of 2 changes were reverted: each counts 0",
        "x:a made tests say less in 1 of 1 attempts: each of them counts 0",
    ]


def test_predictions_that_are_off_are_told() -> None:
    candidates = (Expected(model="x:a", success=0.9, cost_usd=0.2, latency_s=1.0, propensity=1.0),)
    decided = Decided(policy="p", profile="balanced", candidates=candidates)
    many = several("x:a", 10, 30, decided=decided)
    assert said(*many) == ["x:a was expected to succeed in 90 % of cases and did in 25 %, n=40"]
    (row,) = calibrations(learned(*many))
    assert row.count == 40
    assert row.bins == ((pytest.approx(0.9), 0.25, 40),)
    assert row.cost_ratio == pytest.approx(0.55, rel=0.01)


def test_profiles_are_by_model_role_and_kind_with_intervals() -> None:
    (row,) = profiles(learned(*several("x:a", 8, 2)))
    assert row.verified is not None
    assert (row.verified.value, round(row.verified.low, 3), round(row.verified.high, 3)) == (0.8, 0.541, 0.931)


def test_wilsons_interval_is_that_of_the_tables() -> None:
    # Agresti and Coull (1998): 0 of 10 at 95 % is 0 to 0.278; 5 of 10 is 0.237 to 0.763.
    assert wilson(0, 10, 0.95).high == pytest.approx(0.2775, abs=1e-3)
    assert (wilson(5, 10, 0.95).low, wilson(5, 10, 0.95).high) == (
        pytest.approx(0.2366, abs=1e-3),
        pytest.approx(0.7634, abs=1e-3),
    )
    assert wilson(0, 0) == Interval(0.5, 0.0, 1.0)


def test_newcombes_interval_is_that_of_his_paper() -> None:
    # R. G. Newcombe (1998), table II, method 10: 56/70 and 48/80.
    found = difference(wilson(56, 70, 0.95), wilson(48, 80, 0.95))
    assert (round(found.low, 4), round(found.high, 4)) == (0.0524, 0.3339)


@pytest.mark.parametrize(("freedom", "quantile"), [(3, 2.353), (5, 2.015), (10, 1.812), (30, 1.697), (1000, 1.646)])
def test_students_quantiles_are_those_of_the_tables(freedom: int, quantile: float) -> None:
    assert student_quantile(0.9, freedom) == pytest.approx(quantile, rel=0.01)


def test_intervals_of_means_and_ratios_hold_the_truth_nine_times_in_ten() -> None:
    rng, held, held_ratio = np.random.default_rng(7), 0, 0
    for _ in range(400):
        one, other = rng.gamma(4.0, 0.5, 40), rng.gamma(4.0, 0.25, 40)
        means = [mean_of(float(x.sum()), float((x * x).sum()), len(x)) for x in (one, other)]
        assert means[0] is not None
        assert means[1] is not None
        held += means[0].low <= 2.0 <= means[0].high
        quotient = ratio(means[0], means[1])
        assert quotient is not None
        held_ratio += quotient.low <= 2.0 <= quotient.high
    assert 0.86 <= held / 400 <= 0.94
    assert 0.86 <= held_ratio / 400 <= 0.95
