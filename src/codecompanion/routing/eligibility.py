"""Which models may be asked for a task: hard limits, looked at before any model is drawn."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from codecompanion.domain.routes import Constraint, RemovedModel


@dataclass(frozen=True, slots=True)
class Contender:
    """A model that might be asked, as provider:model, and what is known of it without asking it.

    `no_key` says what is missing, "" for nothing; `resting_s` how long its circuit stays open, 0 when it is closed.
    `context_tokens` None is unknown. `usual_usd` is what a usual task costs at list prices, None for an unknown price;
    `worst_usd` what one request of `worst_input_tokens` may cost at most, None for an unknown price.
    """

    model: str
    family: str = "unknown"
    no_key: str = ""
    allowed: bool = True
    resting_s: float = 0.0
    calls_tools: bool = True
    context_tokens: int | None = None
    usual_usd: float | None = None
    worst_usd: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Needs:
    """What a task asks of a model.

    `room_tokens` must fit into its context; `left_usd` is what the budget leaves, None without a limit; `priced`: a model of
    unknown price is refused. `not_family` wrote what is to be reviewed, "" for nobody.
    """

    room_tokens: int
    left_usd: Decimal | None = None
    priced: bool = False
    not_family: str = ""


def remove(contenders: Iterable[Contender], needs: Needs) -> dict[str, RemovedModel]:
    """Return the models that may not be asked, each with the first limit that it meets.

    A reviewer of the author's family is better than none: that limit holds only where others remain.
    """
    all_of_them = list(contenders)
    removed = {one.model: found for one in all_of_them if (found := _why_not(one, needs)) is not None}
    left = [one for one in all_of_them if one.model not in removed]
    kin = [one for one in left if needs.not_family and one.family == needs.not_family]
    if len(kin) < len(left):
        reason = f"a model of the family {needs.not_family} wrote what is to be reviewed"
        removed |= {one.model: RemovedModel(model=one.model, constraint=Constraint.FAMILY, reason=reason) for one in kin}
    return removed


def _why_not(one: Contender, needs: Needs) -> RemovedModel | None:
    too_dear = one.worst_usd is not None and needs.left_usd is not None and one.worst_usd > needs.left_usd
    limits = (
        (Constraint.KEY, bool(one.no_key), one.no_key),
        (Constraint.POLICY, not one.allowed, "the setting allowed_providers does not name its provider"),
        (Constraint.CIRCUIT, one.resting_s > 0, f"it keeps failing and is left alone for {one.resting_s:.0f} s more"),
        (Constraint.TOOLS, not one.calls_tools, "it cannot call tools"),
        (
            Constraint.CONTEXT,
            one.context_tokens is not None and one.context_tokens < needs.room_tokens,
            f"the task needs room for {needs.room_tokens:,} tokens, it has {one.context_tokens or 0:,}",
        ),
        (Constraint.PRICE, needs.priced and one.worst_usd is None, "its price is unknown, and strict_prices refuses that"),
        (
            Constraint.BUDGET,
            too_dear,
            f"one request may cost ${one.worst_usd or 0:.4f}, the budget leaves ${needs.left_usd or 0:.4f}",
        ),
    )
    found = next(((constraint, reason) for constraint, holds, reason in limits if holds), None)
    return None if found is None else RemovedModel(model=one.model, constraint=found[0], reason=found[1])
