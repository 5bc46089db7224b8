"""What is asked of the router, and what it is told afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass

from codecompanion.routing.plans import Verifier
from codecompanion.routing.task_features import TaskFeatures

CERTAIN = Verifier()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of asking a model. `share` is the proven success from 0 to 1; None for what was not measured."""

    share: float | None
    cost_usd: float | None = None
    latency_s: float | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the router.

    Args:
        task: The task.
        removed: Models that may not be asked, with the reason.
        escalating: Whether plans with a second model are open.
        critical: Nothing is tried out on it: the plan of the highest expected success is taken.
        verifier: How often the check of the first answer errs.
    """

    task: TaskFeatures
    removed: Mapping[str, str]
    escalating: bool = False
    critical: bool = False
    verifier: Verifier = CERTAIN
