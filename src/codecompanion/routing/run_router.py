"""The IntelligentRouter at work in a run: each decision, and each step after a refusal, as a fact that explains it."""

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass

from codecompanion.domain.errors import NobodyToAsk, OverBudget
from codecompanion.domain.events import CascadeStepped, RouteChosen
from codecompanion.domain.routes import (
    CascadeStep,
    Constraint,
    Contribution,
    ProfileName,
    RemovedModel,
    RouteCandidate,
    RouteFeatures,
)
from codecompanion.domain.team import WRITERS, Role
from codecompanion.routing.decision import Candidate
from codecompanion.routing.eligibility import Contender, Needs, remove
from codecompanion.routing.intelligent_router import IntelligentRouter
from codecompanion.routing.profiles import PROFILES, Rates
from codecompanion.routing.quality_cascade import Option, QualityCascade, options_after
from codecompanion.routing.questions import Question
from codecompanion.routing.run_outcomes import Observation
from codecompanion.routing.run_priors import LATENCY_SCALE_S, RunPriors, priors_of
from codecompanion.routing.task_features import TaskFeatures

POLICY = "bayesian-logistic-plans-3"
"""The way of choosing and its version: a change of how decisions are made is a new one."""
REASONS = 5
"""So many contributions are kept with a decision."""

Observations = Callable[[], Awaitable[Sequence[Observation]]]
"""Returns what is known of earlier attempts, the oldest first."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A task that needs a model: its place in the run, what is known of it, and who might do it."""

    run_id: str
    task_id: str
    attempt: int
    role: Role
    features: RouteFeatures
    profile: ProfileName
    critical: bool
    contenders: Sequence[Contender]
    needs: Needs

    @property
    def decision_id(self) -> str:
        """What outcomes are matched by."""
        return f"{self.run_id}:{self.task_id}:{self.attempt}:{self.role.value}"


@dataclass(frozen=True, slots=True)
class _Belief:
    """A router that has learned from all there is."""

    router: IntelligentRouter
    rates: Rates
    name: str
    outcomes: int


@dataclass(frozen=True, slots=True)
class _Learned:
    """A router that has learned from the first outcomes there were; it is copied, never changed."""

    router: IntelligentRouter
    rates: Rates
    priors: RunPriors
    seen: Sequence[Observation]

    def goes_before(self, rates: Rates, priors: RunPriors, seen: Sequence[Observation]) -> bool:
        return (rates, priors) == (self.rates, self.priors) and seen[: len(self.seen)] == self.seen


class RunRouter:
    """Decides in runs. What it believes is folded from outcomes each time; those it knew at its first decision, only once.

    Args:
        observations: Returns the outcomes.
        draw: Returns a random number from [0, 1); each decision records its own.
    """

    def __init__(self, observations: Observations, draw: Callable[[], float]) -> None:
        self._observations = observations
        self._draw = draw
        self._learned: _Learned | None = None

    async def choose(self, asked: Asked) -> RouteChosen:
        """Return the decision for a task.

        Raises:
            OverBudget: The budget leaves nothing for any model that could be asked.
            NobodyToAsk: No model may be asked, for other reasons.
        """
        removed = remove(asked.contenders, asked.needs)
        _refuse_when_none_is_left(asked, removed)
        belief = await self._believe(asked)
        question = self._question(asked, belief, removed, escalating=asked.role in WRITERS)
        decision = belief.router.choose(question, self._draw())
        candidates = tuple(
            sorted((_candidate_of(one) for one in decision.candidates), key=lambda one: (-one.utility, one.model))
        )
        runner_up = next((one.model for one in candidates if one.model != decision.plan.first), "")
        return RouteChosen(
            decision_id=asked.decision_id,
            task_id=asked.task_id,
            attempt=asked.attempt,
            role=asked.role,
            model=decision.plan.first,
            escalate_to=decision.plan.escalate_to,
            propensity=decision.propensity,
            profile=asked.profile,
            draw=decision.draw,
            explored=decision.explored,
            critical=asked.critical,
            policy=POLICY,
            belief=belief.name,
            outcomes=belief.outcomes,
            candidates=candidates,
            removed=tuple(removed.values()),
            features=asked.features,
            runner_up=runner_up,
            reasons=_reasons(belief.router, question.task, decision.plan.first, runner_up),
        )

    async def step_after(
        self, asked: Asked, chosen: RouteChosen, steps: Sequence[CascadeStepped], refused: tuple[str, ...]
    ) -> CascadeStepped:
        """Return what to do after an attempt was refused: the same model once more, another, or nothing.

        Args:
            asked: The task, at the attempt that would begin.
            chosen: The decision for it.
            steps: The steps that were taken, the oldest first.
            refused: What was held against the last attempt.
        """
        removed = remove(asked.contenders, asked.needs)
        if len(removed) == len(asked.contenders):
            return _stop(asked, chosen, refused, "no model may be asked any more")
        belief = await self._believe(asked)
        expected = belief.router.choose(self._question(asked, belief, removed, escalating=False), 0.0).candidates
        cascade = QualityCascade(belief.rates)
        options = options_after(steps, chosen.escalate_to, map(_candidate_of, expected))
        option = cascade.next(options)
        if option is None:
            return _stop(asked, chosen, refused, _why_none(options, cascade))
        return _step(asked, chosen, option, cascade.utility(option), refused)

    async def _believe(self, asked: Asked) -> _Belief:
        seen = await self._observations()
        known = {one.model for one in asked.contenders}
        priors = priors_of(asked.contenders, sorted({one.model for one in seen} - known))
        rates = _rates(asked.profile, priors)
        if self._learned is None or not self._learned.goes_before(rates, priors, seen):
            new = IntelligentRouter(priors.arms, rates, cost_scale_usd=priors.cost_scale_usd, latency_scale_s=LATENCY_SCALE_S)
            self._learned = _Learned(_taught(new, seen), rates, priors, seen)
        router = _taught(deepcopy(self._learned.router), seen[len(self._learned.seen) :])
        return _Belief(router, rates, _name_of(seen, priors), len(seen))

    def _question(self, asked: Asked, belief: _Belief, removed: dict[str, RemovedModel], *, escalating: bool) -> Question:
        pool = {one.model for one in asked.contenders}
        strangers = {arm: "it is not among the models of this run" for arm in belief.router.arms if arm not in pool}
        return Question(
            task_of(asked.features),
            {**{model: one.reason for model, one in removed.items()}, **strangers},
            escalating=escalating,
            critical=asked.critical,
        )


