"""Other routers, made to follow the protocol of `router replay`. Each is used as its own documentation shows."""

from importlib import import_module
from typing import Any

import numpy as np

from codecompanion.routing.plans import Plan, Verifier
from codecompanion.routing.policies import Policy
from codecompanion.routing.questions import Outcome
from codecompanion.routing.replaying import Match
from codecompanion.routing.task_features import WIDTH, FeatureEncoder, TaskFeatures


class MabwiserPolicy(Policy):
    """A learning policy of MABWiser with our features as its context; each model once before it is fitted."""

    def __init__(self, match: Match, policy: Any) -> None:
        self._match = match
        self._mab = import_module("mabwiser.mab").MAB(list(match.table.arms), policy, seed=int(match.draws[0] * 2**31))
        self._encoder = FeatureEncoder()
        self._untried = list(match.table.arms)
        self._first: list[tuple[str, float, list[float]]] = []

    def choose(self, task: TaskFeatures, draw: float) -> Plan:
        """Return what MABWiser predicts."""
        del draw
        if self._untried:
            return Plan(self._untried[0])
        return Plan(str(self._mab.predict([self._context(task)])))

    def learn(self, task: TaskFeatures, arm: str, outcome: Outcome) -> None:
        """Hand the reward on."""
        reward = (outcome.share or 0.0) - self._match.rates.per_usd * (outcome.cost_usd or 0.0)
        if self._untried:
            self._untried.remove(arm)
            self._first.append((arm, reward, self._context(task)))
            if not self._untried:
                arms, rewards, contexts = zip(*self._first, strict=True)
                self._mab.fit(list(arms), list(rewards), list(contexts))
        else:
            self._mab.partial_fit([arm], [reward], [self._context(task)])

    def learn_refusal(self, task: TaskFeatures, arm: str, outcome: Outcome, verifier: Verifier) -> None:
        """Never called: no second model is planned."""

    def _context(self, task: TaskFeatures) -> list[float]:
        context = np.zeros(WIDTH)
        for place, value in self._encoder.encode(task).items():
            context[place] = value
        return context.tolist()


class LitellmPolicy(Policy):
    """The bandit of LiteLLM's adaptive router: a Beta cell per type of request and model, all models of the same tier.

    It weighs quality by 0.7 and a static price by 0.3; the price it is given is each model's true mean cost in the table.
    """

    def __init__(self, match: Match) -> None:
        self._bandit = import_module("litellm.router_strategy.adaptive_router.bandit")
        self._costs = dict(zip(match.table.arms, match.table.cost.mean(axis=0).tolist(), strict=True))
        self._cells: dict[str, dict[str, Any]] = {}

    def choose(self, task: TaskFeatures, draw: float) -> Plan:
        """Return what its pick_best picks."""
        rng = import_module("random").Random(draw)
        return Plan(self._bandit.pick_best(self._of(task), self._costs, rng=rng))

    def learn(self, task: TaskFeatures, arm: str, outcome: Outcome) -> None:
        """Add the success to the model's cell."""
        cells, share = self._of(task), outcome.share or 0.0
        cells[arm] = self._bandit.apply_delta(cells[arm], share, 1.0 - share)

    def learn_refusal(self, task: TaskFeatures, arm: str, outcome: Outcome, verifier: Verifier) -> None:
        """Never called: no second model is planned."""

    def _of(self, task: TaskFeatures) -> dict[str, Any]:
        mass = self._bandit.COLD_START_MASS
        fresh = self._bandit.BanditCell(alpha=mass / 2, beta=mass / 2)
        return self._cells.setdefault(task.task_type, dict.fromkeys(self._costs, fresh))


def mabwiser_lin_ucb(match: Match) -> Policy:
    """Return MABWiser's LinUCB with its defaults."""
    return MabwiserPolicy(match, import_module("mabwiser.mab").LearningPolicy.LinUCB(alpha=1.0))


def mabwiser_lin_ts(match: Match) -> Policy:
    """Return MABWiser's LinTS with its defaults."""
    return MabwiserPolicy(match, import_module("mabwiser.mab").LearningPolicy.LinTS(alpha=1.0))


def litellm_adaptive(match: Match) -> Policy:
    """Return LiteLLM's adaptive router."""
    return LitellmPolicy(match)
