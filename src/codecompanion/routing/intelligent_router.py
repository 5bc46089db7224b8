"""The IntelligentRouter: which model a task should be sent to, learned from what came of earlier ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from codecompanion.domain.errors import ModelUnavailable
from codecompanion.routing.amounts import AmountBelief
from codecompanion.routing.arm_priors import NOTHING_KNOWN, ArmPrior
from codecompanion.routing.belief import Floats, HierarchicalBelief, Ints
from codecompanion.routing.change_watch import ChangeWatch
from codecompanion.routing.decision import Candidate, Decision, Removed
from codecompanion.routing.normal_draws import even_normals
from codecompanion.routing.plans import Plan, PlanSpace, Verifier, logistic
from codecompanion.routing.profiles import Rates
from codecompanion.routing.questions import Outcome, Question
from codecompanion.routing.task_features import AFTER_REFUSAL, USUAL_CHANCE, WIDTH, FeatureEncoder, TaskFeatures
from codecompanion.routing.tuning import Tuning

HARDNESS = (-1.5, 1.0)
"""Mean and variance of what a refused answer says of the task, in logits per chance that it had: on public tables of six
sources -0.8 to -3.0 (docs/ROUTING.md); the mean is on the hopeful side, so that escalations are tried."""

IN_USE = 3
"""A model that was asked within so many outcomes is looked at often enough, however surprising it is."""


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
        spread = self._tuning.spread
        self._success = HierarchicalBelief(WIDTH, spread, {0: (0.0, spread.shared_level), AFTER_REFUSAL: HARDNESS})
        self._cost = AmountBelief(WIDTH, cost_scale_usd)
        self._latency = AmountBelief(WIDTH, latency_scale_s)
        self._arms: dict[str, int] = {}
        self._watches: list[ChangeWatch] = []
        self._trials: list[int] = []
        self._last: list[int] = []
        self._outcomes = 0
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
        places, row = self._encoded(task)
        if outcome.share is not None:
            self._learn_share(index, places, row, outcome.share, weight)
        if outcome.cost_usd is not None:
            self._cost.observe(index, places, row, outcome.cost_usd)
        if outcome.latency_s is not None:
            self._latency.observe(index, places, row, outcome.latency_s)

    def learn_refusal(self, task: TaskFeatures, arm: str, outcome: Outcome, verifier: Verifier) -> None:
        """Take in that a verifier refused a model's answer: nearly a failure, the more so the less the verifier errs."""
        share = verifier.chance_after_refusal(self._chance(task, self._arms[arm]))
        self.learn(task, arm, replace(outcome, share=share))

    def _learn_share(self, index: int, places: Ints, row: Floats, share: float, weight: float) -> None:
        level = self._success.observe_share(index, places, row, share, weight)
        self._outcomes += 1
        self._last[index] = self._outcomes
        self._trials[index] += 1
        if self._watches[index].changed(share, level):
            self._success.loosen(index, self._tuning.renewed)
            self._trials[index] = 0

    def contributions(self, task: TaskFeatures, arm: str, other: str) -> dict[str, float]:
        """Return what each feature of a task adds to a model's logit of success beside another's; their sum is the difference.

        "" is what sets the two apart whatever the task is.
        """
        places, row = self._encoded(task)
        parts = self._success.means(places, np.diag(row))
        apart = parts[:, self._arms[arm]] - parts[:, self._arms[other]]
        return {self._encoder.name_of(place): float(logit) for place, logit in zip(places.tolist(), apart, strict=True)}

    def _add(self, arm: str, prior: ArmPrior) -> None:
        self._arms[arm] = len(self._arms)
        self._watches.append(ChangeWatch())
        self._trials.append(0)
        self._last.append(self._outcomes)
        self._success.add_arm(prior.ability, prior.ability_variance)
        self._cost.add_arm(prior.log_cost, prior.log_cost_variance)
        self._latency.add_arm()

    def _encoded(self, task: TaskFeatures) -> tuple[Ints, Floats]:
        """Return the places of the features that are not zero, and the features there."""
        features = self._encoder.encode(task)
        if task.attempt > 1 and task.refused in self._arms:
            features[AFTER_REFUSAL] = self._chance(replace(task, attempt=1), self._arms[task.refused])
        return np.array(list(features)), np.array(list(features.values()))

    def _chance(self, task: TaskFeatures, index: int) -> float:
        places, row = self._encoded(task)
        return float(logistic(self._success.means(places, row[None])[0, index]))

    def _look(self, question: Question, eligible: Ints) -> _Outlook:
        places, row = self._encoded(question.task)
        rows = row[None]
        if question.escalating and question.task.attempt == 1:
            places, rows = np.append(places, AFTER_REFUSAL), _with_refusal(row)
        level, cov = self._success.marginal(places, rows)
        size, count = len(level), len(self._arms)
        root = np.linalg.cholesky(cov + 1e-9 * np.eye(size))
        levels = level + self._tuning.eagerness * (self._even_normals(size) @ root.T)
        cost, latency = self._cost.expected(places, rows), self._latency.expected(places, rows)
        prices = self._rates.per_usd * cost + self._rates.per_second * latency
        plans = self._plans_over(eligible, escalating=question.escalating)
        fresh, hardness = levels[:, :count], (levels[:, -count:] - levels[:, :count]) / USUAL_CHANCE
        utility = plans.value(fresh, hardness, prices[[0, -1]], question.verifier)
        return _Outlook(plans, utility, logistic(fresh).mean(axis=0), cost[0], latency[0])

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
        due = [i for i in eligible if self._is_due(i)]
        ranked, best_with = np.argsort(worth), np.zeros(len(self._arms), dtype=np.int64)
        best_with[outlook.plans.first[ranked]] = ranked  # of the plans that begin with a model the last, its best, stays
        floor[best_with[eligible]] += self._tuning.floor / len(eligible)
        floor[best_with[due]] += self._tuning.trial_share / max(len(due), 1)
        return (1.0 - floor.sum()) * shares + floor

    def _is_due(self, index: int) -> bool:
        """Return whether too little is known of what a model is like now."""
        alone = self._outcomes - self._last[index]
        if self._trials[index] < self._tuning.trials or alone > self._tuning.left_alone:
            return True
        return alone > IN_USE and self._watches[index].suspects_rise

    def _candidates(self, outlook: _Outlook, chances: Floats, eligible: Sequence[int]) -> tuple[Candidate, ...]:
        first = np.bincount(outlook.plans.first, weights=chances, minlength=len(self._arms))
        price = self._rates.per_usd * outlook.cost + self._rates.per_second * outlook.latency
        figures = (outlook.success, outlook.cost, outlook.latency, outlook.success - price, first)
        columns = [column.tolist() for column in figures]
        names = self.arms
        return tuple(Candidate(names[i], *(column[i] for column in columns)) for i in eligible)

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


def _with_refusal(row: Floats) -> Floats:
    """Return a task's features as they are, and as they are after a refusal."""
    return np.vstack([np.append(row, 0.0), np.append(row, USUAL_CHANCE)])
