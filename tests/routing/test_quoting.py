"""A quote says what runs alike took, or plainly that there are none."""

from decimal import Decimal

import numpy as np

from codecompanion.cli.quote import outcome_line, quote_line
from codecompanion.routing.quoting import EarlierRun, PriceBounds, quote

PRICES = PriceBounds(Decimal("0.02"), Decimal(6))


def runs(costs: list[float], solved: int = 0) -> list[EarlierRun]:
    return [EarlierRun(cost, cost * 600, number < solved) for number, cost in enumerate(costs)]


def test_few_runs_are_no_history_and_said_so() -> None:
    given = quote("r", "x:a", runs([0.1] * 4), PRICES, None)
    assert (given.basis, given.low_usd, given.high_usd, given.solved) == ("prices", Decimal("0.02"), Decimal(6), None)
    assert quote_line(given.model_dump(mode="json")) == (
        "quote: no history yet (4 runs); by list price and bounds of tokens $0.0200 to $6.0000"
    )


def test_a_model_of_unknown_price_without_history_has_no_quote_of_cost() -> None:
    given = quote("r", "x:a", runs([0.1]), PriceBounds(None, None), None)
    assert "no history yet (1 run) and no known price" in quote_line(given.model_dump(mode="json"))


def test_runs_alike_make_an_interval_of_cost_time_and_chance() -> None:
    given = quote("r", "x:a", runs([0.1, 0.2, 0.15, 0.3, 0.12, 0.18], solved=3), PRICES, None)
    assert given.basis == "history"
    assert given.low_usd is not None
    assert given.high_usd is not None
    assert given.low_usd < Decimal("0.12") < Decimal("0.25") < given.high_usd < Decimal("0.5")
    assert given.solved == 0.5
    line = quote_line(given.model_dump(mode="json"))
    assert line.endswith("(8 of 10 runs); 50% were verified (22% to 78%), from 6 runs of this project alike")


def test_no_bound_is_above_the_runs_limit() -> None:
    assert quote("r", "x:a", [], PRICES, Decimal(1)).high_usd == 1
    assert quote("r", "x:a", runs([2.0, 3.0, 2.5, 4.0, 2.2]), PRICES, Decimal(1)).high_usd == 1


def test_runs_that_cost_nothing_are_quoted_at_nothing() -> None:
    given = quote("r", "x:a", runs([0.0] * 6), PRICES, None)
    assert (given.low_usd, given.high_usd) == (0, 0)


def test_quotes_hold_eight_of_ten_next_runs() -> None:
    rng, held = np.random.default_rng(5), 0
    for _ in range(500):
        costs = np.exp(rng.normal(-2, 0.7, 9))
        given = quote("r", "x:a", runs([float(cost) for cost in costs[:8]]), PRICES, None)
        assert given.low_usd is not None
        assert given.high_usd is not None
        held += float(given.low_usd) <= costs[8] <= float(given.high_usd)
    assert 0.74 <= held / 500 <= 0.86


def test_what_a_run_took_is_said_beside_its_quote() -> None:
    given = quote("r", "x:a", [], PRICES, None).model_dump(mode="json")
    text = outcome_line({**given, "took_usd": "0.5", "took_s": 90.0, "within": True})
    assert text.splitlines()[1] == "       it took $0.5000 and 2 min: within the quote"
