"""Policies that a replay can follow: ours, and simple ones to compare it with."""

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np

from codecompanion.domain.routes import CascadeStep
from codecompanion.routing.intelligent_router import IntelligentRouter
from codecompanion.routing.plans import Plan, Verifier
from codecompanion.routing.quality_cascade import MOST_ESCALATIONS, Option, QualityCascade
from codecompanion.routing.questions import CERTAIN, Outcome, Question
from codecompanion.routing.task_features import TaskFeatures

EPSILON = 0.1


class Policy(Protocol):
    """Chooses and learns, one task after the other. Random numbers come in."""

    def choose(self, task: TaskFeatures, draw: float) -> Plan:
        """Return whom to ask; `draw` is a random number from [0, 1)."""
        ...

    def learn(self, task: TaskFeatures, arm: str, outcome: Outcome) -> None:
        """Take in what came of asking a model."""
        ...

    def learn_refusal(self, task: TaskFeatures, arm: str, outcome: Outcome, verifier: Verifier) -> None:
        """Take in that a verifier refused a model's answer; whether rightly is not known."""
        ...

    def go_on(self, task: TaskFeatures) -> str | None:
        """Return whom to ask when all models of the plan were refused; None for nobody, as here."""
        del task

    def deliver(self, task: TaskFeatures) -> str:
        """Return whose answer is delivered when several were refused and nobody else is asked: here the last one's."""
        return task.refused[-1]


class RouterPolicy(Policy):
    """The IntelligentRouter. With a verifier it may plan for an escalation, and goes on after it by the rule of runs."""

    def __init__(self, router: IntelligentRouter, verifier: Verifier | None, cascade: QualityCascade) -> None:
        self._router = router
        self._verifier = verifier
        self._cascade = cascade

    def choose(self, task: TaskFeatures, draw: float) -> Plan:
        """Return the router's plan."""
        return self._router.choose(_question(task, self._verifier), draw).plan

    def learn(self, task: TaskFeatures, arm: str, outcome: Outcome) -> None:
        """Tell the router."""
        self._router.learn(task, arm, outcome)

    def learn_refusal(self, task: TaskFeatures, arm: str, outcome: Outcome, verifier: Verifier) -> None:
        """Tell the router."""
        self._router.learn_refusal(task, arm, outcome, verifier)

    def go_on(self, task: TaskFeatures) -> str | None:
        """Return the model that is the best step now, if there is one."""
        refused = dict.fromkeys(task.refused, "its answer was refused")
        if len(task.refused) > MOST_ESCALATIONS or refused.keys() >= set(self._router.arms):
            return None
        expected = self._router.choose(Question(task, refused), 0.0).candidates
        steps = [Option(CascadeStep.ESCALATE, one.arm, one.success, one.cost_usd, one.latency_s) for one in expected]
        option = self._cascade.next(steps)
        return None if option is None else option.model

    def deliver(self, task: TaskFeatures) -> str:
        """Return the model whose answer is most likely right in spite of the verifier."""
        return self._router.likeliest(task, self._verifier or CERTAIN)


class FixedPolicy(Policy):
    """Always the same plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def choose(self, task: TaskFeatures, draw: float) -> Plan:
        """Return the plan."""
        del task, draw
        return self._plan

    def learn(self, task: TaskFeatures, arm: str, outcome: Outcome) -> None:
        """Learn nothing."""

    def learn_refusal(self, task: TaskFeatures, arm: str, outcome: Outcome, verifier: Verifier) -> None:
        """Learn nothing."""


class TallyPolicy(Policy):
    """Keeps counts and sums per model, blind to the task, and picks the model that a rule prefers.

    Args:
        arms: The models.
        per_usd: What a dollar costs in units of success.
        most_cost: The weight of cost: rewards lie between minus this and 1, nearly.
        rule: How the models are ranked.
    """

    def __init__(self, arms: tuple[str, ...], per_usd: float, most_cost: float, rule: "Rule") -> None:
        self.arms = arms
        self.per_usd = per_usd
        self.most_cost = most_cost
        self.counts = np.zeros(len(arms))
        self.shares = np.zeros(len(arms))
        self.costs = np.zeros(len(arms))
        self._rule = rule

    @property
    def rewards(self) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        """Mean reward of each model, 0 for those that were not tried."""
        return (self.shares - self.per_usd * self.costs) / np.maximum(self.counts, 1)

    def choose(self, task: TaskFeatures, draw: float) -> Plan:
        """Return the model that the rule picks."""
        del task
        return Plan(self.arms[self._rule(self, draw)])

    def learn(self, task: TaskFeatures, arm: str, outcome: Outcome) -> None:
        """Count."""
        del task
        index = self.arms.index(arm)
        self.counts[index] += 1
        self.shares[index] += outcome.share or 0.0
        self.costs[index] += outcome.cost_usd or 0.0

    def learn_refusal(self, task: TaskFeatures, arm: str, outcome: Outcome, verifier: Verifier) -> None:
        """Count a failure; never called, because no second model is planned."""
        del verifier
        self.learn(task, arm, outcome)


Rule = Callable[[TallyPolicy, float], int]


def at_random(tally: TallyPolicy, draw: float) -> int:
    """Return any model."""
    return int(draw * len(tally.arms))


def epsilon_greedy(tally: TallyPolicy, draw: float) -> int:
    """Return the best so far, with a tenth of chance any; first each one once."""
    untried = np.flatnonzero(tally.counts == 0)
    if len(untried):
        return int(untried[0])
    return at_random(tally, draw / EPSILON) if draw < EPSILON else int(np.argmax(tally.rewards))


def ucb1(tally: TallyPolicy, draw: float) -> int:
    """Return the model of the highest upper confidence bound; first each one once.

    UCB1-Tuned with the largest variance that a reward in [0, 1] can have (Auer, Cesa-Bianchi, Fischer 2002): plain UCB1
    explores too long for streams of hundreds.
    """
    del draw
    untried = np.flatnonzero(tally.counts == 0)
    if len(untried):
        return int(untried[0])
    scaled = (tally.rewards + tally.most_cost) / (1.0 + tally.most_cost)
    return int(np.argmax(scaled + np.sqrt(0.25 * np.log(tally.counts.sum()) / tally.counts)))


def beta_thompson(tally: TallyPolicy, draw: float) -> int:
    """Return the best of one draw from each model's Beta posterior of success, less its mean cost."""
    rng = np.random.default_rng(int(draw * 2**53))
    shares = rng.beta(1.0 + tally.shares, 1.0 + tally.counts - tally.shares)
    return int(np.argmax(shares - tally.per_usd * tally.costs / np.maximum(tally.counts, 1)))


RULES: Mapping[str, Rule] = {
    "random": at_random,
    "epsilon-greedy": epsilon_greedy,
    "ucb1": ucb1,
    "beta-thompson": beta_thompson,
}


def _question(task: TaskFeatures, verifier: Verifier | None) -> Question:
    if verifier is None:
        return Question(task, {})
    return Question(task, {}, escalating=True, verifier=verifier)
