"""The QualityCascade: after a refused verdict, whether to go on, and with whom."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from codecompanion.domain.events import CascadeStepped
from codecompanion.domain.routes import CascadeStep, RouteCandidate
from codecompanion.routing.profiles import Rates

MOST_ESCALATIONS = 2
"""Other models that may be asked after the first: a third one pays on public tables (docs/ROUTING.md), more were not tried."""


@dataclass(frozen=True, slots=True)
class Option:
    """A step that could be taken, and what is expected of it: success from 0 to 1, US dollars, seconds."""

    step: CascadeStep
    model: str
    success: float
    cost_usd: float
    latency_s: float


class QualityCascade:
    """Ranks the steps that are left by what is believed of them.

    Each step solves the task or not, and has its price either way. Of such boxes those are worth opening whose chance is above
    their price, and the order of the highest expected utility is by price over chance, the lowest first (Weitzman, "Optimal
    search for the best alternative", Econometrica 1979, with prizes of 1). That the same task is hard for all of them is in the
    chances, which are those after a refusal.

    Args:
        rates: What money and time are worth, in successes.
    """

    def __init__(self, rates: Rates) -> None:
        self._rates = rates

    def utility(self, option: Option) -> float:
        """Return what is gained by a step on the average: its chance less its price."""
        return option.success - self._price(option)

    def next(self, options: Iterable[Option]) -> Option | None:
        """Return the step to take; None when none is worth its price, or there is none."""
        worth = [option for option in options if self.utility(option) > 0]
        return min(worth, key=lambda one: (self._price(one) / one.success, -one.success, one.model), default=None)

    def _price(self, option: Option) -> float:
        return self._rates.per_usd * option.cost_usd + self._rates.per_second * option.latency_s


def options_after(
    steps: Sequence[CascadeStepped], escalate_to: str | None, candidates: Iterable[RouteCandidate]
) -> list[Option]:
    """Return the steps that are open after a refusal: once more with the failure, once, and other models.

    Of these first the plan's second one, then any, each once and no more than MOST_ESCALATIONS together.

    Args:
        steps: Those that were taken, oldest first.
        escalate_to: The plan's second model; None leaves it open: any that was not asked.
        candidates: What is expected of each model that may be asked, after a refusal.
    """
    expected = {one.model: one for one in candidates}
    taken = {one.step for one in steps}
    asked = {one.model for one in steps}
    planned = escalate_to in expected and escalate_to not in asked
    others = [escalate_to] if escalate_to is not None and planned else sorted(expected)
    escalated = sum(one.step is CascadeStep.ESCALATE for one in steps)
    again = [steps[-1].model] if CascadeStep.AGAIN not in taken else []
    further = [name for name in others if name not in asked]
    escalations = further if escalated < MOST_ESCALATIONS else []
    wanted = [(CascadeStep.AGAIN, name) for name in again] + [(CascadeStep.ESCALATE, name) for name in escalations]
    return [
        Option(step, name, one.success, one.cost_usd, one.latency_s)
        for step, name in wanted
        if (one := expected.get(name)) is not None
    ]
