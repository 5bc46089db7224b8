"""What models cost, from the list of `genai-prices`: bundled with it, dated by its version, never fetched."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import genai_prices
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelPrice, TieredPrices
from pydantic_ai.usage import RequestUsage

from codecompanion.providers.endpoints import LOCAL_PORTS
from codecompanion.providers.names import ModelName

PRICE_VERSION = f"genai-prices {genai_prices.__version__}"
FREE = frozenset({*LOCAL_PORTS, "scripted", "copy-paste", "builtin"} - {"litellm"})
"""Providers that send no bill. What is behind a LiteLLM proxy may, and only its owner knows."""
INPUT_PRICES = ("input_mtok", "cache_read_mtok", "cache_write_mtok", "cache_write_1h_mtok")
OUTPUT_PRICES = ("output_mtok", "output_reasoning_mtok")
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


def worst_cost(name: ModelName, input_tokens: int, max_output_tokens: int, at: datetime) -> Decimal | None:
    """Return the most US dollars that a request of text may cost, None when the price is unknown.

    `input_tokens` and `max_output_tokens` are upper bounds (see `input_tokens_at_most`). Each token is counted at the dearest
    kind that it may turn out to be: written to a cache, say, or in the highest tier that a prompt of this size reaches.
    """
    if name.provider in FREE:
        return Decimal(0)
    try:
        _, info = get_snapshot().find_provider_model(name.model, None, _PRICED_AS.get(name.provider, name.provider), None)
    except LookupError:
        return None
    return _worst(info.get_prices(at), input_tokens, max_output_tokens)


def worst_known(input_tokens: int, max_output_tokens: int, at: datetime) -> Decimal:
    """Return the most US dollars that a request may cost to any model of the price list: for a model whose price is unknown."""
    models = [info for provider in get_snapshot().providers for info in provider.models]
    costs = [_worst(info.get_prices(at), input_tokens, max_output_tokens) for info in models]
    return max((cost for cost in costs if cost is not None), default=Decimal(0))


def _worst(prices: ModelPrice, input_tokens: int, max_output_tokens: int) -> Decimal | None:
    if prices.input_mtok is None or prices.output_mtok is None:
        return None
    dearest_in = max(
        _dearest(price, input_tokens) for price in (getattr(prices, key) for key in INPUT_PRICES) if price is not None
    )
    dearest_out = max(
        _dearest(price, input_tokens) for price in (getattr(prices, key) for key in OUTPUT_PRICES) if price is not None
    )
    per_request = sum((_dearest(price, input_tokens) for price in (prices.requests_kcount,) if price is not None), Decimal(0))
    return (dearest_in * input_tokens + dearest_out * max_output_tokens) / 1_000_000 + per_request / 1000


def _dearest(price: Decimal | TieredPrices, input_tokens: int) -> Decimal:
    """Return the highest price that a prompt of at most so many tokens reaches."""
    if not isinstance(price, TieredPrices):
        return price
    return max([price.base, *(tier.price for tier in price.tiers if input_tokens > tier.start)])


def _price(input_mtok: Decimal | TieredPrices | None, output_mtok: Decimal | TieredPrices | None) -> Price | None:
    if input_mtok is None or output_mtok is None:
        return None
    tiered = isinstance(input_mtok, TieredPrices) or isinstance(output_mtok, TieredPrices)
    return Price(_lowest(input_mtok), _lowest(output_mtok), tiered)


def _lowest(price: Decimal | TieredPrices) -> Decimal:
    return price.base if isinstance(price, TieredPrices) else price
