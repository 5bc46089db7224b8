"""What was learned of models, as plain JSON: rates from 0 to 1, US dollars, seconds, each with its interval of 90 %."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from codecompanion.domain.learning import Learned, Tally
from codecompanion.domain.outcomes import TaskOutcome
from codecompanion.domain.reward import REWARD_VERSION
from codecompanion.routing.insights import Insight
from codecompanion.routing.intervals import Interval, wilson
from codecompanion.routing.model_profiles import Calibrated, ModelProfile, calibrations, profiles
from codecompanion.routing.posteriors import posteriors
from codecompanion.routing.regret import expected_regret
from codecompanion.routing.simulating import Simulated

SCHEMA_VERSION = 1
MOST_POINTS = 500


def stats_of(learned: Learned) -> dict[str, Any]:
    """Return a profile of each model in each role and kind of work, and how good the predictions were."""
    rows = profiles(learned)
    return {
        "schema_version": SCHEMA_VERSION,
        "type": "router_stats",
        "reward_version": REWARD_VERSION,
        "outcomes": sum(row.tally.outcomes for row in rows),
        "followed": len(learned.open),
        "profiles": [_profile(row) for row in rows],
        "calibration": [_calibration(one) for one in calibrations(learned)],
    }


def curves_of(learned: Learned, outcomes: Sequence[TaskOutcome]) -> dict[str, Any]:
    """Return what can be drawn: posteriors of each arm, regret by decision, predictions against what happened.

    Of the regret at most `MOST_POINTS` decisions are given, evenly spread, the last one among them.
    """
    regret = expected_regret(outcomes)
    every = max(1, -(-len(regret) // MOST_POINTS))
    return {
        "schema_version": SCHEMA_VERSION,
        "type": "router_curves",
        "posteriors": [asdict(one) for one in posteriors(learned)],
        "regret": [asdict(one) for one in regret[::-1][::every][::-1]],
        "calibration": [{"model": one.model, "points": list(map(_point, one.bins))} for one in calibrations(learned)],
    }


def _point(step: tuple[float, float, int]) -> dict[str, float]:
    predicted, happened, count = step
    seen = wilson(happened * count, count)
    return {"predicted": predicted, "happened": happened, "low": seen.low, "high": seen.high, "count": count}


def insights_of(found: list[Insight], learned: Learned) -> dict[str, Any]:
    """Return sentences and what they rest on."""
    return {
        "schema_version": SCHEMA_VERSION,
        "type": "insights",
        "reward_version": REWARD_VERSION,
        "outcomes": sum(tally.outcomes for tally in learned.cells.values()),
        "insights": [
            {"kind": one.kind, "text": one.text, "count": one.count, "interval": interval_of(one.interval)} for one in found
        ],
    }


def simulation_of(profile: str, found: list[Simulated]) -> dict[str, Any]:
    """Return what policies would have brought; `why_not` is why nothing can be concluded, null when something can."""
    return {
        "schema_version": SCHEMA_VERSION,
        "type": "router_simulation",
        "profile": profile,
        "reward_version": REWARD_VERSION,
        "policies": [
            {
                "policy": one.policy,
                "decisions": one.utility.decisions,
                "left_out": one.left_out,
                "effective": round(one.utility.effective, 2),
                "unseen": round(one.utility.unseen, 6),
                "utility": {"dr": interval_of(one.utility.dr), "snips": interval_of(one.utility.snips)},
                "happened": interval_of(one.utility.happened),
                "difference": interval_of(one.utility.difference),
                "success": interval_of(one.success.dr),
                "cost_usd": interval_of(one.cost_usd.dr),
                "why_not": one.utility.why_not or None,
            }
            for one in found
        ],
    }


def interval_of(interval: Interval | None) -> dict[str, float] | None:
    """Return an interval, None for none."""
    return None if interval is None else {name: round(value, 8) for name, value in asdict(interval).items()}


def _profile(row: ModelProfile) -> dict[str, Any]:
    return {
        "model": row.model,
        "role": row.role,
        "task_type": row.task_type,
        **_counts(row.tally),
        "verified": interval_of(row.verified),
        "reward": interval_of(row.reward),
        "cost_usd": interval_of(row.cost_usd),
        "latency_s": interval_of(row.latency_s),
    }


def _counts(tally: Tally) -> dict[str, Any]:
    return {
        "outcomes": tally.outcomes,
        "measured": tally.measured,
        "judged": tally.judged,
        "priced": tally.priced,
        "retries": tally.retries,
        "unclean": tally.unclean,
        "review_score": round(tally.review_points / tally.reviews, 2) if tally.reviews else None,
        "merges_known": tally.merges_known,
        "merged": tally.merged,
        "reverted": tally.reverted,
        "taken_back": tally.taken_back,
        "survived": round(tally.survived / tally.survival_known, 6) if tally.survival_known else None,
    }


def _calibration(one: Calibrated) -> dict[str, Any]:
    return {
        "model": one.model,
        "count": one.count,
        "brier": one.brier,
        "bins": [{"predicted": p, "happened": h, "count": n} for p, h, n in one.bins],
        "cost_ratio": one.cost_ratio,
        "latency_ratio": one.latency_ratio,
    }
