"""Money reserved, spent and saved."""

from typing import Literal

from codecompanion.domain.events.fact import Fact, Usd


class BudgetReserved(Fact):
    """Money was set aside for a call of a model before it is sent: the most that it may cost.

    `project` is the absolute root of the user's repository; `at` is UTC in RFC 3339. `price_known` is False when the model has
    no price and that of the dearest known one was taken. These three facts of money stand in the stream "spending".
    """

    reservation_id: str
    run_id: str
    project: str
    role: str
    model: str
    purpose: str
    worst_usd: Usd
    price_known: bool = True
    at: str


class BudgetSettled(Fact):
    """What a reserved call cost in the end. `cost_known` is False when nobody can tell: then it is the most it may have cost.

    `wasted`: the answer was paid and thrown away. `retried`: the call repeated one that had failed.
    """

    reservation_id: str
    cost_usd: Usd
    cost_known: bool = True
    wasted: bool = False
    retried: bool = False


class CostSaved(Fact):
    """An answer came from the response cache. `saved_usd` is what asking the model would have cost."""

    run_id: str
    project: str
    role: str
    model: str
    saved_usd: Usd
    at: str


class QuoteGiven(Fact):
    """What a run was expected to cost and take, said before its first call; it stands in the stream "spending".

    `basis` is "history" of `runs` earlier runs alike, of which 8 in 10 lay within the bounds, or "prices" when they are too
    few: bounds of tokens at the list price, None for an unknown one. `solved` is the rate of those that were verified.
    """

    run_id: str
    model: str
    basis: Literal["history", "prices"]
    runs: int
    low_usd: Usd | None = None
    high_usd: Usd | None = None
    low_s: float | None = None
    high_s: float | None = None
    solved: float | None = None
    solved_low: float | None = None
    solved_high: float | None = None


class BudgetAlerted(Fact):
    """So many per cent of a limit were used, spent or reserved. `scope` is the run, project, or first day that it is about."""

    limit: str
    scope: str
    percent: int
    limit_usd: Usd
    spent_usd: Usd
    reserved_usd: Usd
    run_id: str
    at: str


class AlertPosted(Fact):
    """The address that the user named took an alert; `alert_id` is the id of its event."""

    alert_id: str
