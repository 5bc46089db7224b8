"""A table of outcomes played to a policy, task by task: it sees only what it chose, and is judged beside hindsight."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from statistics import mean, stdev

import numpy as np
from numpy.typing import NDArray

from codecompanion.routing.belief import Floats, Ints
from codecompanion.routing.outcome_table import OutcomeTable
from codecompanion.routing.plans import Plan, Verifier
from codecompanion.routing.policies import Policy
from codecompanion.routing.profiles import Rates
from codecompanion.routing.questions import Outcome
from codecompanion.routing.task_features import TaskFeatures

MOST_TASKS = 1500
HALF = 0.5


class Setting(StrEnum):
    """What is known before the first task, and whether a verifier stands behind the first model."""

    COLD = "cold"
    PRIORS = "priors"
    WARMED = "warmed"
    CASCADE_NOISY = "cascade-noisy"
    CASCADE_PERFECT = "cascade-perfect"


VERIFIERS = {Setting.CASCADE_NOISY: Verifier(false_accepts=0.15, false_refusals=0.05), Setting.CASCADE_PERFECT: Verifier()}


@dataclass(frozen=True, slots=True)
class Game:
    """How a table is played. Asking the dearest model costs `cost_weight` of a success, the slowest `latency_weight`."""

    setting: Setting = Setting.COLD
    cost_weight: float = 0.3
    latency_weight: float = 0.0
    most_tasks: int = MOST_TASKS
    with_priors: bool = False
    """Whether the router starts from public results: always in the setting `priors`, on request in the others."""

    @property
    def informed(self) -> bool:
        """Whether the router starts from public results."""
        return self.with_priors or self.setting is Setting.PRIORS

    @property
    def verifier(self) -> Verifier | None:
        """Who checks answers; None when nobody does."""
        return VERIFIERS.get(self.setting)


@dataclass(frozen=True, slots=True)
class Match:
    """One order of a table's tasks: what is played, with chance decided beforehand so that all policies meet the same.

    Args:
        table: The outcomes.
        game: How it is played.
        rates: What a US dollar and a second cost in units of success.
        order: The tasks.
        warm: Tasks of which every model's outcome is shown before.
        accepted: Whether the verifier accepts a model's answer, by place in the order and model.
        draws: A random number for each place.
    """

    table: OutcomeTable
    game: Game
    rates: Rates
    order: Ints
    warm: Ints
    accepted: NDArray[np.bool_]
    draws: Floats

    def utility(self) -> Floats:
        """Return what asking each model alone would have brought, by place in the order and model."""
        return self.table.share[self.order] - self.price()

    def price(self) -> Floats:
        """Return what asking each model takes in units of success, by place in the order and model."""
        latency = np.nan_to_num(self.table.latency[self.order])
        return self.rates.per_usd * self.table.cost[self.order] + self.rates.per_second * latency

    def pair_utility(self, first: int, second: int) -> float:
        """Return what asking `second` wherever `first` is refused would have brought, on average."""
        alone, then = self.utility()[:, first], self.utility()[:, second]
        return float(np.where(self.accepted[:, first], alone, then - self.price()[:, first]).mean())


@dataclass(frozen=True, slots=True)
class Result:
    """What a policy reached in one match, on average per task."""

    normalised: float
    """0 is a model at random, 1 the best single one in hindsight."""
    share: float
    cost_usd: float


@dataclass(frozen=True, slots=True)
class Score:
    """Results of several seeds."""

    results: tuple[Result, ...]

    @property
    def mean(self) -> float:
        """The mean normalised utility."""
        return mean(result.normalised for result in self.results)

    @property
    def success(self) -> float:
        """The mean share of success of what was delivered."""
        return mean(result.share for result in self.results)

    @property
    def cost_usd(self) -> float:
        """The mean cost of a task in US dollars."""
        return mean(result.cost_usd for result in self.results)

    @property
    def error(self) -> float:
        """Its standard error; 0 for a single seed."""
        values = [result.normalised for result in self.results]
        return stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0


Maker = Callable[[Match], Policy]


def replay(table: OutcomeTable, make: Maker, game: Game, seeds: int) -> Score:
    """Play a table to a new policy for each seed: seeds differ in the tasks' order and in all that chance decides."""
    matches = [match_of(table, game, seed) for seed in range(seeds)]
    return Score(tuple(_play(match, make(match)) for match in matches))


def oracle(table: OutcomeTable, game: Game, seeds: int) -> Score:
    """Return what asking the best model of each task would have reached: nobody can know it."""
    return Score(tuple(_best_of_each(match_of(table, game, seed)) for seed in range(seeds)))


