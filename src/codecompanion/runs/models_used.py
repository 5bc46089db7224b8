"""What the models of a run did and what they cost, from its log."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from codecompanion.domain.events import ModelCallCompleted, ModelCallFailed
from codecompanion.orchestrator.projections import RunView


def models_used(view: RunView) -> dict[str, Any]:
    """Return the calls of a run as plain JSON; money is US dollars.

    `cost_usd` counts answers and failures at what they cost, and `unsettled` requests at their worst: those whose answer did
    not come in time, and those whose process was killed before it was recorded. `unknown_prices` counts answers whose price
    is not known, `estimated_usage` those whose tokens were counted here because the provider's count was missing or wrong.
    `switches` are the changes to another model when one did not answer; `answered_by_others` are the models that answered in
    place of the one that was asked. `body_sha256` is the blob of the beginning of what a server sent, None for nothing.
    """
    wasted = sum((Decimal(one.cost_usd or 0) for one in view.refused if not one.unsettled), Decimal(0))
    cost = wasted + sum((Decimal(one.cost_usd or 0) for one in view.calls), Decimal(0))
    unsettled = sum((Decimal(one.worst_usd or 0) for one in view.open_calls.values()), Decimal(0))
    return {
        "calls": len(view.calls),
        "requests": sum(one.sends for one in view.calls),
        "cost_usd": float(cost + unsettled),
        "wasted_usd": float(wasted),
        "unsettled": {"requests": len(view.open_calls), "worst_usd": float(unsettled)},
        "from_cache": sum(one.from_cache for one in view.calls),
        "unknown_prices": sum(one.cost_usd is None for one in view.calls),
        "estimated_usage": sum(one.usage_estimated for one in view.calls),
        "switches": [
            {"role": one.role, "from": one.from_model, "to": one.to_model, "category": one.category} for one in view.switches
        ],
        "answered_by_others": [
            {"asked": asked, "answered": answered, "calls": count} for (asked, answered), count in _others(view.calls).items()
        ],
        "by_role": [_of_a_role(role, calls) for role, calls in _by_role(view.calls).items()],
        "failures": [_failure(one) for one in view.refused],
    }


def _failure(one: ModelCallFailed) -> dict[str, Any]:
    return {
        "role": one.role,
        "model": one.model,
        "category": one.category,
        "what": one.what,
        "unsettled": one.unsettled,
        "body_sha256": one.body_sha256 or None,
    }


def _others(calls: Iterable[ModelCallCompleted]) -> Counter[tuple[str, str]]:
    """Return which model answered for which, and how often. A dated version of the model that was asked is no other."""
    return Counter((one.asked, one.model) for one in calls if one.asked and not one.model.startswith(one.asked))


def _by_role(calls: Iterable[ModelCallCompleted]) -> dict[tuple[str, str], list[ModelCallCompleted]]:
    found: dict[tuple[str, str], list[ModelCallCompleted]] = defaultdict(list)
    for call in calls:
        found[call.role.value, call.model].append(call)
    return found


def _of_a_role(role: tuple[str, str], calls: list[ModelCallCompleted]) -> dict[str, Any]:
    return {
        "role": role[0],
        "model": role[1],
        "calls": len(calls),
        "input_tokens": sum(one.input_tokens for one in calls),
        "cached_tokens": sum(one.cached_tokens for one in calls),
        "output_tokens": sum(one.output_tokens for one in calls),
        "cost_usd": float(sum((Decimal(one.cost_usd or 0) for one in calls), Decimal(0))),
        "duration_s": round(sum(one.duration_s for one in calls), 3),
    }
