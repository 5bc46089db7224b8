"""Who reviews when the user does not say: a model of another family than the author, at about its price, with a key at hand."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal

from codecompanion.providers.catalogue import KNOWN, card_of
from codecompanion.providers.keys import KEY_VARIABLES, find_key
from codecompanion.providers.names import ModelName
from codecompanion.providers.prices import facts_of


def second_opinion(
    author: ModelName, environ: Mapping[str, str], at: datetime, *, allowed: Callable[[str], bool] = lambda _provider: True
) -> ModelName | None:
    """Return the known model of another family whose price is nearest to the author's; None when no key opens one.

    `allowed` reports whether a provider may be asked. Authors that cost nothing, or an unknown price, have none: a user of
    those did not ask for a bill.
    """
    asked = _price(author, at)
    if not asked:
        return None
    family = card_of(author).family
    known = [name for name in _known() if allowed(name.provider)]
    others = [name for name in known if card_of(name).family != family and _can_be_asked(name, environ)]
    priced = [(abs(price.ln() - asked.ln()), str(name), name) for name in others if (price := _price(name, at))]
    return min(priced)[2] if priced else None


def _known() -> list[ModelName]:
    return [ModelName(*name.split(":", 1)) for name, _ in KNOWN]


def _can_be_asked(name: ModelName, environ: Mapping[str, str]) -> bool:
    return name.provider in KEY_VARIABLES and find_key(name.provider, environ) is not None


def _price(name: ModelName, at: datetime) -> Decimal | None:
    """Return the US dollars of a million input tokens; None when that is unknown or nothing."""
    price = facts_of(name, at).price
    return price.input_usd if price and price.input_usd > 0 else None