def match_of(table: OutcomeTable, game: Game, seed: int) -> Match:
    """Return the match of a seed."""
    rng = np.random.default_rng(seed)
    order, warm = rng.permutation(len(table.tasks)), np.zeros(0, dtype=np.int64)
    if game.setting is Setting.WARMED:  # a problem is never both learned from and played
        half = int(table.groups.any()) - 1  # a single problem is played, not shown
        shown = rng.permutation(int(table.groups.max()) + 1)[table.groups[order]] % 2 == half
        order, warm = order[~shown], order[shown][: game.most_tasks]
    order = order[: game.most_tasks]
    accepted = _verdicts(table.success[order], game.verifier, rng)
    return Match(table, game, rates_of(table, game), order, warm, accepted, rng.random(len(order)))


def rates_of(table: OutcomeTable, game: Game) -> Rates:
    """Return what money and time are worth; nothing where the table does not tell them."""
    dearest = float(table.cost.mean(axis=0).max())
    slowest = float(np.nan_to_num(table.latency).mean(axis=0).max())
    return Rates(game.cost_weight / dearest if dearest > 0 else 0.0, game.latency_weight / slowest if slowest > 0 else 0.0)


def _verdicts(success: Floats, verifier: Verifier | None, rng: np.random.Generator) -> NDArray[np.bool_]:
    if verifier is None:
        return np.ones(success.shape, dtype=np.bool_)
    chance = np.where(success >= HALF, 1.0 - verifier.false_refusals, verifier.false_accepts)
    return rng.random(success.shape) < chance


def _play(match: Match, policy: Policy) -> Result:
    for task in (int(number) for number in match.warm):
        for arm, name in enumerate(match.table.arms):
            policy.learn(match.table.tasks[task], name, _outcome(match.table, task, arm))
    delivered = [_step(match, policy, place) for place in range(len(match.order))]
    return _result(
        match, mean(d.share for d in delivered), mean(d.cost_usd for d in delivered), mean(d.price for d in delivered)
    )


@dataclass(frozen=True, slots=True)
class _Delivered:
    """What a plan brought for one task: `price` is what it took, in units of success."""

    share: float
    cost_usd: float
    price: float


def _step(match: Match, policy: Policy, place: int) -> _Delivered:
    """Let the policy choose for one task and tell it what came of it: of the answer that is delivered whether it is right."""
    index, verifier = int(match.order[place]), match.game.verifier
    asked, after = _ask(match, policy, place)
    arms = {arm: match.table.arms.index(arm) for _, arm in asked}
    last = asked[-1][1]
    delivered = last if len(asked) == 1 or match.accepted[place, arms[last]] else policy.deliver(after)
    for task, arm in asked:
        outcome = _outcome(match.table, index, arms[arm])
        if arm == delivered or verifier is None:
            policy.learn(task, arm, outcome)
        else:
            policy.learn_refusal(task, arm, outcome, verifier)
    answers = {arm: _asked(match, place, arms[arm]) for arm in arms}
    cost_usd, price = sum(one.cost_usd for one in answers.values()), sum(one.price for one in answers.values())
    return _Delivered(answers[delivered].share, cost_usd, price)


def _ask(match: Match, policy: Policy, place: int) -> tuple[list[tuple[TaskFeatures, str]], TaskFeatures]:
    """Return who was asked until an answer was accepted or nobody was left, each with the task then, and the task now."""
    task = match.table.tasks[int(match.order[place])]
    plan = policy.choose(task, float(match.draws[place]))
    asked, following = list[tuple[TaskFeatures, str]](), plan.first
    while following is not None:
        asked.append((task, following))
        task = task.after_refusal(following)
        accepted = match.accepted[place, match.table.arms.index(following)]
        following = None if accepted else _next(policy, plan, task)
    return asked, task


def _next(policy: Policy, plan: Plan, task: TaskFeatures) -> str | None:
    """Return whom to ask after refusals. A plan of one model delivers whatever that says."""
    if plan.escalate_to is None or task.refused == (plan.first,):
        return plan.escalate_to
    return policy.go_on(task)


def _asked(match: Match, place: int, arm: int) -> _Delivered:
    task = match.order[place]
    cost, latency = float(match.table.cost[task, arm]), float(np.nan_to_num(match.table.latency[task, arm]))
    price = match.rates.per_usd * cost + match.rates.per_second * latency
    return _Delivered(float(match.table.share[task, arm]), cost, price)


def _outcome(table: OutcomeTable, task: int, arm: int) -> Outcome:
    latency = float(table.latency[task, arm])
    return Outcome(float(table.share[task, arm]), float(table.cost[task, arm]), None if np.isnan(latency) else latency)


def _best_of_each(match: Match) -> Result:
    best, rows = match.utility().argmax(axis=1), np.arange(len(match.order))
    share, cost = match.table.share[match.order][rows, best], match.table.cost[match.order][rows, best]
    return _result(match, float(share.mean()), float(cost.mean()), float(match.price()[rows, best].mean()))


def _result(match: Match, share: float, cost_usd: float, price: float) -> Result:
    utility = match.utility()
    low, high = float(utility.mean()), float(utility.mean(axis=0).max())
    return Result((share - price - low) / (high - low) if high > low else 0.0, share, cost_usd)
