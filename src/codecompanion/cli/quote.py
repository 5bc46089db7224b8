"""A run's quote in words."""

from decimal import Decimal
from typing import Any

from codecompanion.domain.counting import counted

MINUTE_S = 60


def quote_line(quote: dict[str, Any]) -> str:
    """Return what a run is expected to cost, and what that rests on."""
    if quote["low_usd"] is None:
        return f"quote: no history yet ({_runs(quote['runs'])}) and no known price: nothing can be said"
    amounts = f"{_usd(quote['low_usd'])} to {_usd(quote['high_usd'])}"
    if quote["basis"] == "prices":
        return f"quote: no history yet ({_runs(quote['runs'])}); by list price and bounds of tokens {amounts}"
    time, chance = f"{_time(quote['low_s'])} to {_time(quote['high_s'])}", f"{quote['solved']:.0%} were verified"
    sure = f"{quote['solved_low']:.0%} to {quote['solved_high']:.0%}"
    return f"quote: {amounts}, {time} (8 of 10 runs); {chance} ({sure}), from {_runs(quote['runs'])} of this project alike"


def outcome_line(quote: dict[str, Any]) -> str:
    """Return a quote beside what the run took."""
    said = {True: "within the quote", False: _beside(quote), None: "the quote had no price"}[quote["within"]]
    return f"{quote_line(quote)}\n       it took {_usd(quote['took_usd'])} and {_time(quote['took_s'])}: {said}"


def _beside(quote: dict[str, Any]) -> str:
    took = Decimal(quote["took_usd"])
    return "less than the quote" if took < Decimal(quote["low_usd"]) else "outside of the quote"


def _usd(text: str) -> str:
    return f"${Decimal(text):.4f}"


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < MINUTE_S else f"{seconds / MINUTE_S:.0f} min"


def _runs(runs: int) -> str:
    return counted(runs, "run")
