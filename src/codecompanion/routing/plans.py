"""Plans: who is asked first, and who when the verifier refuses the answer."""

from dataclasses import dataclass

import numpy as np

from codecompanion.routing.belief import Floats, Ints
from codecompanion.routing.task_features import USUAL_CHANCE


@dataclass(frozen=True, slots=True)
class Plan:
    """A route. `escalate_to` is None when nobody is asked after a refusal."""

    first: str
    escalate_to: str | None = None


@dataclass(frozen=True, slots=True)
class Verifier:
    """How often the check of an answer errs, from 0 to 1: failures it lets pass, successes it refuses."""

    false_accepts: float = 0.0
    false_refusals: float = 0.0

    def chance_after_refusal(self, chance: float) -> float:
        """Return how likely an answer is right that was refused, when it was `chance` before."""
        right, wrong = chance * self.false_refusals, (1.0 - chance) * (1.0 - self.false_accepts)
        return right / (right + wrong) if right + wrong > 0 else 0.0

    def refuses(self, chance: Floats) -> Floats:
        """Return how likely answers are refused that are right with these chances."""
        caught = 1.0 - self.false_accepts
        return caught - (caught - self.false_refusals) * chance


@dataclass(frozen=True, slots=True)
class PlanSpace:
    """All plans over some models (`arms`) by index; `second` is -1 for plans without an escalation."""

    arms: Ints
    first: Ints
    second: Ints

    @classmethod
    def over(cls, arms: Ints, *, escalating: bool) -> "PlanSpace":
        """Return the plans over these models; only single models unless `escalating`."""
        if not escalating:
            return cls(arms, arms, np.full(len(arms), -1))
        first, second = np.repeat(arms, len(arms)), np.tile(arms, len(arms))
        return cls(arms, first, np.where(first == second, -1, second))

    def told(self, first: Floats, asked: Floats, second: Floats) -> Floats:
        """Return how much each plan tells of what is best: its first model, and the second one as often as it is asked.

        Args:
            first: What an outcome of each model tells.
            asked: How likely a second model is asked after each first one.
            second: What an outcome of each model tells after a refusal.
        """
        if len(self.first) == len(self.arms):
            return first[self.arms]
        told = np.multiply.outer(asked[self.arms], second[self.arms])
        told += first[self.arms, None]
        told = told.reshape(-1)
        told[:: len(self.arms) + 1] = first[self.arms]
        return told

    def best_with_each(self, worth: Floats) -> Ints:
        """Return for each model the plan of the highest worth that begins with it."""
        alone = len(self.first) == len(self.arms)
        starts = np.arange(0, len(self.first), 1 if alone else len(self.arms))
        return starts if alone else starts + worth.reshape(len(starts), -1).argmax(axis=1)

    def value(self, chance: Floats, fresh: Floats, refused: Floats, prices: Floats, verifier: Verifier) -> Floats:
        """Return each plan's expected success less what it costs.

        Args:
            chance: Chances of success of each model, shape (arms, draws).
            fresh: Their logits, of the same shape.
            refused: The logits when an earlier answer was refused that had the usual chance, of the same shape.
            prices: What asking costs, in units of success, shape (tasks, arms): first, and after a refusal if that is planned.
            verifier: Who accepts or refuses the first answer.

        Returns:
            Shape (plans, draws).
        """
        if len(self.arms) < len(chance):
            chance, fresh, refused, prices = chance[self.arms], fresh[self.arms], refused[self.arms], prices[:, self.arms]
        alone = chance - prices[0, :, None]
        if len(self.first) == len(self.arms):
            return alone
        easier = (fresh - refused) / USUAL_CHANCE  # per chance that the refused answer had
        grid = chance[:, None] * easier  # first, second, draw
        grid -= fresh
        np.exp(grid, out=grid)
        grid += 1.0
        np.reciprocal(grid, out=grid)
        grid -= prices[-1, :, None]
        grid *= verifier.refuses(chance)[:, None]
        grid += (alone - verifier.false_refusals * chance)[:, None]
        value = grid.reshape(len(self.first), -1)
        value[:: len(self.arms) + 1] = alone
        return value


def logistic(levels: Floats) -> Floats:
    """Return the chances of these logits."""
    return 1.0 / (1.0 + np.exp(-levels))
