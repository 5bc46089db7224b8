"""What a router decided and why: enough to explain the choice, to judge another policy by it, and to make it again."""

from dataclasses import dataclass
from typing import NamedTuple

from codecompanion.routing.plans import Plan


class Candidate(NamedTuple):
    """A model that could have been asked, and what was expected of it for this task."""

    arm: str
    success: float
    cost_usd: float
    latency_s: float
    utility: float
    propensity: float
    """How likely it was to be asked first."""


@dataclass(frozen=True, slots=True)
class Removed:
    """A model that could not be asked."""

    arm: str
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A choice, made by the random number `draw`. `explored` says that it is not the plan of the highest expected utility."""

    plan: Plan
    propensity: float
    """How likely the plan was, from 0 to 1."""
    candidates: tuple[Candidate, ...]
    removed: tuple[Removed, ...]
    explored: bool
    draw: float
