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


@dataclass(frozen=True, slots=True)
class PlanSpace:
    """All plans over some models by index; `second` is -1 for plans without an escalation."""

    first: Ints
    second: Ints

    @classmethod
    def over(cls, arms: Ints, *, escalating: bool) -> "PlanSpace":
        """Return the plans over these models; only single models unless `escalating`."""
        if not escalating:
            return cls(arms, np.full(len(arms), -1))
        first, second = np.repeat(arms, len(arms)), np.tile(arms, len(arms))
        pairs = first != second
        return cls(np.concatenate([arms, first[pairs]]), np.concatenate([np.full(len(arms), -1), second[pairs]]))

    def value(self, fresh: Floats, after: Floats, fresh_price: Floats, after_price: Floats, verifier: Verifier) -> Floats:
        """Return each plan's expected success less what it costs.

        Args:
            fresh: Chances of success of each model, shape (draws, arms).
            after: The same after another's answer was refused.
            fresh_price: What asking costs, in units of success, shape (arms,).
            after_price: The same after a refusal.
            verifier: Who accepts or refuses the first answer.

        Returns:
            Shape (draws, plans).
        """
        value = fresh[:, self.first] - fresh_price[self.first]
        pair = np.flatnonzero(self.second >= 0)
        if len(pair):
            chance = fresh[:, self.first[pair]]
            refused = chance * verifier.false_refusals + (1.0 - chance) * (1.0 - verifier.false_accepts)
            then = after[:, self.second[pair]] - after_price[self.second[pair]]
            value[:, pair] += refused * then - chance * verifier.false_refusals
        return value
