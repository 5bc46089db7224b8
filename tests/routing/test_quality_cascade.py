from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from codecompanion.domain.events import CascadeStepped
from codecompanion.domain.routes import CascadeStep, RouteCandidate
from codecompanion.domain.team import Role
from codecompanion.routing.profiles import Rates
from codecompanion.routing.quality_cascade import Option, QualityCascade, options_after

RATES = Rates(per_usd=1.0)
CASCADE = QualityCascade(RATES)
A, B, C, D = "a:one", "b:two", "c:three", "d:four"


def option(success: float, cost_usd: float, model: str = A, step: CascadeStep = CascadeStep.ESCALATE) -> Option:
    return Option(step, model, success, cost_usd, 0.0)


def stepped(step: CascadeStep, model: str) -> CascadeStepped:
    return CascadeStepped(
        decision_id="r:t:1:solo", task_id="t", attempt=1, role=Role.SOLO, step=step, model=model, reason="because"
    )


def candidates(*models: str) -> list[RouteCandidate]:
    return [RouteCandidate(model=one, success=0.5, cost_usd=0.1, latency_s=1, utility=0.4, propensity=0.5) for one in models]


def test_nothing_is_done_whose_price_is_above_its_chance() -> None:
    assert CASCADE.next([option(0.2, 0.3), option(0.5, 0.6, B)]) is None
    assert CASCADE.next([]) is None


def test_the_cheap_step_comes_first_unless_its_chance_is_too_small() -> None:
    cheap, dear = option(0.4, 0.05), option(0.9, 0.4, B)
    assert CASCADE.next([dear, cheap]) == cheap
    assert CASCADE.next([dear, option(0.02, 0.05)]) == dear


def value(order: tuple[Option, ...]) -> float:
    """Return what is gained on the average when the steps are taken in this order until one succeeds."""
    gained, reached = 0.0, 1.0
    for one in order:
        gained += reached * (one.success - one.cost_usd)
        reached *= 1.0 - one.success
    return gained


@given(st.lists(st.tuples(st.floats(0.01, 0.99), st.floats(0.0, 1.0)), min_size=1, max_size=4))
def test_no_other_order_and_no_other_stop_is_worth_more(boxes: list[tuple[float, float]]) -> None:
    left = [option(success, cost, f"m:{place}") for place, (success, cost) in enumerate(boxes)]
    taken: list[Option] = []
    while (following := CASCADE.next(one for one in left if one not in taken)) is not None:
        taken.append(following)
    best = max(value(order) for size in range(len(left) + 1) for order in permutations(left, size))
    assert value(tuple(taken)) >= best - 1e-9


def test_after_the_first_refusal_the_same_model_and_the_plans_second_one_are_open() -> None:
    options = options_after([stepped(CascadeStep.FIRST, A)], B, candidates(A, B, C))
    assert [(one.step, one.model) for one in options] == [(CascadeStep.AGAIN, A), (CascadeStep.ESCALATE, B)]


def test_a_plan_without_a_second_model_leaves_it_open_who_is_asked() -> None:
    options = options_after([stepped(CascadeStep.FIRST, A)], None, candidates(A, B, C))
    assert [one.model for one in options if one.step is CascadeStep.ESCALATE] == [B, C]


def test_the_same_model_may_try_once_more_and_two_others_once_each() -> None:
    steps = [stepped(CascadeStep.FIRST, A), stepped(CascadeStep.AGAIN, A)]
    assert [one.model for one in options_after(steps, B, candidates(A, B, C))] == [B]
    steps.append(stepped(CascadeStep.ESCALATE, B))
    assert [one.model for one in options_after(steps, B, candidates(A, B, C, D))] == [C, D]
    steps.append(stepped(CascadeStep.ESCALATE, D))
    assert options_after(steps, B, candidates(A, B, C, D)) == []


def test_a_model_that_may_not_be_asked_any_more_is_no_step() -> None:
    assert options_after([stepped(CascadeStep.FIRST, A)], B, candidates(C)) == [Option(CascadeStep.ESCALATE, C, 0.5, 0.1, 1)]
