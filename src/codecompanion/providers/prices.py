"""What models cost, from the list of `genai-prices`: bundled with it, dated by its version, never fetched."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import genai_prices
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import TieredPrices
from pydantic_ai.usage import RequestUsage

from codecompanion.providers.endpoints import LOCAL_PORTS
from codecompanion.providers.names import ModelName

PRICE_VERSION = f"genai-prices {genai_prices.__version__}"
FREE = frozenset({*LOCAL_PORTS, "scripted", "copy-paste", "builtin"} - {"litellm"})
"""Providers that send no bill. What is behind a LiteLLM proxy may, and only its owner knows."""
_PRICED_AS = {"openai-chat": "openai"}


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens; of prices with tiers the lowest, and `tiered` says so."""

    input_usd: Decimal
    output_usd: Decimal
    tiered: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What the price list knows of a model; None is unknown. `context_tokens` counts what fits in."""

    price: Price | None
    context_tokens: int | None


NOTHING = Price(Decimal(0), Decimal(0))


def facts_of(name: ModelName, at: datetime) -> Facts:
    """Return the price of a model at a moment, and its context window."""
    free = NOTHING if name.provider in FREE else None
    try:
        _, info = get_snapshot().find_provider_model(name.model, None, _PRICED_AS.get(name.provider, name.provider), None)
    except LookupError:
        return Facts(free, None)
    prices = info.get_prices(at)
    return Facts(free or _price(prices.input_mtok, prices.output_mtok), info.context_window)


def cost_of(name: ModelName, usage: RequestUsage, at: datetime) -> Decimal | None:
    """Return the US dollars that a request cost, None when the price is unknown. Give the name that the provider returned."""
    if name.provider in FREE:
        return Decimal(0)
    try:
        provider = _PRICED_AS.get(name.provider, name.provider)
        return genai_prices.calc_price(usage, name.model, provider_id=provider, genai_request_timestamp=at).total_price
    except (LookupError, ValueError):
        return None


def _price(input_mtok: Decimal | TieredPrices | None, output_mtok: Decimal | TieredPrices | None) -> Price | None:
    if input_mtok is None or output_mtok is None:
        return None
    tiered = isinstance(input_mtok, TieredPrices) or isinstance(output_mtok, TieredPrices)
    return Price(_lowest(input_mtok), _lowest(output_mtok), tiered)


def _lowest(price: Decimal | TieredPrices) -> Decimal:
    return price.base if isinstance(price, TieredPrices) else price