def _taught(router: IntelligentRouter, seen: Iterable[Observation]) -> IntelligentRouter:
    for one in seen:
        router.learn(task_of(one.features), one.model, one.outcome)
    return router


def first_step(chosen: RouteChosen) -> CascadeStepped:
    """Return the step that a decision begins with."""
    expected = next(one for one in chosen.candidates if one.model == chosen.model)
    how = (
        "the surest model"
        if chosen.critical
        else "tried out"
        if chosen.explored
        else "the plan of the highest expected utility"
    )
    return CascadeStepped(
        decision_id=chosen.decision_id,
        task_id=chosen.task_id,
        attempt=chosen.attempt,
        role=chosen.role,
        step=CascadeStep.FIRST,
        model=chosen.model,
        reason=f"{how}, chance {expected.success:.2f} at ${expected.cost_usd:.4f}",
        success=expected.success,
        cost_usd=expected.cost_usd,
        latency_s=expected.latency_s,
        utility=expected.utility,
    )


def task_of(features: RouteFeatures) -> TaskFeatures:
    """Return recorded features as the router takes them."""
    return TaskFeatures(**features.model_dump())


def _rates(profile: ProfileName, priors: RunPriors) -> Rates:
    weights = PROFILES[profile]
    return Rates(weights.cost_weight / priors.cost_scale_usd, weights.latency_weight / LATENCY_SCALE_S)


def _refuse_when_none_is_left(asked: Asked, removed: dict[str, RemovedModel]) -> None:
    if len(removed) < len(asked.contenders):
        return
    cause = "; ".join(f"{one.model}: {one.reason}" for one in removed.values())
    if any(one.constraint is Constraint.BUDGET for one in removed.values()):
        raise OverBudget(
            "the budget leaves too little for every model that could be asked",
            limit="run",
            cause=cause,
            fix="resume the run with more: --max-budget-usd",
        )
    raise NobodyToAsk("no model is left to choose from", cause=cause, fix="codecompanion models list shows which have a key")


def _candidate_of(one: Candidate) -> RouteCandidate:
    return RouteCandidate(
        model=one.arm,
        success=round(one.success, 6),
        cost_usd=round(one.cost_usd, 8),
        latency_s=round(one.latency_s, 3),
        utility=round(one.utility, 6),
        propensity=one.propensity,
    )


def _reasons(router: IntelligentRouter, task: TaskFeatures, model: str, runner_up: str) -> tuple[Contribution, ...]:
    if not runner_up:
        return ()
    parts = router.contributions(task, model, runner_up)
    largest = sorted(parts.items(), key=lambda part: (-abs(part[1]), part[0]))[:REASONS]
    return tuple(Contribution(feature=name or "in general", logit=round(logit, 6)) for name, logit in largest if logit)


def _name_of(seen: Sequence[Observation], priors: RunPriors) -> str:
    """Return a name for what is believed: the same for the same outcomes and priors."""
    return hashlib.sha256(f"{POLICY}\n{seen!r}\n{priors!r}".encode()).hexdigest()[:12]


def _step(asked: Asked, chosen: RouteChosen, option: Option, utility: float, refused: tuple[str, ...]) -> CascadeStepped:
    again = option.step is CascadeStep.AGAIN
    who = "the same model, told what was refused" if again else "another model"
    return CascadeStepped(
        decision_id=chosen.decision_id,
        task_id=asked.task_id,
        attempt=asked.attempt,
        role=asked.role,
        step=option.step,
        model=option.model,
        reason=f"{who}: chance {option.success:.2f} at ${option.cost_usd:.4f} is worth {utility:+.2f}",
        refused=refused,
        success=option.success,
        cost_usd=option.cost_usd,
        latency_s=option.latency_s,
        utility=utility,
    )


def _stop(asked: Asked, chosen: RouteChosen, refused: tuple[str, ...], reason: str) -> CascadeStepped:
    return CascadeStepped(
        decision_id=chosen.decision_id,
        task_id=asked.task_id,
        attempt=asked.attempt,
        role=asked.role,
        step=CascadeStep.STOP,
        model="",
        reason=reason,
        refused=refused,
    )


def _why_none(options: Sequence[Option], cascade: QualityCascade) -> str:
    if not options:
        return "every model of the plan was asked, and one of them twice"
    best = max(options, key=cascade.utility)
    return f"no step is worth its price: the best, {best.model}, has a chance of {best.success:.2f} at ${best.cost_usd:.4f}"
