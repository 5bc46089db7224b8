"""The IntelligentRouter: which model a task should be sent to, learned from what came of earlier ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from codecompanion.domain.errors import ModelUnavailable
from codecompanion.routing.amounts import AmountBelief
from codecompanion.routing.arm_priors import NOTHING_KNOWN, ArmPrior
from codecompanion.routing.belief import Floats, HierarchicalBelief, Ints
from codecompanion.routing.decision import Candidate, Decision, Removed
from codecompanion.routing.normal_draws import even_normals
from codecompanion.routing.plans import Plan, PlanSpace, Verifier
from codecompanion.routing.profiles import Rates
from codecompanion.routing.questions import Outcome, Question
from codecompanion.routing.task_features import AFTER_REFUSAL, WIDTH, FeatureEncoder, TaskFeatures
from codecompanion.routing.tuning import Tuning


@dataclass(frozen=True, slots=True)
class _Outlook:
    """What is believed before a decision: draws of utility per plan, means per model."""

    plans: PlanSpace
    utility: Floats
    success: Floats
    cost: Floats
    latency: Floats


class IntelligentRouter:
    """Chooses plans over models by Thompson sampling from a hierarchical logistic model of success, cost and latency.

    It holds no randomness: the random number of a decision comes in, so the same outcomes and draws make the same choices.

    Args:
        arms: The models, as provider:model, with what is known of each before the first task.
        rates: What money and time are worth.
        cost_scale_usd: The usual cost of the dearest model; above 0.
        latency_scale_s: The usual time of the slowest model; above 0.
        tuning: How it learns.
    """

    def __init__(
        self,
        arms: Mapping[str, ArmPrior],
        rates: Rates,
        *,
        cost_scale_usd: float = 1.0,
        latency_scale_s: float = 60.0,
        tuning: Tuning | None = None,
    ) -> None:
        self._tuning = tuning or Tuning()
        self._rates = rates
        self._encoder = FeatureEncoder()
        self._success = HierarchicalBelief(WIDTH, self._tuning.spread)
        self._cost = AmountBelief(WIDTH, cost_scale_usd)
        self._latency = AmountBelief(WIDTH, latency_scale_s)
        self._arms: dict[str, int] = {}
        self._trials: list[float] = []
        self._normals: dict[int, Floats] = {}
        self._plans: dict[tuple[int, ...], PlanSpace] = {}
        for arm, prior in arms.items():
            self._add(arm, prior)

    @property
    def arms(self) -> tuple[str, ...]:
        """The models, in the order in which they came."""
        return tuple(self._arms)

    def add_arm(self, arm: str, prior: ArmPrior = NOTHING_KNOWN) -> None:
        """Let a new model in; it gets a quota of trials, and what is known of the others stays."""
        if arm not in self._arms:
            self._add(arm, prior)

    def choose(self, question: Question, draw: float) -> Decision:
        """Return the plan for a task.

        Args:
            question: The task and what is allowed.
            draw: A random number from [0, 1).

        Raises:
            ModelUnavailable: Every model is removed.
        """
        eligible = [i for arm, i in self._arms.items() if arm not in question.removed]
        if not eligible:
            raise ModelUnavailable(
                "no model is left to choose from",
                cause="; ".join(f"{arm}: {reason}" for arm, reason in question.removed.items()),
                fix="codecompanion models list shows which have a key",
            )
        outlook = self._look(question, np.array(eligible))
        chances = self._chances(outlook, eligible, question)
        chosen = min(int(np.searchsorted(np.cumsum(chances), draw, side="right")), len(chances) - 1)
        best = int(np.argmax(self._worth(outlook, question)))
        removed = tuple(Removed(arm, reason) for arm, reason in question.removed.items() if arm in self._arms)
        return Decision(
            plan=self._plan(outlook.plans, chosen),
            propensity=float(chances[chosen]),
            candidates=self._candidates(outlook, chances, eligible),
            removed=removed,
            explored=chosen != best,
            draw=draw,
        )

    def learn(self, task: TaskFeatures, arm: str, outcome: Outcome, *, weight: float = 1.0) -> None:
        """Take in what came of asking a model; `task.attempt` above 1 says that another's answer had been refused."""
        index = self._arms[arm]
        places, rows = self._encoded(task, after_refusal=False)
        if outcome.share is not None:
            self._success.observe_share(index, places, rows[0], outcome.share, weight)
            self._trials[index] += 1
        if outcome.cost_usd is not None:
            self._cost.observe(index, places, rows[0], outcome.cost_usd)
        if outcome.latency_s is not None:
            self._latency.observe(index, places, rows[0], outcome.latency_s)
        if self._tuning.kept < 1.0:
            self._trials = [trials * self._tuning.kept for trials in self._trials]
            self._success.forget(self._tuning.kept)
            self._cost.forget(self._tuning.kept)

    def learn_refusal(self, task: TaskFeatures, arm: str, outcome: Outcome, verifier: Verifier) -> None:
        """Take in that a verifier refused a model's answer: nearly a failure, the more so the less the verifier errs."""
        index = self._arms[arm]
        places, rows = self._encoded(task, after_refusal=False)
        level = float(self._success.means(places, rows)[0, index])
        chance = 1.0 / (1.0 + float(np.exp(-level)))
        self.learn(task, arm, replace(outcome, share=verifier.chance_after_refusal(chance)))

    def contributions(self, task: TaskFeatures, arm: str, other: str) -> dict[str, float]:
        """Return what each feature of a task adds to a model's logit of success beside another's; their sum is the difference.

        "" is what sets the two apart whatever the task is.
        """
        features = self._encoder.encode(task)
        parts = self._success.means(np.array(list(features)), np.diag(list(features.values())))
        apart = parts[:, self._arms[arm]] - parts[:, self._arms[other]]
        return {self._encoder.name_of(place): float(logit) for place, logit in zip(features, apart, strict=True)}

    def _add(self, arm: str, prior: ArmPrior) -> None:
        self._arms[arm] = len(self._arms)
        self._trials.append(0.0)
        self._success.add_arm(prior.ability, prior.ability_variance)
        self._cost.add_arm(prior.log_cost, prior.log_cost_variance)
        self._latency.add_arm()

    def _encoded(self, task: TaskFeatures, *, after_refusal: bool) -> tuple[Ints, Floats]:
        features = self._encoder.encode(task)
        if not after_refusal:
            return np.array(list(features)), np.array([list(features.values())])
        then = features | {AFTER_REFUSAL: 1.0}
        return np.array(list(then)), np.array([[features.get(place, 0.0) for place in then], list(then.values())])

    def _look(self, question: Question, eligible: Ints) -> _Outlook:
        places, rows = self._encoded(question.task, after_refusal=question.escalating)
        level, cov = self._success.marginal(places, rows)
        size = len(level)
        root = np.linalg.cholesky(cov + 1e-9 * np.eye(size))
        levels = level + self._tuning.eagerness * (self._even_normals(size) @ root.T)
        chance = 1.0 / (1.0 + np.exp(-levels))
        cost, latency = self._cost.expected(places, rows), self._latency.expected(places, rows)
        price = self._rates.per_usd * cost + self._rates.per_second * latency
        plans = self._plans_over(eligible, escalating=question.escalating)
        count = len(self._arms)
        utility = plans.value(chance[:, :count], chance[:, -count:], price[0], price[-1], question.verifier)
        return _Outlook(plans, utility, chance[:, :count].mean(axis=0), cost[0], latency[0])

    def _worth(self, outlook: _Outlook, question: Question) -> Floats:
        """Return what each plan is ranked by when nothing is tried out."""
        if not question.critical:
            return outlook.utility.mean(axis=0)
        return np.where(outlook.plans.second < 0, outlook.success[outlook.plans.first], -1.0)

    def _chances(self, outlook: _Outlook, eligible: Sequence[int], question: Question) -> Floats:
        """Return how likely each plan is: how often it is the best of the draws, and its part of the floor."""
        count = outlook.utility.shape[1]
        worth = self._worth(outlook, question)
        if question.critical:
            return np.bincount([int(np.argmax(worth))], minlength=count).astype(np.float64)
        shares = np.bincount(outlook.utility.argmax(axis=1), minlength=count) / len(outlook.utility)
        floor = np.zeros(count)
        new = [i for i in eligible if self._trials[i] < self._tuning.trials]
        ranked, best_with = np.argsort(worth), np.zeros(len(self._arms), dtype=np.int64)
        best_with[outlook.plans.first[ranked]] = ranked  # of the plans that begin with a model the last, its best, stays
        floor[best_with[eligible]] += self._tuning.floor / len(eligible)
        floor[best_with[new]] += self._tuning.trial_share / max(len(new), 1)
        return (1.0 - floor.sum()) * shares + floor

    def _candidates(self, outlook: _Outlook, chances: Floats, eligible: Sequence[int]) -> tuple[Candidate, ...]:
        names = list(self._arms)
        first = np.bincount(outlook.plans.first, weights=chances, minlength=len(names))
        return tuple(
            Candidate(
                arm=names[i],
                success=float(outlook.success[i]),
                cost_usd=float(outlook.cost[i]),
                latency_s=float(outlook.latency[i]),
                utility=float(
                    outlook.success[i] - self._rates.per_usd * outlook.cost[i] - self._rates.per_second * outlook.latency[i]
                ),
                propensity=float(first[i]),
            )
            for i in eligible
        )

    def _plan(self, plans: PlanSpace, chosen: int) -> Plan:
        names, second = list(self._arms), int(plans.second[chosen])
        return Plan(names[int(plans.first[chosen])], None if second < 0 else names[second])

    def _even_normals(self, size: int) -> Floats:
        if size not in self._normals:
            self._normals[size] = even_normals(self._tuning.draws, size)
        return self._normals[size]

    def _plans_over(self, eligible: Ints, *, escalating: bool) -> PlanSpace:
        key = (escalating, *eligible.tolist())
        if key not in self._plans:
            self._plans = {key: PlanSpace.over(eligible, escalating=escalating)}  # the last one: models rarely come and go
        return self._plans[key]
