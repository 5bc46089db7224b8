"""The policies that `router replay` knows by name, made for a match."""

from collections.abc import Mapping
from functools import partial
from itertools import permutations

from codecompanion.routing.arm_priors import NOTHING_KNOWN, listed_models, priors_for
from codecompanion.routing.intelligent_router import IntelligentRouter
from codecompanion.routing.outcome_table import OutcomeTable
from codecompanion.routing.plans import Plan
from codecompanion.routing.policies import RULES, FixedPolicy, Policy, RouterPolicy, Rule, TallyPolicy
from codecompanion.routing.quality_cascade import QualityCascade
from codecompanion.routing.replaying import Game, Maker, Match, Score, oracle, replay
from codecompanion.routing.tuning import Tuning

ORACLE = "oracle"


def score(table: OutcomeTable, policy: str, game: Game, seeds: int) -> Score:
    """Return what a policy of that name reaches.

    Raises:
        KeyError: There is none.
    """
    return oracle(table, game, seeds) if policy == ORACLE else replay(table, MAKERS[policy], game, seeds)


def router(match: Match, tuning: Tuning | None = None) -> Policy:
    """Return our router, with public results as its priors where the game says so."""
    arms, game = match.table.arms, match.game
    priors = priors_for(arms, listed_models()) if game.informed else dict.fromkeys(arms, NOTHING_KNOWN)
    made = IntelligentRouter(
        priors,
        match.rates,
        cost_scale_usd=_scale(game.cost_weight, match.rates.per_usd),
        latency_scale_s=_scale(game.latency_weight, match.rates.per_second),
        tuning=tuning,
    )
    return RouterPolicy(made, game.verifier, QualityCascade(match.rates))


def _scale(weight: float, rate: float) -> float:
    """Return the amount that costs `weight` successes: the usual one of the dearest model."""
    return weight / rate if rate > 0 else 1.0


def tally(rule: Rule, match: Match) -> Policy:
    """Return a policy that is blind to the task."""
    return TallyPolicy(match.table.arms, match.rates.per_usd, match.game.cost_weight, rule)


def best_single(match: Match) -> Policy:
    """Return the best model in hindsight."""
    return FixedPolicy(Plan(match.table.arms[int(match.utility().mean(axis=0).argmax())]))


def best_pair(match: Match) -> Policy:
    """Return the best model and the best one to escalate to, in hindsight."""
    if len(match.table.arms) == 1:
        return best_single(match)
    first, second = max(permutations(range(len(match.table.arms)), 2), key=lambda pair: match.pair_utility(*pair))
    return FixedPolicy(Plan(match.table.arms[first], match.table.arms[second]))


MAKERS: Mapping[str, Maker] = {
    "router": router,
    **{name: partial(tally, rule) for name, rule in RULES.items()},
    "best-single": best_single,
    "best-pair": best_pair,
}
POLICIES = (*MAKERS, ORACLE)
