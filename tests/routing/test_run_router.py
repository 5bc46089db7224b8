from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from codecompanion.domain.errors import NobodyToAsk, OverBudget
from codecompanion.domain.events import RouteChosen
from codecompanion.domain.routes import CascadeStep, ProfileName
from codecompanion.domain.team import Role
from codecompanion.routing.eligibility import Contender, Needs
from codecompanion.routing.questions import Outcome
from codecompanion.routing.run_outcomes import Observation
from codecompanion.routing.run_priors import priors_of
from codecompanion.routing.run_router import Asked, Observations, RunRouter, first_step
from run_facts import CHEAP, CONTENDERS, FEATURES, STRONG

pytestmark = pytest.mark.anyio

ASKED = Asked(
    run_id="run",
    task_id="code",
    attempt=1,
    role=Role.CODE_GENERATOR,
    features=FEATURES,
    profile=ProfileName.BALANCED,
    critical=False,
    contenders=CONTENDERS,
    needs=Needs(room_tokens=20_000),
)


def observations_of(seen: Sequence[Observation]) -> Observations:
    async def observations() -> Sequence[Observation]:
        return list(seen)

    return observations


def router(seen: Sequence[Observation] = (), draw: float = 0.5) -> RunRouter:
    return RunRouter(observations_of(seen), lambda: draw)


def outcomes(model: str, share: float, times: int, cost_usd: float = 0.01) -> list[Observation]:
    return [Observation(FEATURES, model, Outcome(share, cost_usd, 5.0))] * times


def expected(route: RouteChosen) -> dict[str, float]:
    return {one.model: one.success for one in route.candidates}


async def test_the_same_draw_and_the_same_outcomes_make_the_same_decision() -> None:
    seen = outcomes(CHEAP, 1.0, 3)
    assert await router(seen).choose(ASKED) == await router(seen).choose(ASKED)
    assert (await router(seen).choose(ASKED)).belief != (await router().choose(ASKED)).belief


async def test_a_router_that_goes_on_decides_like_one_that_begins_with_all_that_was_seen() -> None:
    seen = outcomes(CHEAP, 1.0, 3)
    going_on = RunRouter(observations_of(seen), lambda: 0.5)
    await going_on.choose(ASKED)
    seen += outcomes(STRONG, 0.0, 2)
    assert await going_on.choose(ASKED) == await router(seen).choose(ASKED)
    seen[3:] = outcomes(STRONG, 1.0, 1)
    assert await going_on.choose(ASKED) == await router(seen).choose(ASKED)
    seen[0:3] = outcomes(CHEAP, 0.0, 3)  # what came of an earlier attempt was corrected
    assert await going_on.choose(ASKED) == await router(seen).choose(ASKED)


async def test_the_draw_picks_among_plans_by_their_propensity_and_is_recorded() -> None:
    routes = [await router(draw=place / 200).choose(ASKED) for place in range(200)]
    plans = {(route.model, route.escalate_to): route.propensity for route in routes}
    assert sum(plans.values()) == pytest.approx(1.0, abs=0.02)
    for plan, propensity in plans.items():
        drawn = sum((route.model, route.escalate_to) == plan for route in routes) / 200
        assert drawn == pytest.approx(propensity, abs=0.01)
    assert {route.draw for route in routes} == {place / 200 for place in range(200)}


async def test_a_critical_task_is_never_used_to_try_something_out() -> None:
    routes = [await router(draw=draw).choose(replace(ASKED, critical=True)) for draw in (0.0, 0.5, 0.999)]
    assert {(route.model, route.propensity, route.explored) for route in routes} == {(routes[0].model, 1.0, False)}


async def test_proven_outcomes_outweigh_what_was_expected() -> None:
    route = await router([*outcomes(CHEAP, 0.0, 30), *outcomes(STRONG, 1.0, 30)]).choose(ASKED)
    assert (route.model, route.outcomes) == (STRONG, 60)
    assert expected(route)[STRONG] > 0.8
    assert expected(route)[CHEAP] < 0.3
    assert route.runner_up == CHEAP
    assert sum(part.logit for part in route.reasons) > 1.0


async def test_costs_that_were_measured_outweigh_the_price_list() -> None:
    before, after = [await router(seen).choose(ASKED) for seen in ([], outcomes(STRONG, 1.0, 20, cost_usd=0.02))]
    cost = [{one.model: one.cost_usd for one in route.candidates}[STRONG] for route in (before, after)]
    assert cost[0] > 0.2
    assert cost[1] < 0.06


