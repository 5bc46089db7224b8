"""The IntelligentRouter: which model a task should be sent to, learned from what came of earlier ones."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from codecompanion.domain.errors import ModelUnavailable
from codecompanion.routing.amounts import AmountBelief
from codecompanion.routing.arm_priors import NOTHING_KNOWN, ArmPrior
from codecompanion.routing.belief import Floats, HierarchicalBelief, Ints
from codecompanion.routing.change_watch import ChangeWatch
from codecompanion.routing.decision import Candidate, Decision, Removed
from codecompanion.routing.information import directed, told_by
from codecompanion.routing.normal_draws import even_normals
from codecompanion.routing.plans import Plan, PlanSpace, Verifier, logistic
from codecompanion.routing.profiles import Rates
from codecompanion.routing.questions import Outcome, Question
from codecompanion.routing.task_features import AFTER_REFUSAL, MOST, USUAL_CHANCE, WIDTH, FeatureEncoder, TaskFeatures
from codecompanion.routing.tuning import Tuning

HARDNESS = (-1.5, 1.0)
"""Mean and variance of what a refused answer says of the task, in logits per chance that it had: on public tables of six
sources -0.8 to -3.0 (docs/ROUTING.md); the mean is on the hopeful side, so that escalations are tried."""

ASKED, JUDGED, LAST, SAME = range(4)
"""What is kept of each model: how often it was asked and judged, both from 1 on, after how many outcomes last, and how likely
it had not changed then."""
LEAST_SAME = 1e-12
"""That a model did not change is never taken for less likely: the odds stay a number."""
JITTER = 1e-9
"""Added to variances, so that a covariance has a root in spite of rounding."""


class _Outlook(NamedTuple):
    """What is believed before a decision: what each plan is worth, may lose and tells of the best one; means of each model."""

    plans: PlanSpace
    worth: Floats
    loss: Floats
    told: Floats
    success: Floats
    cost: Floats
    latency: Floats
    price: Floats


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
        self._success = HierarchicalBelief(WIDTH, spread, {AFTER_REFUSAL: HARDNESS}, doubt=self._tuning.doubt)
        self._cost = AmountBelief(WIDTH, cost_scale_usd)
        self._latency = AmountBelief(WIDTH, latency_scale_s)
        self._arms: dict[str, int] = {}
        self._watches: list[ChangeWatch] = []
        self._records = np.zeros((4, 0))
        self._outcomes = 0
        self._tasks, self._features = 0, np.zeros(WIDTH)
        self._normals: dict[int, Floats] = {}
        self._ones = np.ones(self._tuning.draws)
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
        chosen = min(int(chances.cumsum().searchsorted(draw, side="right")), len(chances) - 1)
        best = int(_ranked_by(outlook, question).argmax())
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
        if task.attempt == 1:
            self._features[places] += row
            self._tasks += 1
        self._success.hold(places)
        self._records[ASKED, index] += 1
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

    def likeliest(self, task: TaskFeatures, verifier: Verifier) -> str:
        """Return which of the models whose answers to a task were refused is most likely right all the same.

        Each is judged by what the refusals of the others say of the task; of equal ones it is the last.
        """

        def right(arm: str) -> float:
            others = tuple(one for one in task.refused if one != arm)
            before = replace(task, attempt=len(others) + 1, refused=others)
            return verifier.chance_after_refusal(self._chance(before, self._arms[arm]))

        return max(reversed(task.refused), key=right)

    def _learn_share(self, index: int, places: Ints, row: Floats, share: float, weight: float) -> None:
        level = self._success.observe_share(index, places, row, share, weight)
        watch, same = self._watches[index], max(float(self._same()[index]), LEAST_SAME)
        self._outcomes += 1
        if watch.changed(share, level, 1.0 / same - 1.0):
            self._success.loosen(index, self._tuning.renewed)
        self._records[LAST, index] = self._outcomes
        self._records[JUDGED, index] += 1
        self._records[SAME, index] = 1.0 / (1.0 + watch.odds)

    def contributions(self, task: TaskFeatures, arm: str, other: str) -> dict[str, float]:
        """Return what each feature of a task adds to a model's logit of success beside another's; their sum is the difference.

        "" is what sets the two apart for usual tasks: a task that is like the first ones has no other part.
        """
        places, row = self._encoded(task)
        each = np.zeros((len(places), WIDTH))
        each[np.arange(len(places)), places] = row
        parts = self._success.means(each)
        apart = parts[:, self._arms[arm]] - parts[:, self._arms[other]]
        return {self._encoder.name_of(place): float(logit) for place, logit in zip(places.tolist(), apart, strict=True)}

    def _add(self, arm: str, prior: ArmPrior) -> None:
        self._arms[arm] = len(self._arms)
        self._watches.append(ChangeWatch())
        self._alone = np.eye(len(self._arms))
        self._records = np.hstack([self._records, [[1.0], [1.0], [self._outcomes], [1.0]]])
        self._success.add_arm(prior.ability, prior.ability_variance)
        self._cost.add_arm(prior.log_cost, prior.log_cost_variance)
        self._latency.add_arm()

    def _encoded(self, task: TaskFeatures) -> tuple[Ints, Floats]:
        """Return the places of the features that are not zero, and the features there."""
        features = self._features_of(task)
        return np.array(list(features)), np.array(list(features.values()))

    def _features_of(self, task: TaskFeatures) -> dict[int, float]:
        features = self._encoder.encode(task)
        if task.refused:
            features[AFTER_REFUSAL] = min(sum(self._chances_of_refused(task)), MOST)
        return features

    def _chances_of_refused(self, task: TaskFeatures) -> Iterator[float]:
        """Yield the chance that each refused answer had when it was asked for; the usual one of a model that is not known."""
        for number, arm in enumerate(task.refused):
            before = replace(task, attempt=number + 1, refused=task.refused[:number])
            yield self._chance(before, self._arms[arm]) if arm in self._arms else USUAL_CHANCE

    def _chance(self, task: TaskFeatures, index: int) -> float:
        return float(logistic(self._success.means(_written(self._features_of(task)))[0, index]))

    def _look(self, question: Question, eligible: Ints) -> _Outlook:
        features = self._features_for(question)
        levels = self._draws_of_levels(features)
        cost, latency = self._cost.expected(features), self._latency.expected(features)
        price = self._rates.per_usd * cost + self._rates.per_second * latency
        plans, arms, verifier = self._plans_over(eligible, escalating=question.escalating), len(self._arms), question.verifier
        chances = logistic(levels)
        utility = plans.value(chances[:arms], levels[:arms], levels[-arms:], price, verifier)
        best = utility.argmax(axis=0)
        each = self._ones[: len(best)]
        mean, worth = chances @ each / len(best), utility @ each / len(best)
        loss = utility[best, np.arange(len(best))].sum() / len(best) - worth
        heard = self._records[JUDGED] / self._records[ASKED]  # one that nothing is heard of teaches nothing
        told = told_by(chances, mean, best).reshape(-1, arms) * heard
        told = plans.told(told[0], verifier.refuses(mean[:arms]), told[-1])
        return _Outlook(plans, worth, loss, told, mean[:arms], cost[0], latency[0], price[0])

    def _features_for(self, question: Question) -> Floats:
        """Return a task's features, written out: as they are, and as they would be after a refusal where one is planned for."""
        known = self._features_of(question.task)
        if not question.escalating or question.task.attempt > 1:
            self._success.hold(known)
            return _written(known)
        self._success.hold((*known, AFTER_REFUSAL))
        features = _written(known, 2)
        features[1, AFTER_REFUSAL] = USUAL_CHANCE
        return features

    def _draws_of_levels(self, features: Floats) -> Floats:
        """Return draws of the models' logits of success, task by task, shape (tasks * models, draws)."""
        means = self._success.means(features)
        cov = self._success.covariance(self._usual_with(features))
        of_each = cov.reshape(means.shape + means.shape)
        of_each += (self._alone * self._moved())[:, None]
        cov.reshape(-1)[:: len(cov) + 1] += JITTER
        levels = np.linalg.cholesky(cov) @ self._even_normals(means.size)
        levels += means.reshape(-1, 1)
        return levels

    def _chances(self, outlook: _Outlook, eligible: Sequence[int], question: Question) -> Floats:
        """Return how likely each plan is: what loses least for what it tells, and its part of the floor."""
        if question.critical:
            ranked = _ranked_by(outlook, question)
            return np.bincount([int(ranked.argmax())], minlength=len(ranked)).astype(np.float64)
        tuning = self._tuning
        care = 2.0 + tuning.care_first / (1.0 + self._tasks / tuning.care_tasks)
        shares = directed(outlook.loss, outlook.told, care)
        shares *= 1.0 - tuning.floor
        shares[outlook.plans.best_with_each(outlook.worth)] += tuning.floor / len(eligible)
        return shares

    def _usual_with(self, features: Floats) -> Floats:
        """Return the mean features of all tasks so far and this one, for each of its rows."""
        usual = (features + self._features) / (self._tasks + 1)
        usual[:, AFTER_REFUSAL] = features[:, AFTER_REFUSAL]
        return usual

    def _moved(self) -> Floats:
        """Return how much each model's level may have moved since it was last asked, as a variance."""
        return self._tuning.renewed * (1.0 - self._same())

    def _same(self) -> Floats:
        """Return how likely each model is what it was believed to be: the less so the more outcomes were not its own."""
        return self._records[SAME] * np.exp((self._records[LAST] - self._outcomes - 1.0) / self._tuning.life)

    def _candidates(self, outlook: _Outlook, chances: Floats, eligible: Sequence[int]) -> tuple[Candidate, ...]:
        first = chances.reshape(len(eligible), -1).sum(axis=1)
        figures = (outlook.success, outlook.cost, outlook.latency, outlook.success - outlook.price)
        columns = [column[outlook.plans.arms].tolist() for column in figures]
        names = self.arms
        return tuple(map(Candidate, [names[i] for i in eligible], *columns, first.tolist()))

    def _plan(self, plans: PlanSpace, chosen: int) -> Plan:
        names, second = list(self._arms), int(plans.second[chosen])
        return Plan(names[int(plans.first[chosen])], None if second < 0 else names[second])

    def _even_normals(self, size: int) -> Floats:
        if size not in self._normals:
            draws = self._tuning.draws if size <= len(self._arms) else self._tuning.draws // 2
            self._normals[size] = np.ascontiguousarray(even_normals(draws, size).T)
        return self._normals[size]

    def _plans_over(self, eligible: Ints, *, escalating: bool) -> PlanSpace:
        key = (escalating, *eligible.tolist())
        if key not in self._plans:
            self._plans = {key: PlanSpace.over(eligible, escalating=escalating)}  # the last one: models rarely come and go
        return self._plans[key]


def _written(features: Mapping[int, float], rows: int = 1) -> Floats:
    """Return features by place written out, as often as there are to be rows."""
    written = np.zeros((rows, WIDTH))
    for place, value in features.items():
        written[:, place] = value
    return written


def _ranked_by(outlook: _Outlook, question: Question) -> Floats:
    """Return what each plan is ranked by when nothing is tried out."""
    if not question.critical:
        return outlook.worth
    return np.where(outlook.plans.second < 0, outlook.success[outlook.plans.first], -1.0)
