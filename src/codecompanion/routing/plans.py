"""Plans: who is asked first, and who when the verifier refuses the answer."""

from dataclasses import dataclass

import numpy as np

from codecompanion.routing.belief import Floats, Ints


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
        return chance * self.false_refusals + (1.0 - chance) * (1.0 - self.false_accepts)


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

    def asked_second(self, chance: Floats, verifier: Verifier) -> Floats:
        """Return how likely each plan's second model is asked, when answers of the models are right with these chances."""
        return np.where(self.second < 0, 0.0, verifier.refuses(chance)[self.first])

    def best_with_each(self, worth: Floats) -> Ints:
        """Return for each model the plan of the highest worth that begins with it."""
        alone = len(self.first) == len(self.arms)
        starts = np.arange(0, len(self.first), 1 if alone else len(self.arms))
        return starts if alone else starts + worth.reshape(len(starts), -1).argmax(axis=1)

    def value(self, levels: Floats, hardness: Floats, prices: Floats, verifier: Verifier) -> Floats:
        """Return each plan's expected success less what it costs.

        Args:
            levels: Logits of success of each model, shape (draws, arms).
            hardness: What is added to them per chance that a refused earlier answer had, shape (draws, arms).
            prices: What asking costs first and after a refusal, in units of success, shape (2, arms).
            verifier: Who accepts or refuses the first answer.

        Returns:
            Shape (draws, plans).
        """
        if len(self.arms) < levels.shape[1]:
            levels, hardness, prices = levels[:, self.arms], hardness[:, self.arms], prices[:, self.arms]
        chance = logistic(levels)
        value = chance - prices[0]
        if len(self.first) == len(self.arms):
            return value
        right, refused = chance * verifier.false_refusals, verifier.refuses(chance)
        after = chance[:, :, None] * -hardness[:, None]  # draw, first, second
        after -= levels[:, None]
        np.exp(after, out=after)
        after += 1.0
        np.divide(refused[:, :, None], after, out=after)
        after += (value - right)[:, :, None]
        after -= refused[:, :, None] * prices[1]
        np.einsum("dii->di", after)[:] = value
        return after.reshape(len(after), -1)


def logistic(levels: Floats) -> Floats:
    """Return the chances of these logits."""
    return 1.0 / (1.0 + np.exp(-levels))