async def test_a_model_that_comes_later_resets_nothing_and_one_that_left_is_not_asked() -> None:
    seen = [*outcomes(CHEAP, 0.5, 20), *outcomes("openai:gone", 1.0, 20)]  # so that a newcomer may be better
    newcomer = Contender("x:new", usual_usd=0.01)
    route = await router(seen).choose(replace(ASKED, contenders=(*CONTENDERS, newcomer)))
    assert set(expected(route)) == {CHEAP, STRONG, "x:new"}
    assert expected(route)[CHEAP] == pytest.approx(expected(await router(seen).choose(ASKED))[CHEAP], abs=0.02)
    assert {one.model: one.propensity for one in route.candidates}["x:new"] >= 0.01


async def test_the_profile_says_what_money_is_worth() -> None:
    seen = [*outcomes(CHEAP, 0.7, 30, 0.01), *outcomes(STRONG, 0.95, 30, 0.36)]
    routes = [await router(seen).choose(replace(ASKED, profile=one)) for one in (ProfileName.QUALITY, ProfileName.FRUGAL)]
    assert [route.candidates[0].model for route in routes] == [STRONG, CHEAP]


async def test_a_reviewer_is_one_model_because_nobody_judges_its_answer() -> None:
    for draw in (0.1, 0.5, 0.9):
        assert (await router(draw=draw).choose(replace(ASKED, role=Role.REVIEWER))).escalate_to is None


async def test_when_the_budget_leaves_nobody_it_is_the_budget_that_is_named() -> None:
    dear = [replace(one, worst_usd=Decimal(1)) for one in CONTENDERS]
    with pytest.raises(OverBudget):
        await router().choose(replace(ASKED, contenders=dear, needs=Needs(1, left_usd=Decimal("0.5"))))
    with pytest.raises(NobodyToAsk, match="no model is left") as error:
        await router().choose(replace(ASKED, contenders=[replace(one, no_key="no key") for one in CONTENDERS]))
    assert f"{CHEAP}: no key" in error.value.cause


async def test_after_a_refusal_the_next_step_is_the_one_that_pays_best_and_its_reason_is_told() -> None:
    seen = [*outcomes(CHEAP, 0.5, 10), *outcomes(STRONG, 0.9, 10, 0.3)]
    route = await router(seen, draw=0.5).choose(ASKED)
    steps = [first_step(route)]
    for attempt in (2, 3, 4):
        asked = replace(ASKED, attempt=attempt, features=FEATURES.model_copy(update={"attempt": attempt}))
        steps.append(await router(seen).step_after(asked, route, steps, ("tests: 1 broken",)))
    assert {one.step for one in steps[1:3]} == {CascadeStep.AGAIN, CascadeStep.ESCALATE}
    assert steps[3].step is CascadeStep.STOP
    assert all(one.reason and one.refused == ("tests: 1 broken",) for one in steps[1:])


async def test_a_frugal_cascade_stops_where_going_on_is_not_worth_its_price() -> None:
    seen = [
        Observation(FEATURES.model_copy(update={"attempt": 2}), model, Outcome(0.0, 0.5, 5.0))
        for model in (CHEAP, STRONG)
        for _ in range(20)
    ]
    frugal = replace(ASKED, profile=ProfileName.FRUGAL)
    route = await router(seen).choose(frugal)
    asked = replace(frugal, attempt=2, features=FEATURES.model_copy(update={"attempt": 2}))
    step = await router(seen).step_after(asked, route, [first_step(route)], ("tests: 1 broken",))
    assert (step.step, step.model) == (CascadeStep.STOP, "")
    assert "no step is worth its price" in step.reason


async def test_a_cascade_ends_when_nobody_may_be_asked_any_more() -> None:
    route = await router().choose(ASKED)
    broke = replace(ASKED, attempt=2, contenders=[replace(one, resting_s=30.0) for one in CONTENDERS])
    step = await router().step_after(broke, route, [first_step(route)], ("tests: 1 broken",))
    assert (step.step, step.reason) == (CascadeStep.STOP, "no model may be asked any more")


def test_the_price_list_says_what_a_model_is_expected_to_cost() -> None:
    priors = priors_of(CONTENDERS)
    assert priors.cost_scale_usd == 0.36
    assert priors.arms[STRONG].log_cost - priors.arms[CHEAP].log_cost == pytest.approx(3.69, abs=0.01)
    assert priors_of([Contender("ollama:a", usual_usd=0.0)]).cost_scale_usd == 0.001
